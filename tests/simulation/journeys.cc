// The steps of a World that citizens and services take every day: logins, consents, profiles.
#include "events/crypto/digest.h"
#include "gateways/app/login_routes.h"
#include "tests/simulation/world.h"

namespace chopmark::test {
namespace {

const std::vector<std::vector<std::string>> scope_sets{
    {"eidapi_auth"},
    {"eidapi_auth", "eidapi_formFilling"},
    {"eidapi_auth", "eidapi_profiles", "eidapi_formFilling"},
    {"eidapi_auth", "eidapi_sign", "eidapi_fr"},
    {"eidapi_auth", "eidapi_formFilling", "eidapi_sign", "eidapi_fr"},
};
const std::vector<std::string> asked_fields{"enName", "birthDate", "maritalStatus"};

schema::Endpoint relying_party() {
    schema::Endpoint out;
    out.set_asn(64'500);
    return out;
}

}  // namespace

std::shared_ptr<const citizen::State> World::state_of(const TestPhone& phone) {
    auto state = bench_.state_of(phone.account);
    return state ? state : std::make_shared<const citizen::State>();
}

CommandHead World::head(Party party, schema::Channel channel) {
    CommandHead out;
    out.id = CommandId(crypto::sha256("simulated " + std::to_string(++commands_)).array());
    out.digest = Digest(out.id.array());
    out.issued_at = bench_.clock.now();
    out.caller = out.actor = std::move(party);
    out.channel = channel;
    return out;
}

CommandHead World::head_of(const ClientId& client) {
    return head({schema::Party::CLIENT, client.to_bytes()}, schema::RELYING_PARTY);
}

/// It is on its way when this returns, and may be anywhere.
void World::submit(const AccountId& account, citizen::Command command, const CommandHead& head) {
    bench_.service().submit(account, std::move(command), head, [](const auto&) {});
    some_steps(12);
}

void World::one_tap() {
    TestPhone& phone = *any(phones_);
    const ClientId client = any(services_);
    const auto& scopes = any(scope_sets);
    const std::string challenge = bench_.challenge(service::ChallengePurpose::app);
    const auto checked = service::check_challenge(
        bench_.secrets->stamps, service::ChallengePurpose::app, challenge, bench_.clock.now());
    const RequestId login = app::one_tap_login(checked.value().command);
    const Json body = {{"client", client.hex()},
                       {"scopes", scopes},
                       {"text_digest", app::login_text_digest(client, scopes, login).hex()}};
    const auto send = [&] {
        return phone.send("app.login.one_tap", "/app/v1/logins/one-tap", body, challenge, body);
    };
    send();
    if (chance(15)) {
        send();  // the phone did not hear the answer
    }
}

void World::qr_login() {
    TestPhone& phone = *any(phones_);
    service::LoginDraw draw;
    draw.client = any(services_);
    draw.scopes = any(scope_sets);
    draw.redirect_uri = "https://service.example/back";
    draw.source = "PC_Browser";
    draw.browser.address = Sensitive<std::string>("127.0.4.1");
    draw.life = std::chrono::seconds(120);
    const auto drawn = bench_.desk->draw(draw);
    if (!drawn || phone.open_session().status != 200) {
        return;
    }
    const GatewayAnswer scanned = phone.post("/app/v1/scans", {{"handle", drawn->handle}});
    if (scanned.status != 200 || chance(15)) {
        return;  // nobody decides: it becomes overdue
    }
    const Digest digest = app::login_text_digest(draw.client, draw.scopes, drawn->login);
    Json body = {{"claim", scanned.body["claim"]},
                 {"client", draw.client.hex()},
                 {"text_digest", digest.hex()}};
    if (chance(20)) {
        body["why"] = chance(50) ? "declined" : "not_mine";
        phone.act("app.login.refuse", "/app/v1/logins/refuse", body);
        return;
    }
    if (chance(20)) {
        bench_.advance(std::chrono::seconds(below(150)));
    }
    phone.act("app.login.approve", "/app/v1/logins/approve", body);
}

void World::redeem() {
    if (codes_.empty()) {
        return;
    }
    const std::size_t newest = std::min<std::size_t>(codes_.size(), 4);
    const Pass& code = chance(80) ? codes_[codes_.size() - 1 - below(newest)] : any(codes_);
    citizen::RedeemCode command;
    command.approved = code.event;
    command.client = chance(90) ? code.client : any(services_);
    command.relying_party = relying_party();
    command.claims = crypto::sha256("claims");
    const ClientId client = command.client;
    submit(code.account, citizen::LoginCommand(std::move(command)), head_of(client));
}

/// Of one of the last logins; null if there was none.
const AccountId* World::newest_token(EventId& token, ClientId& client) {
    if (tokens_.empty()) {
        return nullptr;
    }
    const std::size_t newest = std::min<std::size_t>(tokens_.size(), 4);
    const Pass& pass = tokens_[tokens_.size() - 1 - below(newest)];
    token = pass.event;
    client = pass.client;
    return &pass.account;
}

citizen::RequestHead World::request_head(const ClientId& client, const EventId& token) {
    return {bench_.entropy.draw<RequestId>(),
            client,
            bench_.entropy.draw<citizen::BusinessIdToken>(),
            citizen::ByToken{token, true},
            crypto::sha256("state"),
            crypto::sha256("https://service.example/callback")};
}

void World::ask_consent() {
    EventId token;
    ClientId client;
    const AccountId* account = newest_token(token, client);
    if (account == nullptr) {
        return;
    }
    citizen::AskConsent command;
    command.head = request_head(client, token);
    command.purpose = schema::PURPOSE_FORM_FILLING;
    command.field_names = {asked_fields.begin(),
                           asked_fields.begin() + 1 + static_cast<std::ptrdiff_t>(below(3))};
    command.text_digest = crypto::sha256("text");
    schema::ConsentDelivery delivery;
    delivery.set_redirect_uri("https://service.example/callback");
    delivery.set_business_id("B" + std::to_string(commands_));
    command.delivery = Sensitive(delivery);
    submit(*account, citizen::ConsentCommand(std::move(command)), head_of(client));
}

void World::answer_consent() {
    TestPhone& phone = *any(phones_);
    const auto state = state_of(phone);
    for (const auto& [id, request] : state->requests.requests) {
        if (!request.open() || request.subject != citizen::RequestSubject::consent || chance(20)) {
            continue;
        }
        Json body = {{"request", id.hex()},
                     {"client", request.client.hex()},
                     {"fields", request.field_names},
                     {"profile_version", state->profile.version},
                     {"text_digest", crypto::sha256("text").hex()}};
        if (chance(75)) {
            phone.act("app.consent.grant", "/app/v1/consents/grant", body);
        } else {
            phone.act("app.consent.refuse", "/app/v1/consents/refuse", body);
        }
        return;
    }
}

void World::withdraw() {
    TestPhone& phone = *any(phones_);
    const auto state = state_of(phone);
    if (!state->consents.standing.empty()) {
        const RequestId id = state->consents.standing.begin()->first;
        phone.act("app.consent.withdraw", "/app/v1/consents/withdraw", {{"request", id.hex()}});
    }
}

void World::change_profile() {
    TestPhone& phone = *any(phones_);
    const auto state = state_of(phone);
    if (!state->profile.enabled) {
        phone.act("app.profile.enable", "/app/v1/profile/enable", Json::object());
    } else if (chance(65)) {
        phone.act("app.profile.set", "/app/v1/profile/fields",
                  {{"values", {{"maritalStatus", std::to_string(below(5))}, {"prefix", "MR"}}}});
    } else if (chance(80)) {
        phone.act("app.profile.clear", "/app/v1/profile/clear", {{"names", {"maritalStatus"}}});
    } else {
        phone.act("app.profile.disable", "/app/v1/profile/disable", Json::object());
    }
}

void World::dispute() {
    if (disputable_.empty()) {
        return;
    }
    const Pass& login = any(disputable_);
    for (const auto& phone : phones_) {
        if (phone->account == login.account) {
            phone->act("app.login.dispute", "/app/v1/logins/dispute",
                       {{"event", login.event.hex()}, {"note", "I was asleep"}});
            return;
        }
    }
}

void World::suspend_or_resume() {
    for (const auto& phone : phones_) {
        if (chance(50)) {
            phone->act("app.account.resume", "/app/v1/account/resume", Json::object());
        } else if (chance(30)) {
            phone->act("app.account.suspend", "/app/v1/account/suspend", Json::object());
        }
    }
}

void World::end_or_revoke() {
    if (chance(50) && !tokens_.empty()) {
        const Pass& token = any(tokens_);
        citizen::RevokeToken command{token.event, token.client, relying_party()};
        submit(token.account, citizen::LoginCommand(std::move(command)), head_of(token.client));
        return;
    }
    TestPhone& phone = *any(phones_);
    const auto state = state_of(phone);
    if (!state->logins.logins.empty()) {
        const RequestId login = state->logins.logins.begin()->first;
        phone.act("app.login.end", "/app/v1/logins/end", {{"login", login.hex()}});
    }
}

/// What timers do: deadlines that have passed, logins that nobody decided.
void World::sweep() {
    const Party timer{schema::Party::TIMER, {}};
    for (std::uint16_t number = 1; number <= GatewayBench::partitions; ++number) {
        for (auto& due : bench_.domain(PartitionId(number)).due(bench_.clock.now())) {
            submit(due.account, std::move(due.command), head(timer, schema::PLATFORM_TIMER));
        }
    }
    for (auto& overdue : bench_.desk->take_overdue(bench_.clock.now())) {
        submit(overdue.account, citizen::LoginCommand(std::move(overdue.command)),
               head(timer, schema::PLATFORM_TIMER));
    }
}

/// Enough for control to have something to decide, fold and lose.
void World::order_control() {
    control::EnrolStaff enrol;
    enrol.public_key = crypto::P256PrivateKey::generate(bench_.entropy).point().to_bytes();
    enrol.staff = control::staff_id_of(enrol.public_key);
    enrol.roles = {schema::STAFF_ROLE_AUDITOR};
    submit_as(control::staff_id_of(bench_.first.point().to_bytes()), control::StaffCommand(enrol));
}

void World::submit_as(const StaffId& staff, control::Command command) {
    bench_.service().submit(
        std::move(command),
        head({schema::Party::STAFF_MEMBER, staff.to_bytes()}, schema::STAFF_CONSOLE),
        [](const auto&) {});
    some_steps(12);
}

/// Several at once, so that they share a batch, and its fate.
void World::burst() {
    static constexpr std::array<Act, 6> some{&World::redeem,        &World::ask_consent,
                                             &World::repeat,        &World::order_control,
                                             &World::ask_signature, &World::ask_anonymously};
    holding_ = true;
    for (std::uint64_t count = 2 + below(6); count > 0; --count) {
        (this->*some.at(below(some.size())))();
    }
    holding_ = false;
    some_steps(40);
}

/// Somebody sends again what was sent before, heard or not.
void World::repeat() {
    const auto& asked = witness_.asked();
    if (asked.empty()) {
        return;
    }
    const std::size_t newest = chance(70) ? std::min<std::size_t>(asked.size(), 20) : asked.size();
    const AskedCommand again = *asked[asked.size() - 1 - below(newest)];
    witness_.repeat(again);
    some_steps(12);
}

}  // namespace chopmark::test
