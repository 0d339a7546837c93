#include "ops/sandbox/journey_world.h"

#include <fmt/format.h>

#include <thread>

namespace chopmark::sandbox {
namespace {

constexpr std::chrono::seconds view_patience{20};
constexpr std::chrono::seconds page_patience{20};
constexpr std::chrono::milliseconds callback_patience{20'000};

}  // namespace

Result<SimulatedPhone*> World::new_phone(const std::string& name) {
    const auto known = phones.find(name);
    if (known != phones.end()) {
        return &known->second;
    }
    CHOPMARK_ASSIGN(auto bearer, person(name));
    return &phones.emplace(name, SimulatedPhone(std::move(bearer), options.gateways, entropy))
                .first->second;
}

// ---- words of checks
// -----------------------------------------------------------------------------

Error failed_check(const std::string& expected, const std::string& seen) {
    return {step_failed, fmt::format("expected {}; saw {}", expected, seen)};
}

Result<void> expect(bool holds, const std::string& expected, const std::string& seen) {
    return holds ? Result<void>() : Result<void>(failed_check(expected, seen));
}

Result<void> expect_equal(const std::string& what, const std::string& expected,
                          const std::string& seen) {
    return expect(expected == seen, fmt::format("{} \"{}\"", what, expected),
                  fmt::format("\"{}\"", seen));
}

Result<Json> expect_good(const std::string& what, const Result<Answer>& answer) {
    if (!answer) {
        return failed_check(what, to_string(answer.error()));
    }
    return answer->good() ? Result<Json>(answer->json)
                          : Result<Json>(failed_check(what, answer->summary()));
}

Seen expect_refused(const std::string& what, const std::string& reason,
                    const Result<Answer>& answer) {
    if (!answer) {
        return failed_check(what, to_string(answer.error()));
    }
    if (answer->good() || answer->reason() != reason) {
        return failed_check(fmt::format("{} refused as {}", what, reason), answer->summary());
    }
    return answer->summary();
}

Result<Json> expect_envelope(const std::string& what, const Result<Envelope>& envelope) {
    if (!envelope) {
        return failed_check(what, to_string(envelope.error()));
    }
    return envelope->good()
               ? Result<Json>(envelope->content)
               : Result<Json>(failed_check(what, envelope->code + " " + envelope->message));
}

void pause_between_looks() { std::this_thread::sleep_for(std::chrono::milliseconds(150)); }

// ---- what several steps do
// -----------------------------------------------------------------------

Result<LoggedIn> log_in(SampleService& service, SimulatedPhone& phone, const std::string& scope) {
    LoggedIn out;
    CHOPMARK_ASSIGN(out.page, service.open_login_page(scope));
    CHOPMARK_ASSIGN(out.scanned, SimulatedPhone::read_scan(phone.scan(out.page.qr_text)));
    CHOPMARK_ASSIGN(out.approved, expect_good("an approved login", phone.approve(out.scanned)));
    CHOPMARK_ASSIGN(out.redirect, service.wait_at(out.page, page_patience));
    CHOPMARK_TRY(expect(!out.redirect.code.empty(), "a code in the redirect", out.redirect.url));
    CHOPMARK_ASSIGN(out.token, expect_envelope("a token", service.get_token(out.redirect.code)));
    return out;
}

Result<Json> open_request(SimulatedPhone& phone, const std::string& client,
                          const std::string& kind) {
    return wait_for<Json>(view_patience, [&]() -> Result<Json> {
        CHOPMARK_ASSIGN(const Json list, expect_good("open requests", phone.requests()));
        for (const Json& item : list.value("items", Json::array())) {
            if (item.value("client", "") == client && item.value("kind", "") == kind) {
                return item;
            }
        }
        return failed_check(fmt::format("an open {} of {}", kind, client), list.dump());
    });
}

Result<Envelope> callback_about(World& world, const SampleService& service,
                                const std::string& business_id) {
    while (const auto body = world.receiver->next(callback_patience)) {
        CHOPMARK_ASSIGN(Envelope envelope, service.open_callback(*body));
        if (envelope.content.value("businessID", "") == business_id) {
            return envelope;
        }
    }
    return Error(no_callback, "no callback about " + business_id);
}

Result<void> set_policy(World& world, const std::string& name, std::int64_t value) {
    StaffClient& admin = world.member("first_operator");
    CHOPMARK_ASSIGN(const Json now, expect_good("the policy", admin.admin_get("/admin/v1/policy")));
    CHOPMARK_TRY(
        expect_good("a policy that is set",
                    admin.admin_post("/admin/v1/policy", {{"version", now.value("version", 0) + 1},
                                                          {"settings", {{name, value}}},
                                                          {"note", "the journey"}})));
    return {};
}

std::string business_id(World& world) { return world.entropy.draw<RequestId>().hex(); }

Result<Heads> read_heads(World& world) {
    CHOPMARK_ASSIGN(const Json json,
                    expect_good("heads", world.member("auditor").get(world.options.gateways.audit(),
                                                                     "/audit/v1/heads")));
    Heads out;
    for (const Json& head : json.value("now", Json::array())) {
        out[head.value("partition", -1)] = {head.value("size", std::uint64_t{0}),
                                            head.value("root", "")};
    }
    return out;
}

}  // namespace chopmark::sandbox
