// Each rule: what it finds, and what looks alike and is none.
#include <gtest/gtest.h>

#include "tests/support/anomaly_rig.h"

namespace chopmark::anomaly {
namespace {

using test::AnomalyRig;
using namespace std::chrono_literals;

const Instant noon = Instant::from_seconds(1'769'572'800);  // 2026-01-28 04:00 UTC

std::vector<Finding> of(const std::vector<Finding>& all, std::string_view rule) {
    std::vector<Finding> out;
    std::copy_if(all.begin(), all.end(), std::back_inserter(out),
                 [&](const Finding& one) { return one.rule == rule; });
    return out;
}

// ---- code.replay
// ---------------------------------------------------------------------------------

schema::CodeReplayed replay(std::uint16_t serial, schema::ReplayGrade grade, char client = 'c') {
    auto event = AnomalyRig::about<schema::CodeReplayed>(AnomalyRig::person(serial));
    event.mutable_leaf()->set_grade(grade);
    event.mutable_leaf()->set_client_id(Bytes(16, client));
    event.mutable_link()->set_login_id(Bytes(16, static_cast<char>(serial)));
    return event;
}

TEST(CodeReplay, FindsAnotherPartyAndALateReplayButNoRetry) {
    AnomalyRig rig;
    rig.append(replay(1, schema::REPLAY_GRADE_RETRY), noon);
    EXPECT_TRUE(rig.findings(noon + 1s).empty());
    rig.append(replay(2, schema::REPLAY_GRADE_LATE), noon + 2s);
    const auto entry = rig.append(replay(3, schema::REPLAY_GRADE_OTHER_CLIENT, 'd'), noon + 3s);
    const auto found = rig.findings(noon + 4s);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].what.severity, schema::SEVERITY_MEDIUM);
    EXPECT_EQ(found[1].what.severity, schema::SEVERITY_CRITICAL);
    EXPECT_EQ(found[1].what.grade, Grade::invariant);
    EXPECT_EQ(found[1].what.entity.id, AnomalyRig::person(3).account.to_bytes());
    ASSERT_EQ(found[1].what.evidence.size(), 1U);
    EXPECT_EQ(found[1].what.evidence[0].sequence, entry->sequence);
    EXPECT_EQ(found[1].cut, 1U);
}

TEST(CodeReplay, RaisesARelyingPartyThatReplaysMany) {
    AnomalyRig rig;
    for (std::uint16_t i = 1; i <= 3; ++i) {
        rig.append(replay(i, schema::REPLAY_GRADE_LATE), noon + i * 1min);
    }
    const auto found = rig.findings(noon + 1h);
    ASSERT_EQ(found.size(), 4U);
    EXPECT_EQ(found[3].what.entity.kind, schema::Entity::KIND_CLIENT);
    EXPECT_EQ(found[3].what.severity, schema::SEVERITY_HIGH);
}

// ---- login.qr_relay
// ------------------------------------------------------------------------------

schema::LoginApproved login(std::uint16_t serial, std::string_view phone_country,
                            std::string_view browser_country, std::uint32_t browser_asn,
                            std::uint32_t distance, std::string_view browser) {
    auto event = AnomalyRig::about<schema::LoginApproved>(AnomalyRig::person(serial));
    event.mutable_leaf()->set_flow(schema::QR);
    event.mutable_leaf()->set_client_id(Bytes(16, 'c'));
    auto& traces = *event.mutable_link()->mutable_traces();
    traces.set_login_id(Bytes(16, static_cast<char>(serial)));
    traces.mutable_phone()->set_asn(9269);
    traces.mutable_phone()->set_country(std::string(phone_country));
    traces.mutable_browser()->set_asn(browser_asn);
    traces.mutable_browser()->set_country(std::string(browser_country));
    traces.mutable_browser()->mutable_network()->set_current(std::string(browser));
    traces.mutable_browser()->mutable_agent()->set_current("agent");
    traces.set_distance_class(distance);
    return event;
}
schema::LoginApproved at_home(std::uint16_t serial) {
    return login(serial, "HK", "HK", 4760, 1, "home " + std::to_string(serial));
}

TEST(QrRelay, FindsABrowserInAHostingNetworkAbroad) {
    AnomalyRig rig;
    rig.append(login(1, "HK", "GB", 16509, 5, "far"), noon);
    const auto found = rig.findings(noon + 1s);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].rule, "login.qr_relay");
    EXPECT_EQ(found[0].what.severity, schema::SEVERITY_MEDIUM);
    // 15 + 13 + 5 − 20 decibans: odds of 10^1.3.
    EXPECT_EQ(found[0].what.score_permille, 952U);
}

