#include "ops/figures/login_traffic.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <atomic>
#include <mutex>
#include <optional>

#include "events/crypto/digest.h"

namespace chopmark::figures {
namespace {

/// The code in the redirect that the page is told; a JSON text may escape the slashes, not that.
std::string code_in(std::string_view news) {
    std::string_view code = between(news, "code=", "\"");
    return std::string(code.substr(0, std::min(code.find('&'), code.size())));
}

}  // namespace

Result<LoginTraffic::Caller> LoginTraffic::Caller::connect(const Gateways& gateways) {
    CHOPMARK_ASSIGN(auto browser, Wire::connect(gateways.rp));
    CHOPMARK_ASSIGN(auto phone, Wire::connect(gateways.app));
    CHOPMARK_ASSIGN(auto server, Wire::connect(gateways.rp));
    return Caller{std::move(browser), std::move(phone), std::move(server)};
}

Result<std::unique_ptr<LoginTraffic>> LoginTraffic::prepare(NodeHome& node,
                                                            const Gateways& gateways,
                                                            std::size_t phones,
                                                            const ServiceWants& wants,
                                                            schema::Grade grade) {
    auto traffic = std::unique_ptr<LoginTraffic>(new LoginTraffic(node, gateways));
    CHOPMARK_ASSIGN(traffic->service_,
                    ServiceSide::open(node, traffic->people_, gateways.rp, wants));
    const Service& service = traffic->service_->service();
    traffic->scopes_ = fmt::format("{}", fmt::join(wants.scopes, " "));
    traffic->qr_target_ = fmt::format(
        "/api/v1/auth/getQR?clientID={}&responseType=code&source=PC_Browser&redirectURI={}"
        "&scope={}&lang=en-US&state=figures",
        service.client.hex(), url_encode(service.redirect_uri), url_encode(traffic->scopes_));
    CHOPMARK_ASSIGN(traffic->phones_,
                    register_phones(node, traffic->people_, gateways.app, phones, grade));
    return traffic;
}

Result<void> LoginTraffic::register_more(std::uint64_t number,
                                         const std::function<void(std::uint64_t)>& told) {
    const Bytes key = "\x04" + Bytes(64, 'x');
    CHOPMARK_TRY(people_.register_citizens(
        number, [&key](std::uint64_t) { return key; }, told));
    return {};
}

Result<std::string> LoginTraffic::approve(Caller& caller, const Phone& phone,
                                          std::string_view handle) {
    CHOPMARK_ASSIGN(const auto shown,
                    session_call(node_, caller.phone, phone, "POST", "/app/v1/scans",
                                 fmt::format(R"({{"handle":"{}"}})", handle)));
    const std::string client(member(shown.body, "client"));
    const std::string digest = crypto::sha256(fmt::format("chopmark login\n{}\n{}\n{}", client,
                                                          scopes_, member(shown.body, "login")))
                                   .hex();
    const std::string body = fmt::format(R"({{"claim":"{}","client":"{}","text_digest":"{}"}})",
                                         member(shown.body, "claim"), client, digest);
    return signed_call(caller.phone, phone,
                       {"/app/v1/logins/approve", "app.login.approve", body, client, digest});
}

Result<std::string> LoginTraffic::log_in(Caller& caller, const Phone& phone) {
    CHOPMARK_ASSIGN(const auto page, caller.browser.call("GET", qr_target_, "", ""));
    const std::string handle(between(page.body, "data-handle=\"", "\""));
    const std::string cookie(between(page.head, "Set-Cookie: ", ";"));
    if (handle.empty() || cookie.empty()) {
        return Error(answer_bad, "getQR: " + page.head.substr(0, 200));
    }
    const std::string wait = fmt::format("/api/v1/auth/qr/wait?handle={}&scanned=", handle);
    const std::string cookie_line = fmt::format("Cookie: {}\r\n", cookie);
    CHOPMARK_TRY(caller.browser.send("GET", wait + "0", cookie_line, ""));
    CHOPMARK_TRY(approve(caller, phone, handle));
    CHOPMARK_ASSIGN(auto news, caller.browser.receive());
    if (member(news.body, "state") == "scanned") {
        CHOPMARK_ASSIGN(news, caller.browser.call("GET", wait + "1", cookie_line, ""));
    }
    std::string code = code_in(news.body);
    if (news.status != 200 || code.empty()) {
        return Error(answer_bad, "wait: " + news.body.substr(0, 200));
    }
    return code;
}

Result<Clients::Outcome> LoginTraffic::run(unsigned callers, std::chrono::milliseconds warm,
                                           std::chrono::milliseconds span,
                                           std::chrono::microseconds every) {
    std::vector<Caller> connected;
    for (unsigned i = 0; i < callers; ++i) {
        CHOPMARK_ASSIGN(auto caller, Caller::connect(gateways_));
        connected.push_back(std::move(caller));
    }
    std::atomic<bool> failed{false};
    std::mutex mutex;
    std::optional<Error> first;
    std::vector<std::size_t> next(callers);
    Clients clients(callers);
    auto outcome = clients.run(
        [&](unsigned client) {
            if (failed) {
                return false;
            }
            const Phone& phone = phones_[(client + callers * next[client]++) % phones_.size()];
            Caller& caller = connected[client];
            const auto code = log_in(caller, phone);
            const auto token = code ? service_->get_token(caller.server, *code)
                                    : Result<ServiceSide::Token>(code.error());
            if (!token) {
                const std::lock_guard lock(mutex);
                first = first ? first : token.error();
                failed = true;
                return false;
            }
            clients.answer(client);
            return true;
        },
        warm, span, every);
    return first ? Result<Clients::Outcome>(*first) : Result<Clients::Outcome>(outcome);
}

}  // namespace chopmark::figures
