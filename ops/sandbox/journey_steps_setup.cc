// Steps 1 to 4: who works here, and how citizens come in.
#include <fmt/format.h>

#include <future>

#include "ops/sandbox/journey_world.h"

namespace chopmark::sandbox {
namespace {

// ---- 1
// -------------------------------------------------------------------------------------------

struct Member {
    const char* file;
    const char* role;
    const char* name;
};
constexpr Member members[] = {
    {"second_admin", "administrator", "Second Administrator"},
    {"privacy_one", "privacy_officer", "First Privacy Officer"},
    {"privacy_two", "privacy_officer", "Second Privacy Officer"},
    {"auditor", "auditor", "Auditor"},
    {"analyst", "security", "Security Analyst"},
};

/// Keys of staff stay in the folder: whoever was enrolled by an earlier run signs in as before.
Result<int> enrol_staff(World& world) {
    const auto operator_key = world.options.data / "sandbox" / "first_operator.key";
    CHOPMARK_ASSIGN(auto first,
                    StaffClient::load(operator_key, world.options.gateways, world.entropy));
    world.staff.emplace("first_operator", std::move(first));
    int enrolled = 0;
    for (const Member& member : members) {
        const auto file = world.folder() / (std::string(member.file) + ".key");
        if (!std::filesystem::exists(file)) {
            CHOPMARK_TRY(write_file(
                file, key_to_hex(crypto::P256PrivateKey::generate(world.entropy)) + "\n"));
        }
        CHOPMARK_ASSIGN(auto client,
                        StaffClient::load(file, world.options.gateways, world.entropy));
        const auto answer =
            world.member("first_operator")
                .admin_post("/admin/v1/staff",
                            {{"public_key", to_base64(client.key().point().bytes())},
                             {"roles", {member.role}},
                             {"name", member.name},
                             {"email", std::string(member.file) + "@example.hk"}});
        const bool known = answer && answer->reason() == "staff.exists";
        if (!known) {
            CHOPMARK_TRY(expect_good(std::string("the enrolment of the ") + member.name, answer));
            ++enrolled;
        }
        world.staff.insert_or_assign(member.file, std::move(client));
    }
    return enrolled;
}

Result<SandboxOperator> enrol_operator(World& world, const Json& place, const char* name) {
    auto key = crypto::P256PrivateKey::generate(world.entropy);
    Json body{{"public_key", to_base64(key.point().bytes())},
              {"name", name},
              {"staff_number", fmt::format("S{}", world.run)}};
    body.update(place);
    CHOPMARK_ASSIGN(
        const Json answer,
        expect_good("an enrolled operator",
                    world.member("first_operator").admin_post("/admin/v1/operators", body)));
    CHOPMARK_ASSIGN(const std::string id, service::text_of(answer, "operator"));
    return SandboxOperator{id, std::move(key)};
}

Result<void> enrol_terminal(World& world, const std::string& kind, const Json& place,
                            std::optional<SandboxOperator> op) {
    auto key = crypto::P256PrivateKey::generate(world.entropy);
    Json body{{"kind", kind}, {"public_key", to_base64(key.point().bytes())}};
    body.update(place);
    CHOPMARK_ASSIGN(
        const Json answer,
        expect_good("an enrolled " + kind,
                    world.member("first_operator").admin_post("/admin/v1/terminals", body)));
    CHOPMARK_ASSIGN(const std::string id, service::text_of(answer, "terminal"));
    SimulatedTerminal terminal(id, kind, std::move(key), std::move(op), world.options.gateways);
    CHOPMARK_TRY(terminal.save(world.folder() / (kind + ".json")));
    world.terminals.insert_or_assign(kind, std::move(terminal));
    return {};
}

Result<void> enrol_terminals(World& world) {
    const Json counter{{"site", "Wan Chai counter"}};
    const Json team{{"team", "Mobile team 3"}};
    CHOPMARK_ASSIGN(auto clerk,
                    enrol_operator(world, {{"sites", {"Wan Chai counter"}}}, "Counter Clerk"));
    CHOPMARK_ASSIGN(auto leader, enrol_operator(world, team, "Team Leader"));
    CHOPMARK_TRY(enrol_terminal(world, "kiosk", {{"site", "Tsim Sha Tsui kiosk"}}, std::nullopt));
    CHOPMARK_TRY(enrol_terminal(world, "counter", counter, std::move(clerk)));
    return enrol_terminal(world, "mobile_team", team, std::move(leader));
}

/// One administrator applies, another approves; the one who applied may not.
Result<SampleService> onboard(World& world, const std::string& name,
                              const std::vector<std::string>& scopes) {
    ServiceIdentity identity;
    identity.name = name;
    identity.scopes = scopes;
    identity.redirect_uri = world.receiver->url("/back");
    identity.callback_uri = world.receiver->url("/callback");
    identity.direct_login_uri = world.receiver->url("/one-tap");
    auto key = crypto::RsaPrivateKey::generate();
    StaffClient& first = world.member("first_operator");
    CHOPMARK_ASSIGN(
        const Json applied,
        expect_good("an application",
                    first.admin_post("/admin/v1/relying-parties",
                                     {{"name_english", name},
                                      {"name_traditional", name},
                                      {"organisation", "Sandbox department"},
                                      {"scopes", scopes},
                                      {"redirect_uris", {identity.redirect_uri}},
                                      {"callback_uris", {identity.callback_uri}},
                                      {"direct_login_uris", {identity.direct_login_uri}},
                                      {"kek", to_base64(key.public_key().spki())},
                                      {"contact_name", "Sandbox Contact"},
                                      {"contact_email", "contact@example.hk"}})));
    CHOPMARK_ASSIGN(identity.client, service::text_of(applied, "client"));
    const std::string approval =
        fmt::format("/admin/v1/relying-parties/{}/approve", identity.client);
    CHOPMARK_TRY(expect_refused("an approval by the applicant", "relying_party.second_person",
                                first.admin_post(approval, {{"scopes", scopes}})));
    CHOPMARK_ASSIGN(
        const Json approved,
        expect_good("an approval by another administrator",
                    world.member("second_admin").admin_post(approval, {{"scopes", scopes}})));
    CHOPMARK_ASSIGN(identity.secret, service::text_of(approved, "client_secret"));
    return SampleService(std::move(identity), std::move(key), world.options.gateways,
                         world.entropy);
}

Seen set_up(World& world) {
    CHOPMARK_ASSIGN(const int enrolled, enrol_staff(world));
    CHOPMARK_TRY(enrol_terminals(world));
    CHOPMARK_ASSIGN(world.receiver, CallbackReceiver::start());
    CHOPMARK_ASSIGN(
        auto tax, onboard(world, "Sandbox Tax Office",
                          {"eidapi_auth", "eidapi_profiles", "eidapi_formFilling", "eidapi_sign"}));
    CHOPMARK_ASSIGN(auto harvest,
                    onboard(world, "Sandbox Prize Draw", {"eidapi_auth", "eidapi_formFilling"}));
    CHOPMARK_TRY(tax.save(world.folder() / "tax.json"));
    world.tax.emplace(std::move(tax));
    world.harvest.emplace(std::move(harvest));
    return fmt::format(
        "kiosk, counter with operator, mobile team with operator; two relying parties, each "
        "approved by a second administrator; {} staff enrolled, {} known",
        enrolled, std::size(members) - static_cast<std::size_t>(enrolled));
}

// ---- 2
// -------------------------------------------------------------------------------------------

Result<std::string> grade_in(const Json& answer, const char* expected) {
    const std::string grade = answer.value("grade", "");
    CHOPMARK_TRY(expect_equal("grade", expected, grade));
    return grade;
}

Result<void> register_at(World& world, const std::string& kind, const std::string& name) {
    CHOPMARK_ASSIGN(SimulatedPhone * phone, world.new_phone(name));
    CHOPMARK_ASSIGN(const Json registered,
                    expect_good("a registration at the " + kind,
                                world.terminals.at(kind).register_citizen(phone->bearer())));
    CHOPMARK_TRY(grade_in(registered, "sign"));
    CHOPMARK_ASSIGN(const std::string voucher, service::text_of(registered, "voucher"));
    CHOPMARK_ASSIGN(const Json bound,
                    expect_good("a phone bound by voucher", phone->bind(voucher)));
    return expect_equal("account of the voucher", registered.value("account", ""),
                        bound.value("account", ""));
}

Seen register_citizens(World& world) {
    CHOPMARK_ASSIGN(SimulatedPhone * by_app, world.new_phone("mei"));
    CHOPMARK_ASSIGN(const Json app,
                    expect_good("a registration by app", by_app->register_by_app()));
    CHOPMARK_TRY(grade_in(app, "default"));
    CHOPMARK_ASSIGN(SimulatedPhone * by_nfc, world.new_phone("kaming"));
    CHOPMARK_ASSIGN(const Json nfc,
                    expect_good("a registration by NFC", by_nfc->register_by_nfc()));
    CHOPMARK_TRY(grade_in(nfc, "sign"));
    CHOPMARK_TRY(register_at(world, "kiosk", "siufong"));
    CHOPMARK_TRY(register_at(world, "counter", "wailam"));
    CHOPMARK_TRY(register_at(world, "mobile_team", "chikeung"));
    for (const auto& [name, phone] : world.phones) {
        CHOPMARK_TRY(phone.save(world.folder() / (name + ".json")));
    }
    return std::string(
        "five accounts: app (grade default), NFC, kiosk, counter, mobile team (grade sign); three "
        "phones bound by voucher");
}

// ---- 3
// -------------------------------------------------------------------------------------------

/// The same card by app and by NFC at the same moment.
Result<std::string> race(World& world) {
    CHOPMARK_ASSIGN(auto bearer, world.person("hoyin"));
    SimulatedPhone one(bearer, world.options.gateways, world.entropy);
    SimulatedPhone other(bearer, world.options.gateways, world.entropy);
    auto first = std::async(std::launch::async, [&one] { return one.register_by_app(); });
    const auto second = other.register_by_nfc();
    const auto answer = first.get();
    if (!answer || !second) {
        return failed_check("two answers", to_string(answer ? second.error() : answer.error()));
    }
    const auto& winner = answer->good() ? *answer : *second;
    const auto& loser = answer->good() ? *second : *answer;
    CHOPMARK_TRY(expect(winner.good() && !loser.good(), "one of two at once registered",
                        winner.summary() + " and " + loser.summary()));
    CHOPMARK_TRY(expect_refused("the other of two at once", "account.card_registered", loser));
    world.phones.insert_or_assign("hoyin", answer->good() ? std::move(one) : std::move(other));
    return std::string(answer->good() ? "the app" : "NFC");
}

/// The check character that is not the card's.
std::string with_wrong_check(const std::string& number) {
    std::string out = number;
    out.back() = out.back() == '0' ? '1' : '0';
    return out;
}

Seen refuse_registrations(World& world) {
    CHOPMARK_ASSIGN(SimulatedPhone * child, world.new_phone("siubo"));
    CHOPMARK_TRY(expect_refused("a child of ten", "account.too_young", child->register_by_app()));
    CHOPMARK_ASSIGN(SimulatedPhone * anita, world.new_phone("anita"));
    anita->show_number(with_wrong_check(anita->bearer().card.number.text()));
    CHOPMARK_TRY(expect_refused("a wrong check character", "card.check_character",
                                anita->register_by_app()));
    anita->show_number({});
    CHOPMARK_TRY(expect_refused("another face", "identity.face_not_matched",
                                anita->register_by_app({.match = 120, .liveness = 950})));
    CHOPMARK_ASSIGN(SimulatedPhone * unknown, world.new_phone("nomatch"));
    CHOPMARK_TRY(expect_refused("a card that the register does not know",
                                "identity.register_not_matched", unknown->register_by_app()));
    SimulatedPhone second(world.phone("mei").bearer(), world.options.gateways, world.entropy);
    CHOPMARK_TRY(expect_refused("a second account for one card", "account.card_registered",
                                second.register_by_app()));
    CHOPMARK_ASSIGN(const std::string winner, race(world));
    CHOPMARK_TRY(expect_good("the right face after the wrong one", anita->register_by_app()));
    return fmt::format(
        "too young, wrong check character, another face, card unknown to the register, second "
        "account; of two channels at once {} won and the other was refused",
        winner);
}

// ---- 4
// -------------------------------------------------------------------------------------------

Seen upgrade(World& world) {
    SimulatedPhone& mei = world.phone("mei");
    CHOPMARK_ASSIGN(const Json raised, expect_good("an upgrade by NFC", mei.upgrade()));
    CHOPMARK_TRY(grade_in(raised, "sign"));
    const auto certificate =
        wait_for<std::string>(std::chrono::seconds(30), [&mei]() -> Result<std::string> {
            CHOPMARK_ASSIGN(const Json account,
                            expect_good("the account", mei.look("/app/v1/account")));
            const Json shown = account.value("certificate", Json::object());
            CHOPMARK_TRY(expect_equal("certificate", "valid", shown.value("status", "")));
            return shown.value("serial", "");
        });
    CHOPMARK_TRY(certificate);
    CHOPMARK_TRY(
        expect_refused("a second upgrade", "account.already_of_grade_sign", mei.upgrade()));
    return fmt::format("grade default became sign; certificate {}… issued",
                       certificate->substr(0, 8));
}

}  // namespace

std::vector<Step> setup_steps() {
    return {{1, "staff, terminals, relying parties", set_up},
            {2, "registration by five channels", register_citizens},
            {3, "registrations that are refused", refuse_registrations},
            {4, "upgrade by NFC", upgrade}};
}

}  // namespace chopmark::sandbox