TEST(QrRelay, LetsNeighboursTravellersAndOtherFlowsBe) {
    AnomalyRig rig;
    rig.append(at_home(1), noon);
    rig.append(login(2, "HK", "CN", 4134, 2, "shenzhen"), noon + 1s);
    rig.append(login(3, "HK", "GB", 2856, 5, "hotel"), noon + 2s);
    rig.append(login(4, "HK", "HK", 16509, 1, "vpn at home"), noon + 3s);
    auto one_tap = login(5, "HK", "GB", 16509, 5, "far");
    one_tap.mutable_leaf()->set_flow(schema::ONE_TAP);
    rig.append(one_tap, noon + 4s);
    EXPECT_TRUE(rig.findings(noon + 5s).empty());
}

TEST(QrRelay, GrowsHighWhenASignatureFollowsWithinHalfAnHour) {
    AnomalyRig rig;
    rig.append(login(1, "HK", "GB", 16509, 5, "far"), noon);
    rig.append(AnomalyRig::about<schema::SignatureMade>(AnomalyRig::person(1)), noon + 29min);
    const auto found = rig.findings(noon + 1h);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[1].alert, found[0].alert);
    EXPECT_EQ(found[1].what.revision, 2U);
    EXPECT_EQ(found[1].what.severity, schema::SEVERITY_HIGH);
    EXPECT_EQ(found[1].what.evidence.size(), 2U);

    AnomalyRig late;
    late.append(login(1, "HK", "GB", 16509, 5, "far"), noon);
    late.append(AnomalyRig::about<schema::SignatureMade>(AnomalyRig::person(1)), noon + 31min);
    EXPECT_EQ(late.findings(noon + 1h).size(), 1U);
}

TEST(QrRelay, FindsABrowserOfStrangersAcrossAChangeOfKeys) {
    AnomalyRig rig;
    Instant at = noon;
    for (std::uint16_t i = 1; i <= 3; ++i) {
        for (int n = 0; n < 3; ++n) {
            rig.append(at_home(i), at = at + 1min);
        }
    }
    EXPECT_TRUE(rig.findings(at).empty());
    // Ordinary networks far away, each below what a login alone is raised for.
    const char* const names[][2] = {{"k1", "k0"}, {"k1", "k0"}, {"k2", "k1"}};
    for (std::uint16_t i = 1; i <= 3; ++i) {
        auto event = login(i, "HK", "HK", 4760, 3, names[i - 1][0]);
        event.mutable_link()->mutable_traces()->mutable_browser()->mutable_network()->set_next(
            names[i - 1][1]);
        auto& agent = *event.mutable_link()->mutable_traces()->mutable_browser()->mutable_agent();
        agent.set_current(Bytes("agent ") + names[i - 1][0]);
        agent.set_next(Bytes("agent ") + names[i - 1][1]);
        rig.append(event, at = at + 1min);
    }
    const auto found = rig.findings(at + 1s);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].what.entity.kind, schema::Entity::KIND_NETWORK);
    EXPECT_EQ(found[0].what.severity, schema::SEVERITY_HIGH);
}

// ---- signature.new_device
// ------------------------------------------------------------------------

schema::DeviceBound bound(std::uint16_t serial, char device, Instant cooling_off) {
    auto event = AnomalyRig::about<schema::DeviceBound>(AnomalyRig::person(serial));
    event.mutable_link()->set_device_id(Bytes(16, device));
    event.mutable_link()->set_cooling_off_until_us(cooling_off.micros());
    event.mutable_link()->set_attestation_level(schema::ATTESTATION_LEVEL_SECURE_ELEMENT);
    return event;
}
schema::SignatureMade signed_by(std::uint16_t serial, char device) {
    auto event = AnomalyRig::about<schema::SignatureMade>(AnomalyRig::person(serial));
    event.mutable_link()->set_device_id(Bytes(16, device));
    return event;
}

TEST(NewDeviceSignature, GradesBySigns) {
    AnomalyRig rig;
    // Signs often: her new phone is worth a line, no more.
    rig.append(signed_by(1, 'a'), noon - 24h);
    rig.append(bound(1, 'b', noon), noon - 12h);
    rig.append(signed_by(1, 'b'), noon + 1h);
    // A first signature, by a key in software, after a failed binding.
    rig.append(AnomalyRig::about<schema::DeviceBindingRefused>(AnomalyRig::person(2)), noon + 2h);
    auto weak = bound(2, 'b', noon + 3h);
    weak.mutable_link()->set_attestation_level(schema::ATTESTATION_LEVEL_SOFTWARE);
    rig.append(weak, noon + 3h);
    rig.append(signed_by(2, 'b'), noon + 4h);
    const auto found = rig.findings(noon + 5h);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].what.severity, schema::SEVERITY_LOW);
    EXPECT_EQ(found[1].what.severity, schema::SEVERITY_HIGH);
    EXPECT_EQ(found[1].what.grade, Grade::statistical);
}

