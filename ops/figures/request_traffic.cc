#include "ops/figures/request_traffic.h"

#include <fmt/format.h>

#include <thread>

#include "events/crypto/digest.h"
#include "gateways/service/json_body.h"

namespace chopmark::figures {
namespace {

using service::Json;
using SteadyClock = std::chrono::steady_clock;

const ServiceWants wanted{{"eidapi_auth", "eidapi_formFilling", "eidapi_sign"}, {}};
/// A push takes longer to reach a phone; who looks before it comes finds nothing.
constexpr std::chrono::milliseconds push_takes{10};
constexpr std::chrono::milliseconds look_pause{5};
constexpr std::chrono::seconds seen_within{10};
constexpr std::chrono::seconds called_back_within{20};
/// Of keys and certificates for all callers.
constexpr std::chrono::seconds certified_within{120};

Json parse(std::string_view text) { return Json::parse(text, nullptr, /*allow_exceptions=*/false); }

}  // namespace

struct RequestTraffic::Caller {
    LoginTraffic::Caller wires;
    const Phone* phone = nullptr;
    ServiceSide::Token token;
    std::int64_t profile_version = 0;
    std::string answered;  // the request before, which the list may still hold for a moment
    std::counting_semaphore<> called_back{0};

    explicit Caller(LoginTraffic::Caller connected) : wires(std::move(connected)) {}
};

RequestTraffic::RequestTraffic() = default;

RequestTraffic::~RequestTraffic() {
    over_ = true;
    if (taking_.joinable()) {
        taking_.join();
    }
}

Result<std::unique_ptr<RequestTraffic>> RequestTraffic::prepare(
    NodeHome& node, const LoginTraffic::Gateways& gateways, unsigned callers, schema::Grade grade) {
    auto out = std::unique_ptr<RequestTraffic>(new RequestTraffic());
    CHOPMARK_ASSIGN(out->receiver_, sandbox::CallbackReceiver::start());
    ServiceWants wants = wanted;
    wants.callback_uris = {out->receiver_->url("/callback")};
    CHOPMARK_ASSIGN(out->logins_, LoginTraffic::prepare(node, gateways, callers, wants, grade));
    for (const Phone& phone : out->logins_->phones()) {
        CHOPMARK_ASSIGN(auto connected, LoginTraffic::Caller::connect(gateways));
        auto caller = std::make_unique<Caller>(std::move(connected));
        caller->phone = &phone;
        CHOPMARK_ASSIGN(const auto code, out->logins_->log_in(caller->wires, phone));
        CHOPMARK_ASSIGN(caller->token,
                        out->logins_->service().get_token(caller->wires.server, code));
        CHOPMARK_TRY(signed_call(
            caller->wires.phone, phone,
            {.target = "/app/v1/profile/enable", .command = "app.profile.enable", .body = "{}"}));
        CHOPMARK_ASSIGN(const Json account, out->account_when(*caller, [](const Json& told) {
            return told.value("profile_enabled", false);
        }));
        caller->profile_version = account.value("profile_version", std::int64_t{0});
        out->callers_.push_back(std::move(caller));
    }
    out->taking_ = std::thread([raw = out.get()] { raw->take_callbacks(); });
    return out;
}

void RequestTraffic::take_callbacks() {
    while (!over_) {
        const auto body = receiver_->next(std::chrono::milliseconds(50));
        const auto content = body ? logins_->service().unseal(*body) : Result<std::string>("");
        const std::lock_guard lock(mutex_);
        const auto waiting =
            content ? waiting_.find(member(*content, "businessID")) : waiting_.end();
        if (waiting != waiting_.end()) {
            waiting->second->called_back.release();
            waiting_.erase(waiting);
        }
    }
}

/// The request as the phone finds it, a moment after it was recorded.
Result<Json> RequestTraffic::seen(Caller& caller) {
    const auto until = SteadyClock::now() + seen_within;
    std::this_thread::sleep_for(push_takes);
    while (SteadyClock::now() < until) {
        CHOPMARK_ASSIGN(const auto list,
                        session_call(logins_->node(), caller.wires.phone, *caller.phone, "GET",
                                     "/app/v1/requests", ""));
        const Json told = parse(list.body);
        for (const Json& item : told.is_object() ? told["items"] : Json::array()) {
            if (item.value("request", "") != caller.answered) {
                return item;
            }
        }
        std::this_thread::sleep_for(look_pause);
    }
    return Error(answer_bad, "no request to be seen");
}

Result<void> RequestTraffic::answer(Caller& caller, Kind kind, const Json& request) {
    const std::string client = request.value("client", "");
    const std::string digest = request.value("text_digest", "");
    Json body{
        {"request", request.value("request", "")}, {"client", client}, {"text_digest", digest}};
    if (kind == Kind::form) {
        body["fields"] = request.value("fields", Json::array());
        body["profile_version"] = caller.profile_version;
    }
    CHOPMARK_TRY(
        signed_call(caller.wires.phone, *caller.phone,
                    {kind == Kind::form ? "/app/v1/consents/grant" : "/app/v1/signatures/approve",
                     kind == Kind::form ? "app.consent.grant" : "app.signature.approve",
                     body.dump(), client, digest}));
    caller.answered = request.value("request", "");
    return {};
}

Result<void> RequestTraffic::ask(Caller& caller, Kind kind) {
    const std::string id = logins_->node().entropy().draw<RequestId>().hex();
    Json content{{"businessID", id},
                 {"accessToken", caller.token.access_token},
                 {"openID", caller.token.open_id},
                 {"source", "PC_Browser"},
                 {"redirectURI", receiver_->url("/callback")},
                 {"state", "figures"},
                 {"lang", "en-US"}};
    if (kind == Kind::form) {
        content.update({{"formName", "Change of address"},
                        {"formNum", "FG-1"},
                        {"formDesc", "Tells the department where you live now"},
                        {"profileFields", {"idNo", "enName"}},
                        {"eMEFields", Json::array()}});
    } else {
        content.update({{"hashCode", to_base64(crypto::sha256(id).bytes())},
                        {"sigAlgo", "SHA256withRSA"},
                        {"department", "Figures"},
                        {"serviceName", "Figures"},
                        {"documentName", "A form of one page"}});
    }
    {
        const std::lock_guard lock(mutex_);
        waiting_[id] = &caller;
    }
    CHOPMARK_TRY(logins_->service().call(
        caller.wires.server,
        kind == Kind::form ? "/account/eme/initiateRequest" : "/account/signing/initiateRequest",
        content.dump()));
    CHOPMARK_ASSIGN(const Json request, seen(caller));
    CHOPMARK_TRY(answer(caller, kind, request));
    return caller.called_back.try_acquire_for(called_back_within)
               ? Result<void>()
               : Error(answer_bad, "no callback in time");
}

/// The citizen's account as its view tells it, which follows what was recorded a moment later.
Result<Json> RequestTraffic::account_when(Caller& caller,
                                          const std::function<bool(const Json&)>& settled) {
    const auto until = SteadyClock::now() + certified_within;
    for (;;) {
        CHOPMARK_ASSIGN(const auto told, session_call(logins_->node(), caller.wires.phone,
                                                      *caller.phone, "GET", "/app/v1/account", ""));
        Json account = parse(told.body);
        if (account.is_object() && settled(account)) {
            return account;
        }
        if (SteadyClock::now() > until) {
            return Error(answer_bad, told.body.substr(0, 500));
        }
        std::this_thread::sleep_for(look_pause);
    }
}

Result<void> RequestTraffic::certified() {
    for (const auto& caller : callers_) {
        CHOPMARK_TRY(account_when(*caller, [](const Json& told) {
            return told["certificate"].value("status", "") == "valid";
        }));
    }
    return {};
}

Result<Clients::Outcome> RequestTraffic::run(Kind kind, std::chrono::milliseconds warm,
                                             std::chrono::milliseconds span) {
    std::atomic<bool> failed{false};
    std::optional<Error> first;
    Clients clients(static_cast<unsigned>(callers_.size()));
    auto outcome = clients.run(
        [&](unsigned client) {
            if (failed) {
                return false;
            }
            if (const auto done = ask(*callers_[client], kind); !done) {
                const std::lock_guard lock(mutex_);
                first = first ? first : done.error();
                failed = true;
                return false;
            }
            clients.answer(client);
            return true;
        },
        warm, span);
    return first ? Result<Clients::Outcome>(*first) : Result<Clients::Outcome>(outcome);
}

}  // namespace chopmark::figures
