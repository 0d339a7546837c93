#include "tests/support/service_customer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <thread>

namespace chopmark::test {
namespace {

using sandbox::Json;

constexpr std::size_t citizens_at_most = 6;
constexpr std::size_t asked_again_at_most = 5;
/// Grown-ups whom the register knows.
constexpr std::array names{"mei", "kaming", "siufong", "wailam", "chikeung", "anita"};
const std::string login_scope = "eidapi_auth eidapi_formFilling";
/// The code of a businessID that was used.
constexpr std::string_view used_up = "D20011";

/// Only that nobody answers ends a life; a refusal is an answer, and noted.
Result<void> heard(const Result<sandbox::Answer>& answer) {
    return answer ? Result<void>() : Result<void>(answer.error());
}

}  // namespace

ServiceCustomer::ServiceCustomer(unsigned number, std::uint64_t seed, const ServiceOffices& offices,
                                 sandbox::Gateways gateways, ServiceRecord& record)
    : number_(number),
      random_(seed + number),
      gateways_(gateways),
      record_(record),
      service_(offices.open(ServiceOffices::Kind::honest, gateways, entropy_).value()),
      thief_(offices.open(ServiceOffices::Kind::thief, gateways, entropy_).value()) {}

Result<void> ServiceCustomer::step() {
    static constexpr std::array<Step, 14> steps{
        &ServiceCustomer::register_one,   &ServiceCustomer::register_twice,
        &ServiceCustomer::register_badly, &ServiceCustomer::one_tap,
        &ServiceCustomer::one_tap,        &ServiceCustomer::one_tap,
        &ServiceCustomer::scan,           &ServiceCustomer::fill_form,
        &ServiceCustomer::fill_form,      &ServiceCustomer::answer,
        &ServiceCustomer::answer,         &ServiceCustomer::change_profile,
        &ServiceCustomer::change_profile, &ServiceCustomer::misuse};
    return (this->*steps.at(below(steps.size())))();
}

void ServiceCustomer::live() {
    for (;;) {
        const auto done = step();
        if (!done && done.error() == sandbox::unreachable) {
            return;
        }
    }
}

void ServiceCustomer::live_through(const std::atomic<bool>& over, std::chrono::milliseconds pause) {
    while (!over) {
        (void)step();
        std::this_thread::sleep_for(pause);
    }
}

sandbox::SimulatedPhone ServiceCustomer::new_phone(const sandbox::Persona& persona) {
    sandbox::SimulatedPhone phone(persona, gateways_, entropy_);
    phone.watch([this](const sandbox::SentCall& call) { record_.note(call); });
    return phone;
}

Result<void> ServiceCustomer::register_one() {
    const unsigned person = persons_++;
    const char* name = names.at(person % names.size());
    const unsigned run = 1 + number_ * 1000 + person / static_cast<unsigned>(names.size());
    CHOPMARK_ASSIGN(const auto persona, sandbox::persona(name, run, clock_.now()));
    citizens_.push_back({new_phone(persona), Json()});
    if (citizens_.size() > citizens_at_most) {
        citizens_.pop_front();
    }
    auto& phone = citizens_.back().phone;
    const auto answer = below(4) == 0 ? phone.register_by_nfc() : phone.register_by_app();
    if (!answer || !answer->good()) {
        citizens_.pop_back();
    }
    return heard(answer);
}

Result<ServiceCustomer::Citizen*> ServiceCustomer::some_citizen() {
    if (citizens_.empty()) {
        CHOPMARK_TRY(register_one());
    }
    if (citizens_.empty()) {
        return Error(sandbox::bad_state, "nobody is registered");
    }
    return &citizens_[below(citizens_.size())];
}

/// The same card with another phone.
Result<void> ServiceCustomer::register_twice() {
    CHOPMARK_ASSIGN(Citizen * citizen, some_citizen());
    auto other = new_phone(citizen->phone.bearer());
    return heard(other.register_by_app());
}

/// Another face than the card's: recorded, up to a quota.
Result<void> ServiceCustomer::register_badly() {
    CHOPMARK_ASSIGN(const auto persona, sandbox::persona("hoyin", 1 + number_, clock_.now()));
    auto phone = new_phone(persona);
    return heard(phone.register_by_app({.match = 120, .liveness = 950}));
}

Result<void> ServiceCustomer::one_tap() {
    CHOPMARK_ASSIGN(Citizen * citizen, some_citizen());
    const auto answer =
        citizen->phone.one_tap(service_.identity().client, {"eidapi_auth", "eidapi_formFilling"});
    CHOPMARK_TRY(heard(answer));
    const auto redirect = sandbox::read_redirect(answer->text("redirect"));
    return redirect.code.empty() ? Result<void>() : redeem(*citizen, redirect.code, true);
}

Result<void> ServiceCustomer::scan() {
    CHOPMARK_ASSIGN(Citizen * citizen, some_citizen());
    CHOPMARK_ASSIGN(const auto page, service_.open_login_page(login_scope));
    CHOPMARK_ASSIGN(const auto scanned,
                    sandbox::SimulatedPhone::read_scan(citizen->phone.scan(page.qr_text)));
    if (below(4) == 0) {
        return heard(citizen->phone.refuse(scanned, "declined"));
    }
    CHOPMARK_TRY(heard(citizen->phone.approve(scanned)));
    CHOPMARK_ASSIGN(const auto redirect, service_.wait_at(page, std::chrono::seconds(2)));
    return redirect.code.empty() ? Result<void>() : redeem(*citizen, redirect.code, false);
}

Result<void> ServiceCustomer::redeem(Citizen& citizen, const std::string& code, bool one_tap) {
    CHOPMARK_ASSIGN(const auto envelope, service_.get_token(code, one_tap));
    if (envelope.good()) {
        citizen.token = envelope.content;
        redeemed_.push_back({code, envelope.content.value("accessToken", ""), one_tap});
        ++tally_.tokens;
    }
    return {};
}

/// A code by another service than the one it was for: detection has something to find.
Result<void> ServiceCustomer::misuse() {
    if (redeemed_.empty()) {
        return {};
    }
    const Redeemed& old = redeemed_[below(redeemed_.size())];
    // Which takes the token back.
    std::erase_if(asked_, [&](const Asked& one) {
        return one.token.value("accessToken", "") == old.access_token;
    });
    CHOPMARK_TRY(thief_.get_token(old.code, old.one_tap));
    return {};
}

Result<void> ServiceCustomer::fill_form() {
    CHOPMARK_ASSIGN(Citizen * citizen, some_citizen());
    if (citizen->token.is_null()) {
        return {};
    }
    const std::string id = "C" + std::to_string(number_) + "N" + std::to_string(++requests_);
    CHOPMARK_ASSIGN(const auto envelope,
                    service_.ask_form(citizen->token, id, {"enName", "birthDate"}, {}));
    if (envelope.good()) {
        asked_.push_back({citizen->token, id});
        ++tally_.requests;
    }
    return {};
}

Result<void> ServiceCustomer::answer() {
    CHOPMARK_ASSIGN(Citizen * citizen, some_citizen());
    const auto seen = citizen->phone.requests();
    CHOPMARK_TRY(heard(seen));
    for (const Json& request : seen->json.value("items", Json::array())) {
        if (request.value("kind", "") != "consent") {
            continue;
        }
        const auto answer =
            below(3) == 0 ? citizen->phone.refuse_consent(request) : citizen->phone.grant(request);
        CHOPMARK_TRY(heard(answer));
        if (answer->good() && below(3) == 0) {
            return heard(citizen->phone.withdraw(request.value("request", "")));
        }
        return {};
    }
    return {};
}

Result<void> ServiceCustomer::change_profile() {
    CHOPMARK_ASSIGN(Citizen * citizen, some_citizen());
    switch (below(4)) {
        case 0:
            return heard(citizen->phone.enable_profile());
        case 1:
            return heard(citizen->phone.disable_profile());
        default:
            return heard(citizen->phone.set_profile({{"maritalStatus", "1"}, {"prefix", "MR"}}));
    }
}

void ServiceCustomer::ask_again() {
    const auto drop_oldest = [](auto& list) {
        const std::size_t excess = list.size() - std::min(list.size(), asked_again_at_most);
        list.erase(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(excess));
    };
    drop_oldest(redeemed_);
    drop_oldest(asked_);
    for (const Redeemed& one : redeemed_) {
        const auto envelope = service_.get_token(one.code, one.one_tap);
        ASSERT_TRUE(envelope.has_value()) << to_string(envelope.error());
        if (envelope->good()) {
            EXPECT_EQ(envelope->content.value("accessToken", ""), one.access_token);
        }
        ++tally_.asked_again;
    }
    for (const Asked& one : asked_) {
        const auto envelope = service_.ask_form(one.token, one.business_id, {"enName"}, {});
        ASSERT_TRUE(envelope.has_value()) << to_string(envelope.error());
        EXPECT_EQ(envelope->code, used_up) << "a businessID that was taken before the death";
        ++tally_.asked_again;
    }
    redeemed_.clear();
    asked_.clear();
}

std::string summary_of(const ServiceRecord& record,
                       const std::vector<std::unique_ptr<ServiceCustomer>>& customers) {
    const auto tally = record.tally();
    ServiceCustomer::Tally sum;
    for (const auto& customer : customers) {
        sum.tokens += customer->tally().tokens;
        sum.requests += customer->tally().requests;
        sum.asked_again += customer->tally().asked_again;
    }
    return fmt::format(
        "{} acknowledged, {} refused, {} unheard, {} sent again; {} tokens, {} requests, "
        "{} asked again; {} records, {} alerts",
        tally.acknowledged, tally.refused, tally.unheard, tally.repeated, sum.tokens, sum.requests,
        sum.asked_again, tally.records, record.raised().size());
}

}  // namespace chopmark::test
