#include "gateways/admin/admin_gateway.h"

#include <gtest/gtest.h>

#include "events/crypto/rsa.h"
#include "events/schema/event.h"
#include "tests/support/staff_rig.h"

namespace chopmark::admin {
namespace {

using nlohmann::json;
using test::Got;
using test::StaffRig;

/// Two administrators and two privacy officers, signed in.
void staff(StaffRig& rig) {
    rig.enrol("ada", {schema::STAFF_ROLE_ADMINISTRATOR});
    rig.enrol("bob", {schema::STAFF_ROLE_ADMINISTRATOR});
    rig.enrol("pia", {schema::STAFF_ROLE_PRIVACY_OFFICER});
    rig.enrol("paul", {schema::STAFF_ROLE_PRIVACY_OFFICER});
    rig.enrol("sue", {schema::STAFF_ROLE_SUPPORT});
    for (const auto* name : {"ada", "bob", "pia", "paul", "sue"}) {
        ASSERT_EQ(rig.sign_in(name).status, 200);
    }
}

const Bytes& rsa_spki() {
    static const Bytes spki = crypto::RsaPrivateKey::generate().public_key().spki();
    return spki;
}

json application() {
    return {{"name_english", "Library"},
            {"organisation", "City"},
            {"scopes", {"eidapi_auth"}},
            {"redirect_uris", {"https://library.example/back"}},
            {"kek", to_base64(rsa_spki())},
            {"contact_name", "C. Wong"},
            {"contact_email", "wong@library.example"}};
}

std::string p256_point(StaffRig& rig) {
    return to_base64(crypto::P256PrivateKey::generate(rig.bench.entropy).point().bytes());
}

std::string approved_service(StaffRig& rig) {
    const Got applied = rig.post("ada", "/admin/v1/relying-parties", application());
    const std::string client = applied.body.value("client", "");
    const Got approved = rig.post("bob", "/admin/v1/relying-parties/" + client + "/approve",
                                  {{"scopes", {"eidapi_auth"}}});
    EXPECT_EQ(approved.status, 200) << approved.text;
    return client;
}

TEST(AdminRelyingParties, AreApprovedByASecondAdministratorWhoSeesTheSecretOnce) {
    StaffRig rig;
    staff(rig);
    const Got applied = rig.post("ada", "/admin/v1/relying-parties", application());
    ASSERT_EQ(applied.status, 200) << applied.text;
    EXPECT_FALSE(applied.position.empty());
    const std::string client = applied.body.at("client");
    const std::string approve = "/admin/v1/relying-parties/" + client + "/approve";
    const json scopes{{"scopes", {"eidapi_auth"}}};
    EXPECT_EQ(rig.post("ada", approve, scopes).reason(), control::rp_second_person.name);
    const Got approved = rig.post("bob", approve, scopes, "once");
    ASSERT_EQ(approved.status, 200) << approved.text;
    EXPECT_EQ(approved.body.at("client_secret").get<std::string>().size(), 64U);
    const Got again = rig.post("bob", approve, scopes, "once");
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(again.body.at("event"), approved.body.at("event"));
    EXPECT_TRUE(again.body.at("client_secret").is_null());
}

TEST(AdminRelyingParties, ShowWhatWasAppliedForAndDone) {
    StaffRig rig;
    staff(rig);
    const std::string client = approved_service(rig);
    const std::string path = "/admin/v1/relying-parties/" + client;
    ASSERT_EQ(rig.post("ada", path + "/standing", {{"standing", "suspended"}}).status, 200);
    const Got shown = rig.get("sue", path);
    ASSERT_EQ(shown.status, 200) << shown.text;
    EXPECT_EQ(shown.body.at("standing"), "suspended");
    EXPECT_EQ(shown.body.at("name_english"), "Library");
    EXPECT_EQ(shown.body.at("contacts").at(0).at("email"), "wong@library.example");
    EXPECT_EQ(rig.get("ada", "/admin/v1/relying-parties?standing=active").body.at("items").size(),
              0U);
    EXPECT_EQ(
        rig.get("ada", "/admin/v1/relying-parties?standing=suspended").body.at("items").size(), 1U);
    EXPECT_EQ(rig.get("ada", "/admin/v1/relying-parties?standing=odd").status, 400);
    EXPECT_EQ(rig.get("ada", "/admin/v1/relying-parties?standing=").status, 400);
    EXPECT_EQ(rig.get("ada", "/admin/v1/relying-parties?limit=").status, 400);
    EXPECT_EQ(rig.get("ada", "/admin/v1/relying-parties?cursor=&limit=100000").status, 200);
    const Got rotated = rig.post("ada", path + "/secret", {{"overlap_hours", 1}});
    ASSERT_EQ(rotated.status, 200) << rotated.text;
    EXPECT_EQ(rotated.body.at("client_secret").get<std::string>().size(), 64U);
}

TEST(AdminRelyingParties, TakeNoKeyThatIsNoRsaKey) {
    StaffRig rig;
    staff(rig);
    json body = application();
    body["kek"] = to_base64("not a key");
    const Got got = rig.post("ada", "/admin/v1/relying-parties", body);
    EXPECT_EQ(got.status, 400);
    EXPECT_EQ(got.reason(), control::rp_bad_key.name);
}

TEST(AdminCommands, AreDoneOnceForEachKeyAndRefusedForAnotherContent) {
    StaffRig rig;
    staff(rig);
    const json body{{"kind", "kiosk"}, {"public_key", p256_point(rig)}, {"site", "north"}};
    const Got first = rig.post("ada", "/admin/v1/terminals", body, "k1");
    ASSERT_EQ(first.status, 200) << first.text;
    const Got second = rig.post("ada", "/admin/v1/terminals", body, "k1");
    EXPECT_EQ(second.body.at("terminal"), first.body.at("terminal"));
    EXPECT_EQ(second.body.at("event"), first.body.at("event"));
    json other = body;
    other["site"] = "south";
    EXPECT_EQ(rig.post("ada", "/admin/v1/terminals", other, "k1").status, 409);
    // The key is the caller's own: another administrator's is another command.
    const Got bobs = rig.post("bob", "/admin/v1/terminals", body, "k1");
    EXPECT_NE(bobs.body.at("terminal"), first.body.at("terminal"));
    EXPECT_EQ(rig.post("ada", "/admin/v1/terminals", body, std::string(65, 'k')).reason(),
              service::idempotency_key_bad.name);
    EXPECT_EQ(rig.post("ada", "/admin/v1/terminals", body, "a b").status, 400);
}

TEST(AdminTerminals, AreEnrolledMovedSuspendedAndListed) {
    StaffRig rig;
    staff(rig);
    const Got enrolled =
        rig.post("ada", "/admin/v1/terminals",
                 {{"kind", "counter"}, {"public_key", p256_point(rig)}, {"site", "north"}});
    const std::string path =
        "/admin/v1/terminals/" + enrolled.body.at("terminal").get<std::string>();
    EXPECT_EQ(rig.post("ada", path + "/move", {{"site", "south"}}).status, 200);
    EXPECT_EQ(rig.post("ada", path + "/standing", {{"standing", "suspended"}}).status, 200);
    EXPECT_EQ(rig.post("ada", path + "/standing", {{"standing", "asleep"}}).status, 400);
    const Got shown = rig.get("ada", path);
    EXPECT_EQ(shown.body.at("site"), "south");
    EXPECT_EQ(shown.body.at("standing"), "suspended");
    EXPECT_EQ(rig.get("ada", "/admin/v1/terminals?standing=suspended").body.at("items").size(), 1U);
    EXPECT_EQ(rig.get("ada", "/admin/v1/terminals/" + TerminalId().hex()).status, 404);
    EXPECT_EQ(rig.get("ada", "/admin/v1/terminals/nothex").status, 400);
}

TEST(AdminPeople, AreEnrolledAndListedByName) {
    StaffRig rig;
    staff(rig);
    ASSERT_EQ(rig.post("ada", "/admin/v1/operators",
                       {{"public_key", p256_point(rig)},
                        {"sites", {"north"}},
                        {"name", "O. Lam"},
                        {"staff_number", "17"}})
                  .status,
              200);
    const Got operators = rig.get("ada", "/admin/v1/operators");
    ASSERT_EQ(operators.body.at("items").size(), 1U) << operators.text;
    EXPECT_EQ(operators.body.at("items")[0].at("name"), "O. Lam");
    const Got enrolled = rig.post("ada", "/admin/v1/staff",
                                  {{"public_key", p256_point(rig)},
                                   {"roles", {"auditor"}},
                                   {"name", "U. Ng"},
                                   {"email", "ng@example.hk"}});
    ASSERT_EQ(enrolled.status, 200) << enrolled.text;
    const Got shown =
        rig.get("ada", "/admin/v1/staff/" + enrolled.body.at("staff").get<std::string>());
    EXPECT_EQ(shown.body.at("name"), "U. Ng");
    EXPECT_EQ(shown.body.at("roles"), json({"auditor"}));
    EXPECT_EQ(rig.post("ada", "/admin/v1/staff",
                       {{"public_key", p256_point(rig)}, {"roles", {"king"}}, {"name", "X"}})
                  .status,
              400);
}

TEST(AdminPeople, AreLookedAtOnlyUnderARecordOfIt) {
    StaffRig rig;
    staff(rig);
    const std::string ada = "/admin/v1/staff/" + rig.id("ada").hex();
    const std::vector<std::pair<std::string, std::string>> pages{
        {"/admin/v1/operators?limit=5", "admin.operator.list"},
        {"/admin/v1/staff", "admin.staff.list"},
        {ada, "admin.staff.show"}};
    for (const auto& [target, name] : pages) {
        const auto before = rig.bench.journal().head(control_partition).value().next;
        ASSERT_EQ(rig.get("ada", target).status, 200) << target;
        const auto after = rig.bench.journal().head(control_partition).value().next;
        ASSERT_EQ(after.value(), before.value() + 1) << target;
        const auto entry = journal::read_one(rig.bench.journal(), control_partition, before);
        const auto event = rig.bench.vault.open_personal((*entry)->record);
        ASSERT_TRUE(event.has_value());
        const auto& asked = std::get<schema::AuditQueryAsked>(*event);
        EXPECT_EQ(asked.link().purpose(), name);
        EXPECT_EQ(asked.link().head().actor().id(), rig.id("ada").to_bytes());
        EXPECT_EQ(asked.personal().query(), target);
    }
}

TEST(AdminPolicy, IsSetByVersionAndShown) {
    StaffRig rig;
    staff(rig);
    EXPECT_EQ(rig.get("ada", "/admin/v1/policy").body.at("version"), 0);
    const json body{{"version", 1}, {"settings", {{"code_life", 30'000}}}};
    ASSERT_EQ(rig.post("ada", "/admin/v1/policy", body).status, 200);
    const Got shown = rig.get("pia", "/admin/v1/policy");
    EXPECT_EQ(shown.body.at("version"), 1);
    EXPECT_EQ(shown.body.at("in_force").at("code_life"), 30'000);
    EXPECT_EQ(shown.body.at("in_force").at("qr_life"), 120'000);
    EXPECT_EQ(rig.post("ada", "/admin/v1/policy", body).reason(), control::policy_conflict.name);
    EXPECT_EQ(
        rig.post("ada", "/admin/v1/policy", {{"version", 2}, {"settings", {{"x", 1}}}}).reason(),
        control::policy_unknown_setting.name);
}

TEST(AdminErasures, AreOrderedByOneAndApprovedByAnother) {
    StaffRig rig;
    staff(rig);
    const AccountId account{{1, 2, 3}};
    json body{{"account", account.hex()},
              {"classes", {"identity", "sign_in"}},
              {"basis", "erasure.citizen_wish"},
              {"purpose", "request 17"}};
    EXPECT_EQ(rig.post("pia", "/admin/v1/erasures", body).reason(), citizen::account_unknown.name);
    citizen::State& state = rig.commands.known[account];
    state.account.status = citizen::AccountStatus::active;
    state.account.id = account;
    state.account.person = PersonId{{9}};
    state.account.key_index = KeyIndex(77);
    const Got ordered = rig.post("pia", "/admin/v1/erasures", body);
    ASSERT_EQ(ordered.status, 200) << ordered.text;
    const std::string order = ordered.body.at("order");
    const auto& erasure = rig.bench.snapshots.latest()->state->erasures->begin()->second;
    EXPECT_EQ(erasure.key_index, KeyIndex(77));
    EXPECT_EQ(erasure.person, (PersonId{{9}}));
    const std::string approve = "/admin/v1/erasures/" + order + "/approve";
    EXPECT_EQ(rig.post("pia", approve, {{"purpose", "p"}}).reason(),
              control::erasure_second_person.name);
    EXPECT_EQ(rig.post("paul", approve, {{"purpose", "p"}}).status, 200);
    const Got shown = rig.get("ada", "/admin/v1/erasures/" + order);
    EXPECT_EQ(shown.body.at("standing"), "approved");
    EXPECT_EQ(shown.body.at("classes"), json({"identity", "sign_in"}));
    EXPECT_EQ(rig.get("ada", "/admin/v1/erasures").body.at("items").size(), 1U);
    EXPECT_EQ(rig.get("ada", "/admin/v1/erasures/" + control::OrderId().hex()).reason(),
              receipt_unknown.name);
    body["classes"] = {"platform"};
    EXPECT_EQ(rig.post("pia", "/admin/v1/erasures", body).status, 400);
}

TEST(AdminAccounts, AreSuspendedUnderACase) {
    StaffRig rig;
    staff(rig);
    const AccountId account{{4}};
    const control::CaseId id{{5}};
    const std::string path = "/admin/v1/accounts/" + account.hex() + "/suspend";
    EXPECT_EQ(rig.post("sue", path, {{"reason", "fraud_suspected"}}).status, 400);
    rig.post("sue", path, {{"reason", "fraud_suspected"}, {"case", id.hex()}, {"note", "n"}});
    ASSERT_EQ(rig.commands.sent.size(), 1U);
    const auto& sent = rig.commands.sent.front();
    EXPECT_EQ(sent.account, account);
    EXPECT_EQ(sent.head.actor.id, rig.id("sue").bytes());
    const auto& noun = std::get<citizen::AccountCommand>(sent.command);
    const auto& suspend = std::get<citizen::SuspendAccount>(noun);
    EXPECT_EQ(suspend.reason, citizen::Suspension::fraud_suspected);
    EXPECT_EQ(std::get<citizen::StaffOrder>(suspend.by).case_id, id);
}

TEST(AdminAccounts, LoseTheirCertificateUnderACase) {
    StaffRig rig;
    staff(rig);
    const AccountId account{{4}};
    const control::CaseId id{{5}};
    const std::string path = "/admin/v1/accounts/" + account.hex() + "/certificate/revoke";
    EXPECT_EQ(rig.post("sue", path, {{"reason", "fraud_confirmed"}}).status, 400);
    EXPECT_EQ(rig.post("sue", path, {{"reason", "bored"}, {"case", id.hex()}}).status, 400);
    rig.post("sue", path, {{"reason", "fraud_confirmed"}, {"case", id.hex()}});
    ASSERT_EQ(rig.commands.sent.size(), 1U);
    const auto& noun = std::get<citizen::CertificateCommand>(rig.commands.sent.front().command);
    const auto& revoke = std::get<citizen::RevokeCertificate>(noun);
    EXPECT_EQ(revoke.reason, citizen::Revocation::fraud_confirmed);
    EXPECT_EQ(std::get<citizen::StaffOrder>(revoke.by).case_id, id);
}

TEST(AdminViews, AreRebuiltInTheBackground) {
    StaffRig rig;
    staff(rig);
    const Got begun = rig.post("ada", "/admin/v1/views/alerts_view/rebuild", json::object());
    EXPECT_EQ(begun.status, 202);
    EXPECT_EQ(rig.desk.begun.size(), 1U);
    EXPECT_EQ(rig.post("ada", "/admin/v1/views/odd/diff", json::object()).status, 404);
    EXPECT_EQ(rig.get("ada", "/admin/v1/views").body.at("items")[0].at("view"), "alerts_view");
}

TEST(AdminNodes, ShowWhoOwnsWhat) {
    StaffRig rig;
    staff(rig);
    const Got shown = rig.get("ada", "/admin/v1/partitions");
    ASSERT_EQ(shown.status, 200) << shown.text;
    const json& control = shown.body.at("items").at(0);
    EXPECT_EQ(control.at("owner"), StaffRig::node.hex());
    EXPECT_EQ(control.at("endpoint"), "10.0.0.1:8110");
    EXPECT_EQ(control.at("term"), 1);
    EXPECT_EQ(control.at("served_here"), true);
    EXPECT_GT(control.at("head"), 5) << "who has signed in was enrolled";
}

TEST(AdminNodes, AreDrainedAndTakeUpAgain) {
    StaffRig rig;
    staff(rig);
    const json nothing = json::object();
    EXPECT_EQ(rig.post("ada", "/admin/v1/node/resume", nothing).status, 409);
    const Got drained = rig.post("ada", "/admin/v1/node/drain", nothing);
    EXPECT_EQ(drained.status, 200) << drained.text;
    EXPECT_EQ(drained.body.at("took_ms"), 250);
    EXPECT_TRUE(rig.desk.drained);
    EXPECT_EQ(rig.post("ada", "/admin/v1/node/drain", nothing).reason(), "node.draining");
    EXPECT_EQ(rig.post("ada", "/admin/v1/node/resume", nothing).status, 200);
    EXPECT_FALSE(rig.desk.drained);
    EXPECT_EQ(rig.post("sue", "/admin/v1/node/drain", nothing).status, 403);
}

TEST(AdminNodes, MakeCheckpointsOfThemselvesAndListThem) {
    StaffRig rig;
    staff(rig);
    const json nothing = json::object();
    EXPECT_EQ(rig.post("ada", "/admin/v1/node/checkpoint", nothing).status, 200);
    EXPECT_EQ(rig.post("ada", "/admin/v1/node/checkpoint", nothing).reason(), "checkpoint.running");
    const Got listed = rig.get("ada", "/admin/v1/node/checkpoints");
    ASSERT_EQ(listed.status, 200) << listed.text;
    EXPECT_EQ(listed.body.at("running"), false);
    EXPECT_TRUE(listed.body.at("failed").is_null());
    const json& made = listed.body.at("items").at(0);
    EXPECT_EQ(made.at("folder"), "/data/checkpoints/20261121T164500.000000Z");
    EXPECT_EQ(made.at("bytes"), 4096);
    EXPECT_EQ(made.at("partitions").at(0).at("root").get<std::string>().size(), 64U);
    EXPECT_EQ(rig.post("sue", "/admin/v1/node/checkpoint", nothing).status, 403);
}

TEST(AdminTypes, AreActivatedWhenEveryNodeKnowsThem) {
    StaffRig rig;
    staff(rig);
    const NodeId node{{0x0d}};
    const control::EnrolNode enrol{node, "127.0.0.1:1", "certificate"};
    ASSERT_EQ(rig.post("ada", "/admin/v1/nodes",
                       {{"node", node.hex()},
                        {"endpoint", enrol.endpoint},
                        {"certificate", to_base64(enrol.certificate)}})
                  .status,
              200);
    const auto activate = [&](const char* who, const json& types) {
        return rig.post(who, "/admin/v1/types/activate", {{"types", types}});
    };
    EXPECT_EQ(activate("ada", {4}).reason(), "types.not_everywhere");
    rig.desk.software = {{node, "2"}};
    EXPECT_EQ(activate("sue", {4}).status, 403);
    for (const json& bad : {json::array(), json("4"), json({"4"}), json({-1}), json({1LL << 32})}) {
        EXPECT_EQ(activate("ada", bad).status, 400) << bad;
    }
    EXPECT_EQ(activate("ada", {0xffff}).reason(), "types.unknown");
    const Got done = activate("ada", {4});
    EXPECT_EQ(done.status, 200) << done.text;
    EXPECT_TRUE(rig.bench.snapshots.latest()->state->types->contains(4));
    EXPECT_EQ(activate("ada", {4}).reason(), "types.active");
}

}  // namespace
}  // namespace chopmark::admin
