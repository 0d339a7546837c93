#include "gateways/service/staff_session.h"

#include <gtest/gtest.h>

#include <array>

#include "gateways/http/openapi.h"
#include "gateways/service/signed_message.h"
#include "tests/support/staff_rig.h"

namespace chopmark::service {
namespace {

using test::Got;
using test::StaffRig;

constexpr auto administrator = schema::STAFF_ROLE_ADMINISTRATOR;
constexpr auto auditor = schema::STAFF_ROLE_AUDITOR;
constexpr auto security = schema::STAFF_ROLE_SECURITY;
constexpr auto privacy = schema::STAFF_ROLE_PRIVACY_OFFICER;
constexpr auto support = schema::STAFF_ROLE_SUPPORT;
constexpr std::array roles{administrator, auditor, security, privacy, support};

/// Who may call what, written down a second time, by route and in the order of `roles`.
struct Row {
    std::string_view route;
    std::string_view
        may;  // one letter a role: a(dministrator) u(ditor) s(ecurity) p(rivacy) h(elp)
};
constexpr std::array table{
    Row{"admin.relying_party.apply", "a"},
    Row{"admin.relying_party.approve", "a"},
    Row{"admin.relying_party.refuse", "a"},
    Row{"admin.relying_party.scopes", "a"},
    Row{"admin.relying_party.setup", "a"},
    Row{"admin.relying_party.key", "a"},
    Row{"admin.relying_party.secret", "a"},
    Row{"admin.relying_party.standing", "a"},
    Row{"admin.relying_party.trial", "a"},
    Row{"admin.relying_party.test", "a"},
    Row{"admin.relying_party.vetting", "a"},
    Row{"admin.relying_party.assessment", "a"},
    Row{"admin.relying_party.declaration", "a"},
    Row{"admin.relying_party.scope-application", "a"},
    Row{"admin.relying_party.steps", "ash"},
    Row{"admin.relying_party.transactions", "ash"},
    Row{"admin.relying_party.transaction", "ash"},
    Row{"admin.relying_party.callbacks", "ash"},
    Row{"admin.relying_party.replay", "a"},
    Row{"admin.relying_party.list", "ash"},
    Row{"admin.relying_party.show", "ash"},
    Row{"admin.terminal.enrol", "a"},
    Row{"admin.terminal.key", "a"},
    Row{"admin.terminal.move", "a"},
    Row{"admin.terminal.standing", "a"},
    Row{"admin.terminal.list", "ash"},
    Row{"admin.terminal.show", "ash"},
    Row{"admin.operator.enrol", "a"},
    Row{"admin.operator.standing", "a"},
    Row{"admin.operator.list", "as"},
    Row{"admin.operator.show", "as"},
    Row{"admin.staff.enrol", "a"},
    Row{"admin.staff.key", "a"},
    Row{"admin.staff.roles", "a"},
    Row{"admin.staff.standing", "a"},
    Row{"admin.staff.list", "a"},
    Row{"admin.staff.show", "a"},
    Row{"admin.policy.set", "a"},
    Row{"admin.policy.show", "ausp"},
    Row{"admin.erasure.order", "p"},
    Row{"admin.erasure.approve", "p"},
    Row{"admin.erasure.list", "aup"},
    Row{"admin.erasure.show", "aup"},
    Row{"admin.account.suspend", "sh"},
    Row{"admin.account.resume", "sh"},
    Row{"admin.account.close", "sh"},
    Row{"admin.account.revoke_device", "sh"},
    Row{"admin.account.revoke_certificate", "sh"},
    Row{"admin.node.enrol", "a"},
    Row{"admin.node.withdraw", "a"},
    Row{"admin.node.list", "a"},
    Row{"admin.node.drain", "a"},
    Row{"admin.node.resume", "a"},
    Row{"admin.node.checkpoint", "a"},
    Row{"admin.node.checkpoints", "a"},
    Row{"admin.partition.list", "a"},
    Row{"admin.types.activate", "a"},
    Row{"admin.view.list", "a"},
    Row{"admin.view.rebuild", "a"},
    Row{"admin.view.diff", "a"},
    Row{"admin.status.show", "ash"},
    Row{"audit.query.log", "u"},
    Row{"audit.query.range", "u"},
    Row{"audit.query.verify", "u"},
    Row{"audit.query.list", "up"},
    Row{"audit.query.approve", "p"},
    Row{"audit.query.refuse", "p"},
    Row{"audit.heads.show", "up"},
    Row{"audit.consistency.show", "up"},
    Row{"security.alert.list", "s"},
    Row{"security.alert.show", "s"},
    Row{"security.alert.stream", "s"},
    Row{"security.alert.acknowledge", "s"},
    Row{"security.alert.close", "s"},
    Row{"security.case.list", "s"},
    Row{"security.case.show", "s"},
    Row{"security.case.open", "s"},
    Row{"security.case.note", "s"},
    Row{"security.case.close", "s"},
};

bool may(const Row& row, schema::StaffRole role) {
    constexpr std::string_view letters = "auhsp";
    constexpr std::array by_letter{administrator, auditor, support, security, privacy};
    const auto at = static_cast<std::size_t>(std::find(by_letter.begin(), by_letter.end(), role) -
                                             by_letter.begin());
    return row.may.find(letters[at]) != std::string_view::npos;
}

http::Call bearing(const std::string& token) {
    http::Call call;
    call.request.set_header("Authorization", "Bearer " + token);
    return call;
}

TEST(StaffRoutes, EveryRouteWithEveryRoleIsAsTheTableSays) {
    StaffRig rig;
    std::map<schema::StaffRole, http::Call> calls;
    for (const schema::StaffRole role : roles) {
        const std::string name(role_name(role));
        rig.enrol(name, {role});
        ASSERT_EQ(rig.sign_in(name).status, 200);
        calls.emplace(role, bearing(rig.token(name)));
    }
    std::set<std::string_view> seen;
    for (const http::Route& route : rig.routes) {
        if (route.permission == http::public_access) {
            EXPECT_TRUE(route.name == "staff.challenge" || route.name == "staff.session");
            continue;
        }
        const auto row = std::find_if(table.begin(), table.end(),
                                      [&](const Row& one) { return one.route == route.name; });
        ASSERT_NE(row, table.end()) << route.name << " is not in the test's table";
        seen.insert(row->route);
        for (const schema::StaffRole role : roles) {
            const auto principal = rig.sessions->authorize(calls.at(role), route.permission);
            EXPECT_EQ(principal.has_value(), may(*row, role))
                << route.name << " " << role_name(role);
            if (!principal) {
                EXPECT_EQ(principal.error(), staff_forbidden);
            }
        }
        const auto nobody = rig.sessions->authorize(http::Call(), route.permission);
        ASSERT_FALSE(nobody.has_value());
        EXPECT_EQ(nobody.error(), staff_unauthenticated);
    }
    EXPECT_EQ(seen.size(), table.size()) << "rows of the table without a route";
}

TEST(StaffRoutes, NameOnlyPermissionsThatSomebodyHas) {
    StaffRig rig;
    const auto known = staff_permissions();
    for (const http::Route& route : rig.routes) {
        if (route.permission != http::public_access) {
            EXPECT_NE(std::find(known.begin(), known.end(), route.permission), known.end())
                << route.name;
        }
    }
    for (const std::string_view permission : known) {
        EXPECT_TRUE(std::any_of(roles.begin(), roles.end(), [&](auto role) {
            return has_permission(role, permission);
        })) << permission;
    }
    EXPECT_FALSE(has_permission(administrator, "admin.unheard_of"));
    EXPECT_FALSE(has_permission(schema::STAFF_ROLE_UNSPECIFIED, "admin.staff.write"));
}

TEST(StaffRoutes, AreDescribedByOpenApi) {
    StaffRig rig;
    http::ApiInfo info;
    info.title = "staff";
    info.version = "1";
    const auto document = http::openapi_document(rig.routes, info);
    ASSERT_TRUE(document.has_value()) << to_string(document.error());
}

TEST(StaffSession, OpensByASignedChallengeAndTellsTheRoles) {
    StaffRig rig;
    rig.enrol("ada", {administrator, security});
    const Got got = rig.sign_in("ada");
    ASSERT_EQ(got.status, 200) << got.text;
    EXPECT_EQ(got.body.at("roles"), nlohmann::json({"administrator", "security"}));
    EXPECT_EQ(got.body.at("expires_at"),
              (rig.bench.clock.now() + limits::staff_session_life).millis());
    EXPECT_EQ(rig.get("ada", "/admin/v1/status").status, 200);
}

TEST(StaffSession, RefusesAnotherKeyAnotherEnvironmentAndAStranger) {
    StaffRig rig;
    rig.enrol("ada", {administrator});
    rig.enrol("bob", {administrator});
    const std::string challenge =
        rig.call("", "POST", "/staff/v1/challenge", nlohmann::json::object()).body.at("challenge");
    const auto open = [&](const std::string& staff, const std::string& signer,
                          std::string_view environment, std::string_view command) {
        SignedMessage message;
        message.signer = Signer::staff;
        message.environment = environment;
        message.command = command;
        message.challenge = challenge;
        return rig.call(
            "", "POST", "/staff/v1/session",
            {{"staff", staff},
             {"challenge", challenge},
             {"signature", to_base64(rig.key(signer).sign_der(signed_message(message)))}});
    };
    const std::string ada = rig.id("ada").hex();
    EXPECT_EQ(open(ada, "ada", "sandbox", "session.open").status, 200);
    for (const Got& got : {open(ada, "bob", "sandbox", "session.open"),
                           open(ada, "ada", "production", "session.open"),
                           open(ada, "ada", "sandbox", "app.session.open"),
                           open(StaffId().hex(), "ada", "sandbox", "session.open")}) {
        EXPECT_EQ(got.status, 401);
        EXPECT_EQ(got.reason(), staff_unauthenticated.name);
    }
}

TEST(StaffSession, RefusesAChallengeThatIsOldOrAnothers) {
    StaffRig rig;
    rig.enrol("ada", {administrator});
    const auto issued = issue_challenge(rig.secrets->stamps, ChallengePurpose::app,
                                        rig.bench.clock.now(), rig.bench.entropy);
    nlohmann::json body{
        {"staff", rig.id("ada").hex()}, {"challenge", issued.text}, {"signature", to_base64("x")}};
    EXPECT_EQ(rig.call("", "POST", "/staff/v1/session", body).reason(), keys::bad_stamp.name);
    body["challenge"] =
        rig.call("", "POST", "/staff/v1/challenge", nlohmann::json::object()).body["challenge"];
    rig.bench.clock.advance(limits::challenge_life);
    EXPECT_EQ(rig.call("", "POST", "/staff/v1/session", body).reason(), keys::stamp_expired.name);
}

TEST(StaffSession, EndsAfterTenMinutes) {
    StaffRig rig;
    rig.enrol("ada", {administrator});
    rig.sign_in("ada");
    rig.bench.clock.advance(limits::staff_session_life - Duration(1));
    EXPECT_EQ(rig.get("ada", "/admin/v1/status").status, 200);
    rig.bench.clock.advance(Duration(1));
    EXPECT_EQ(rig.get("ada", "/admin/v1/status").status, 401);
}

TEST(StaffSession, GoesByTheRolesInForceNotThoseOfTheSignIn) {
    StaffRig rig;
    rig.enrol("ada", {administrator});
    rig.enrol("bob", {administrator});
    rig.sign_in("ada");
    rig.sign_in("bob");
    ASSERT_EQ(rig.post("ada", "/admin/v1/staff/" + rig.id("bob").hex() + "/roles",
                       {{"roles", {"security"}}})
                  .status,
              200);
    EXPECT_EQ(rig.get("bob", "/admin/v1/staff").status, 403);
    EXPECT_EQ(rig.get("bob", "/security/v1/alerts").status, 200);
}

TEST(StaffSession, DiesWithItsMemberAndWithItsKey) {
    StaffRig rig;
    rig.enrol("ada", {administrator});
    rig.enrol("bob", {administrator});
    rig.enrol("cyd", {administrator});
    for (const auto* name : {"ada", "bob", "cyd"}) {
        rig.sign_in(name);
    }
    const auto about = [&](const char* name) { return "/admin/v1/staff/" + rig.id(name).hex(); };
    const auto other = crypto::P256PrivateKey::generate(rig.bench.entropy);
    ASSERT_EQ(rig.post("ada", about("bob") + "/standing", {{"standing", "withdrawn"}}).status, 200);
    ASSERT_EQ(
        rig.post("ada", about("cyd") + "/key", {{"public_key", to_base64(other.point().bytes())}})
            .status,
        200);
    EXPECT_EQ(rig.get("bob", "/admin/v1/status").status, 401);
    EXPECT_EQ(rig.get("cyd", "/admin/v1/status").status, 401);
    EXPECT_EQ(rig.sign_in("bob").status, 401);
    EXPECT_EQ(rig.get("ada", "/admin/v1/status").status, 200);
}

TEST(StaffSession, TakesNoTokenThatItDidNotMake) {
    StaffRig rig;
    rig.enrol("ada", {administrator});
    rig.sign_in("ada");
    std::string token = rig.token("ada");
    token.back() = token.back() == '0' ? '1' : '0';
    for (const std::string& bad : {token, std::string(), std::string("zz"), token + "00"}) {
        const auto principal = rig.sessions->authorize(bearing(bad), "admin.status.read");
        ASSERT_FALSE(principal.has_value());
        EXPECT_EQ(principal.error(), staff_unauthenticated);
    }
}

}  // namespace
}  // namespace chopmark::service
