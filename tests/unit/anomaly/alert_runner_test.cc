// What the fold keeps and forgets, and how its findings are handed on.
#include <gtest/gtest.h>

#include "anomaly/rules/code_replay.h"
#include "anomaly/state/hour_profile.h"
#include "tests/support/anomaly_rig.h"

namespace chopmark::anomaly {
namespace {

using test::AnomalyRig;
using namespace std::chrono_literals;

const Instant noon = Instant::from_seconds(1'769'572'800);

schema::CodeReplayed replay(std::uint16_t serial, std::uint16_t login) {
    auto event = AnomalyRig::about<schema::CodeReplayed>(AnomalyRig::person(serial));
    event.mutable_leaf()->set_grade(schema::REPLAY_GRADE_LATE);
    event.mutable_leaf()->set_client_id(Bytes(16, static_cast<char>(serial)));
    Bytes id(14, 'l');
    append_big_endian(id, login);
    event.mutable_link()->set_login_id(id);
    return event;
}

TEST(AlertRunner, GivesAFindingUntilItIsSettled) {
    AnomalyRig rig;
    rig.append(replay(1, 1), noon);
    rig.append(replay(2, 2), noon + 1s);
    rig.append(replay(3, 3), noon + 2s);
    ASSERT_EQ(rig.findings(noon + 3s).size(), 3U);
    const auto first = rig.runner().outstanding(10).value();
    ASSERT_EQ(first.size(), 3U);
    EXPECT_EQ(rig.runner().outstanding(2)->size(), 2U);
    ASSERT_TRUE(rig.runner().outstanding(10));

    ASSERT_TRUE(rig.runner().settled(first[1].alert, 1));
    EXPECT_EQ(rig.runner().settled(first[1].alert, 1).error().kind(), Kind::not_found);
    EXPECT_EQ(rig.runner().probe()->outstanding, 2U);

    rig.restart();
    rig.fold();
    const auto again = rig.runner().outstanding(10).value();
    ASSERT_EQ(again.size(), 2U);
    EXPECT_EQ(again[0], first[0]);
    EXPECT_EQ(again[1], first[2]);
    ASSERT_TRUE(rig.runner().settled(first[0].alert, 1));
    ASSERT_TRUE(rig.runner().settled(first[2].alert, 1));
    rig.restart();
    EXPECT_TRUE(rig.runner().outstanding(10)->empty());
    EXPECT_EQ(rig.runner().probe()->outstanding, 0U);
    EXPECT_EQ(rig.runner().probe()->found, 3U);
}

TEST(AlertRunner, CountsWhatWasLostUnsettled) {
    AnomalyRig rig(all_rules(), {.persons = 10, .findings = 2});
    for (std::uint16_t i = 1; i <= 5; ++i) {
        rig.append(replay(i, i), noon + i * 1s);
    }
    EXPECT_EQ(rig.findings(noon + 1min).size(), 2U);
    EXPECT_EQ(rig.runner().outstanding(10)->size(), 2U);
    EXPECT_EQ(rig.runner().probe()->lost, 3U);
    EXPECT_EQ(rig.runner().probe()->outstanding, 2U);
}

TEST(AnomalyFold, RemembersNoMoreKeysThanItMay) {
    CodeReplay::Options options;
    options.keys = 50;
    Rules rules;
    rules.push_back(std::make_unique<CodeReplay>(options));
    AnomalyRig rig(std::move(rules), {.persons = 20, .findings = 10});
    for (std::uint16_t i = 1; i <= 600; ++i) {
        rig.append(replay(static_cast<std::uint16_t>(1 + i % 100), i), noon + i * 1s);
        auto login = AnomalyRig::about<schema::LoginApproved>(
            AnomalyRig::person(static_cast<std::uint16_t>(1 + i % 100)));
        login.mutable_link()->mutable_traces()->mutable_phone()->set_asn(9269);
        rig.append(login, noon + i * 1s);
    }
    rig.findings(noon + 1h);
    std::map<Bytes, int> rows;
    for (const auto& [key, value] : rig.dump()) {
        ++rows[key.front() == finding_tag ? key.substr(0, 1) : key.substr(0, 2)];
    }
    EXPECT_EQ(rows[Bytes("s") + '\0'], 20);
    EXPECT_EQ(rows[Bytes("t") + '\0'], 20);
    EXPECT_EQ(rows["s\1"], 50);
    EXPECT_EQ(rows["t\1"], 50);
    EXPECT_EQ(rows["f"], 10);
}

TEST(AnomalyFold, ForgetsWhatIsTooOld) {
    AnomalyRig rig;
    rig.append(replay(1, 1), noon);
    rig.findings(noon + 1s);
    const auto before = rig.dump().size();
    schema::PeriodExpired over;
    over.mutable_leaf()->set_expired_class(schema::SIGN_IN);
    rig.append(over, noon + 23h);
    rig.findings(noon + 23h);
    // A client's row lives an hour, a login's a day: row and timer of each.
    EXPECT_EQ(rig.dump().size(), before - 2);
    rig.append(over, noon + 25h);
    rig.findings(noon + 25h);
    EXPECT_EQ(rig.dump().size(), before - 4);
}

TEST(AnomalyFold, ForgetsThePersonWhoIsErasedAndKeepsTheRest) {
    AnomalyRig rig;
    for (const std::uint16_t who : {std::uint16_t{1}, std::uint16_t{2}}) {
        auto login = AnomalyRig::about<schema::LoginApproved>(AnomalyRig::person(who));
        login.mutable_link()->mutable_traces()->mutable_phone()->set_asn(9269);
        rig.append(login, noon);
        auto bound = AnomalyRig::about<schema::DeviceBound>(AnomalyRig::person(who));
        bound.mutable_link()->set_device_id(Bytes(16, 'd'));
        rig.append(bound, noon + 1s);
        auto registered = AnomalyRig::about<schema::AccountRegistered>(AnomalyRig::person(who));
        registered.mutable_link()->mutable_place()->set_terminal_id(Bytes(16, 't'));
        rig.append(registered, noon + 2s);
    }
    rig.append(AnomalyRig::about<schema::SubjectErased>(AnomalyRig::person(1)), noon + 3s);
    rig.findings(noon + 4s);
    const auto mentions = [&](const AnomalyRig::Person& who) {
        int rows = 0;
        for (const auto& [key, value] : rig.dump()) {
            const bool named = key.find(Key::person(who.key).name) != Bytes::npos ||
                               value.find(who.account.bytes()) != Bytes::npos;
            rows += named ? 1 : 0;
        }
        return rows;
    };
    EXPECT_EQ(mentions(AnomalyRig::person(1)), 0);
    EXPECT_EQ(mentions(AnomalyRig::person(2)), 4);
    const auto rows = rig.dump();
    EXPECT_TRUE(rows.contains("s\4m" + Bytes(16, 't')));
}

// Expected by exact fractions in another language.
TEST(HourProfile, TailOfTheNegativeBinomial) {
    EXPECT_NEAR(negative_binomial_tail(8, 1, 5), 0.00015554426108683748, 1e-12);
    EXPECT_NEAR(negative_binomial_tail(12, 1, 5), 4.2911514960849894e-07, 1e-13);
    EXPECT_NEAR(negative_binomial_tail(100, 20, 2), 0.0007322540422785911, 1e-12);
    EXPECT_EQ(decimal_digits(negative_binomial_tail(36, 6, 5)), 5U);
    EXPECT_EQ(decimal_digits(negative_binomial_tail(37, 6, 5)), 6U);
}

// Bytes as an encoder of its own writes them from the grammar; another layout is another version.
TEST(AnomalyRows, HaveTheseBytes) {
    Finding finding;
    finding.number = 3;
    finding.rule = "code.replay";
    finding.rule_version = 1;
    finding.cut = 12;
    finding.what.grade = Grade::invariant;
    finding.what.severity = schema::SEVERITY_CRITICAL;
    finding.what.key = "l" + Bytes(16, '\5');
    finding.what.entity = {schema::Entity::KIND_ACCOUNT, Bytes(16, '\1')};
    finding.what.others = {{schema::Entity::KIND_CLIENT, Bytes(16, '\2')}};
    finding.what.window_start = Instant::from_seconds(1'769'558'400);
    finding.found_at = finding.what.window_start + 5us;
    finding.what.revision = 2;
    finding.what.score_permille = 1000;
    ByteArray<16> nines;
    nines.fill(9);
    finding.what.evidence = {{PartitionId(1), Sequence(7), EventId(nines)}};
    finding.what.measures = {{"replays", 2, 0, "count"}};
    finding.what.explanation = "Why.";
    finding.alert = alert_id(finding.rule, 1, finding.what.key, finding.what.window_start);
    EXPECT_EQ(finding.alert.hex(),
              "59df90027733ff016c804a65d60dede4d08531d64d92be5784c484d97b3e79ea");
    EXPECT_EQ(to_hex(fold::encode_row(finding)),
              "000000000000000359df90027733ff016c804a65d60dede4d08531d64d92be5784c484d97b3e79ea"
              "0000000b636f64652e7265706c617900000001000000000000000c000649676bd760050105000000"
              "116c0505050505050505050505050505050501000000100101010101010101010101010101010100"
              "000001030000001002020202020202020202020202020202000649676bd7600000000002000003e8"
              "00000001000100000000000000070909090909090909090909090909090900000001000000077265"
              "706c6179730000000000000002000000000000000000000005636f756e74000000045768792e");
    EXPECT_EQ(to_hex(finding_key(3)), "660000000000000003");
    Head head{12, 1, 4, {{1, {2, finding.what.window_start}}}};
    EXPECT_EQ(to_hex(fold::encode_row(head)),
              "000000000000000c0000000000000001000000000000000400000001010000000000000002000649"
              "676bd76000");
}

}  // namespace
}  // namespace chopmark::anomaly