TEST(NewDeviceSignature, TakesAnApprovalOfManyDocumentsForAGraverOne) {
    AnomalyRig rig;
    rig.append(signed_by(1, 'a'), noon - 24h);
    rig.append(bound(1, 'b', noon), noon - 12h);
    auto many = AnomalyRig::about<schema::BulkApproved>(AnomalyRig::person(1));
    many.mutable_link()->set_device_id(Bytes(16, 'b'));
    rig.append(many, noon + 1h);
    const auto found = rig.findings(noon + 5h);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].what.severity, schema::SEVERITY_MEDIUM);
    EXPECT_EQ(found[0].what.measures.at(0).name, "bulk_signature");
}

TEST(NewDeviceSignature, IsAnInvariantBeforeCoolingOffEnds) {
    AnomalyRig rig;
    rig.append(bound(1, 'b', noon + 24h), noon);
    rig.append(signed_by(1, 'b'), noon + 23h);
    const auto found = rig.findings(noon + 25h);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].what.severity, schema::SEVERITY_CRITICAL);
    EXPECT_EQ(found[0].what.grade, Grade::invariant);
}

TEST(NewDeviceSignature, LetsOldRevokedAndFirstDevicesBe) {
    AnomalyRig rig;
    rig.append(bound(1, 'b', noon), noon);
    rig.append(signed_by(1, 'a'), noon + 1h);
    rig.append(signed_by(1, 'b'), noon + 73h);
    auto registered = AnomalyRig::about<schema::AccountRegistered>(AnomalyRig::person(2));
    registered.mutable_link()->set_device_id(Bytes(16, 'b'));
    rig.append(registered, noon + 74h);
    rig.append(signed_by(2, 'b'), noon + 75h);
    EXPECT_TRUE(rig.findings(noon + 76h).empty());
}

// ---- registration.burst
// --------------------------------------------------------------------------

schema::AccountRegistered registered(std::uint16_t serial) {
    auto event = AnomalyRig::about<schema::AccountRegistered>(AnomalyRig::person(serial));
    event.mutable_leaf()->mutable_head()->set_channel(schema::KIOSK);
    event.mutable_link()->mutable_place()->set_terminal_id(Bytes(16, 't'));
    event.mutable_link()->mutable_place()->set_operator_id(Bytes(16, 'o'));
    return event;
}

TEST(RegistrationBurst, ProvesWhatIsFasterThanPeople) {
    AnomalyRig rig;
    for (std::uint16_t i = 1; i <= 8; ++i) {
        rig.append(registered(i), noon + i * 89s);
    }
    const auto found = rig.findings(noon + 1h);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].what.grade, Grade::invariant);
    EXPECT_EQ(found[0].what.entity.kind, schema::Entity::KIND_TERMINAL);
    EXPECT_EQ(found[0].what.evidence.size(), 8U);
}

TEST(RegistrationBurst, LetsABusyHourBe) {
    AnomalyRig rig;
    for (std::uint16_t i = 1; i <= 30; ++i) {
        rig.append(registered(i), noon + i * 120s);
    }
    EXPECT_TRUE(rig.findings(noon + 2h).empty());
}

TEST(RegistrationBurst, KnowsTheHoursOfATerminal) {
    AnomalyRig rig;
    // Eight weeks, open from 09:00 to 12:00 in Hong Kong, six an hour.
    const Instant monday = Instant::from_seconds(1'767'571'200);  // 2026-01-05 00:00 UTC
    std::uint16_t serial = 0;
    for (int day = 0; day < 56; ++day) {
        for (int i = 0; i < 18; ++i) {
            rig.append(registered(++serial), monday + day * 24h + 1h + i * 10min);
        }
    }
    EXPECT_TRUE(rig.findings(monday + 56 * 24h).empty());
    // Ten at three in the night, slowly enough to be possible; at ten o'clock they would be
    // nothing.
    const Instant night = monday + 56 * 24h - 5h;
    for (int i = 0; i < 10; ++i) {
        rig.append(registered(++serial), night + 24h + i * 350s);
    }
    EXPECT_TRUE(of(rig.findings(night + 48h), "registration.burst").empty())
        << "the prior still speaks for two an hour";
    for (int i = 0; i < 22; ++i) {
        rig.append(registered(++serial), night + 72h + i * 150s);
    }
    const auto found = rig.findings(night + 80h);
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].what.grade, Grade::statistical);
}

}  // namespace
}  // namespace chopmark::anomaly
