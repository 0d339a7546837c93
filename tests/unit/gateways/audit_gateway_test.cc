#include "gateways/audit/audit_gateway.h"

#include <gtest/gtest.h>

#include "events/crypto/digest.h"
#include "events/schema/codec.h"
#include "tests/support/staff_rig.h"

namespace chopmark::audit {
namespace {

using nlohmann::json;
using test::Got;
using test::StaffRig;

void staff(StaffRig& rig) {
    rig.enrol("uma", {schema::STAFF_ROLE_AUDITOR});
    rig.enrol("pia", {schema::STAFF_ROLE_PRIVACY_OFFICER});
    rig.enrol("both", {schema::STAFF_ROLE_AUDITOR, schema::STAFF_ROLE_PRIVACY_OFFICER});
    for (const auto* name : {"uma", "pia", "both"}) {
        ASSERT_EQ(rig.sign_in(name).status, 200);
    }
}

/// The events of control from `from` on that are of a kind.
template <class Event>
std::vector<Event> recorded(StaffRig& rig) {
    std::vector<Event> out;
    const auto entries = rig.bench.journal().read(control_partition, Sequence(), {}).value();
    for (const auto& entry : entries) {
        const auto prelude = record::decode_prelude(entry->record.leaf).value();
        if (prelude.type == schema::info<Event>().type) {
            out.push_back(std::get<Event>(rig.bench.vault.open_personal(entry->record).value()));
        }
    }
    return out;
}

std::uint64_t control_size(StaffRig& rig) {
    return rig.bench.journal().head(control_partition).value().next.value();
}

TEST(AuditQueries, AreRecordedBeforeAndAfterAndWithTheirPurpose) {
    StaffRig rig;
    staff(rig);
    const Got got = rig.post("uma", "/audit/v1/queries/range",
                             {{"purpose", "yearly"}, {"partition", 0}, {"from", 0}, {"limit", 3}});
    ASSERT_EQ(got.status, 200) << got.text;
    EXPECT_EQ(got.body.at("leaves").size(), 3U);
    EXPECT_EQ(got.body.at("next"), 3);
    const auto asked = recorded<schema::AuditQueryAsked>(rig);
    const auto answered = recorded<schema::AuditQueryAnswered>(rig);
    ASSERT_EQ(asked.size(), 1U);
    ASSERT_EQ(answered.size(), 1U);
    EXPECT_EQ(asked[0].link().purpose(), "yearly");
    EXPECT_EQ(asked[0].link().head().actor().id(), rig.id("uma").bytes());
    EXPECT_EQ(answered[0].link().query_id(), asked[0].link().query_id());
    EXPECT_EQ(answered[0].leaf().count(), 3U);
    EXPECT_EQ(to_hex(asked[0].link().query_id()), got.body.at("query"));
}

TEST(AuditQueries, AnswerNothingWithoutAPurpose) {
    StaffRig rig;
    staff(rig);
    const std::uint64_t before = control_size(rig);
    const Got got = rig.post("uma", "/audit/v1/queries/range", {{"partition", 0}, {"from", 0}});
    EXPECT_EQ(got.reason(), control::query_no_purpose.name);
    EXPECT_EQ(control_size(rig), before);
}

TEST(AuditQueries, AreAnsweredOnce) {
    StaffRig rig;
    staff(rig);
    const json body{{"purpose", "p"}, {"partition", 0}, {"from", 0}};
    ASSERT_EQ(rig.post("uma", "/audit/v1/queries/range", body, "k").status, 200);
    EXPECT_EQ(rig.post("uma", "/audit/v1/queries/range", body, "k").reason(), query_answered.name);
}

TEST(AuditRange, GivesLeavesWhoseHashesAreThoseOfRfc6962) {
    StaffRig rig;
    staff(rig);
    const Got got = rig.post("uma", "/audit/v1/queries/range",
                             {{"purpose", "p"}, {"partition", 0}, {"from", 0}, {"limit", 4}});
    for (const json& leaf : got.body.at("leaves")) {
        const auto bytes = from_base64(leaf.at("leaf").get<std::string>());
        ASSERT_TRUE(bytes.has_value());
        EXPECT_EQ(crypto::sha256({ByteView("\0", 1), *bytes}).hex(), leaf.at("leaf_hash"));
    }
    EXPECT_EQ(rig.post("uma", "/audit/v1/queries/range",
                       {{"purpose", "p"}, {"partition", 999}, {"from", 0}})
                  .reason(),
              partition_unknown.name);
}

TEST(AuditVerify, ProvesAnEventAgainstTheTree) {
    StaffRig rig;
    staff(rig);
    const Got range = rig.post("uma", "/audit/v1/queries/range",
                               {{"purpose", "p"}, {"partition", 0}, {"from", 2}, {"limit", 1}});
    const std::string event = range.body.at("leaves")[0].at("event");
    const Got got =
        rig.post("uma", "/audit/v1/queries/verify", {{"purpose", "p"}, {"event", event}});
    ASSERT_EQ(got.status, 200) << got.text;
    EXPECT_EQ(got.body.at("leaf").at("sequence"), 2);
    tlog::Proof proof;
    for (const json& hash : got.body.at("inclusion")) {
        proof.push_back(*Digest::from_bytes(*from_base64(hash.get<std::string>())));
    }
    const tlog::TreeHead head{
        got.body.at("tree").at("size"),
        *Digest::from_bytes(*from_base64(got.body.at("tree").at("root").get<std::string>()))};
    EXPECT_TRUE(tlog::check_inclusion(
        2, *Digest::from_hex(got.body.at("leaf").at("leaf_hash").get<std::string>()), proof, head));
    EXPECT_EQ(rig.post("uma", "/audit/v1/queries/verify",
                       {{"purpose", "p"}, {"event", EventId{{1}}.hex()}})
                  .status,
              404);
}

TEST(AuditHeads, TellSizesAndConsistency) {
    StaffRig rig;
    staff(rig);
    const Got heads = rig.get("pia", "/audit/v1/heads");
    ASSERT_EQ(heads.status, 200) << heads.text;
    EXPECT_EQ(heads.body.at("now")[0].at("size"), control_size(rig));
    const Got proof = rig.get("uma", "/audit/v1/consistency?partition=0&older=2&newer=5");
    ASSERT_EQ(proof.status, 200) << proof.text;
    EXPECT_FALSE(proof.body.at("consistency").empty());
    EXPECT_EQ(rig.get("uma", "/audit/v1/consistency?partition=0&older=x&newer=5").status, 400);
}

TEST(AuditBoxes, WaitForASecondPersonAndTheSameRequestThenGetsTheAnswer) {
    StaffRig rig;
    staff(rig);
    const json body{{"purpose", "complaint 4"}, {"account", AccountId{{3}}.hex()}, {"boxes", true}};
    const Got pending = rig.post("both", "/audit/v1/queries/log", body, "k");
    ASSERT_EQ(pending.status, 202) << pending.text;
    const std::string query = pending.body.at("query");
    EXPECT_EQ(rig.post("both", "/audit/v1/queries/log", body, "k").status, 202);
    const std::string path = "/audit/v1/queries/" + query;
    EXPECT_EQ(rig.post("both", path + "/approve", json::object()).reason(),
              control::query_second_person.name);
    const Got open = rig.get("pia", "/audit/v1/queries");
    ASSERT_EQ(open.body.at("items").size(), 1U);
    EXPECT_EQ(open.body.at("items")[0].at("purpose"), "complaint 4");
    ASSERT_EQ(rig.post("pia", path + "/approve", {{"hours", 1}}).status, 200);
    // Another body is another question.
    json other = body;
    other["account"] = AccountId{{4}}.hex();
    EXPECT_NE(rig.post("both", "/audit/v1/queries/log", other, "k2").body.at("query"), query);
    const Got got = rig.post("both", "/audit/v1/queries/log", body, "k");
    ASSERT_EQ(got.status, 200) << got.text;
    EXPECT_TRUE(got.body.at("items").empty());
    EXPECT_EQ(recorded<schema::AuditQueryAnswered>(rig).size(), 1U);
}

TEST(AuditBoxes, StayShutWhenRefusedOrWhenTheApprovalIsOver) {
    StaffRig rig;
    staff(rig);
    const auto ask = [&](const std::string& key) {
        return rig.post("uma", "/audit/v1/queries/log",
                        {{"purpose", "p"}, {"account", AccountId{{3}}.hex()}, {"boxes", true}},
                        key);
    };
    const std::string refused = ask("1").body.at("query");
    const std::string late = ask("2").body.at("query");
    ASSERT_EQ(rig.post("pia", "/audit/v1/queries/" + refused + "/refuse", json::object()).status,
              200);
    ASSERT_EQ(rig.post("pia", "/audit/v1/queries/" + late + "/approve", {{"hours", 1}}).status,
              200);
    EXPECT_EQ(ask("1").reason(), control::query_not_open.name);
    rig.bench.clock.advance(std::chrono::hours(1) + std::chrono::seconds(1));
    rig.sign_in("uma");
    EXPECT_EQ(ask("2").reason(), query_approval_over.name);
}

}  // namespace
}  // namespace chopmark::audit
