// Rules about relying parties and about the sign-in logs of other systems.
#include <gtest/gtest.h>

#include "tests/support/anomaly_rig.h"

namespace chopmark::anomaly {
namespace {

using test::AnomalyRig;
using namespace std::chrono_literals;

const Instant noon = Instant::from_seconds(1'769'572'800);  // 2026-01-28 04:00 UTC

Bytes request_id(std::uint32_t number) {
    Bytes id(12, 'q');
    append_big_endian(id, number);
    return id;
}

schema::ConsentAsked asked(std::uint32_t number, const std::vector<std::string>& names) {
    auto event = AnomalyRig::about<schema::ConsentAsked>(
        AnomalyRig::person(static_cast<std::uint16_t>(1 + number % 140)));
    event.mutable_leaf()->set_client_id(Bytes(16, 'c'));
    event.mutable_leaf()->set_purpose(schema::PURPOSE_FORM_FILLING);
    event.mutable_link()->set_request_id(request_id(number));
    for (const auto& name : names) {
        event.mutable_leaf()->add_field_names(name);
    }
    return event;
}

template <class Event>
Event settled(std::uint32_t number, const std::vector<std::string>& names) {
    auto event =
        AnomalyRig::about<Event>(AnomalyRig::person(static_cast<std::uint16_t>(1 + number % 140)));
    event.mutable_leaf()->set_client_id(Bytes(16, 'c'));
    event.mutable_link()->set_request_id(request_id(number));
    for (const auto& name : names) {
        event.mutable_leaf()->add_field_names(name);
    }
    return event;
}

schema::RelyingPartyApproved approved(const std::vector<std::string>& scopes) {
    schema::RelyingPartyApproved event;
    event.mutable_leaf()->set_client_id(Bytes(16, 'c'));
    for (const auto& scope : scopes) {
        event.mutable_leaf()->add_scopes(scope);
    }
    return event;
}

TEST(ConsentHarvest, ProvesARequestWithoutItsScope) {
    AnomalyRig rig;
    rig.append(approved({"eidapi_auth"}), noon);
    rig.append(asked(1, {"prefix"}), noon + 1s);
    const auto found = rig.findings(noon + 1min);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].what.grade, Grade::invariant);
    EXPECT_EQ(found[0].what.entity.id, Bytes(16, 'c'));

    AnomalyRig permitted;
    permitted.append(asked(1, {"prefix"}), noon);  // nothing is known of its scopes
    permitted.append(approved({"eidapi_auth", "eidapi_formFilling"}), noon + 1s);
    permitted.append(asked(2, {"prefix"}), noon + 2s);
    EXPECT_TRUE(permitted.findings(noon + 1min).empty());
}

TEST(ConsentHarvest, ProvesAReleaseOfWhatWasNotAskedFor) {
    AnomalyRig rig;
    rig.append(asked(1, {"prefix", "idNo"}), noon);
    rig.append(settled<schema::ConsentGranted>(1, {"prefix"}), noon + 1s);
    EXPECT_TRUE(rig.findings(noon + 2s).empty());
    rig.append(asked(2, {"prefix"}), noon + 3s);
    rig.append(settled<schema::ConsentGranted>(2, {"prefix", "idNo"}), noon + 4s);
    const auto found = rig.findings(noon + 5s);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].what.severity, schema::SEVERITY_CRITICAL);
}

/// Ten days, ten hours of 30 requests each, a fifth of them for sensitive fields.
Instant quiet_weeks(AnomalyRig& rig, std::uint32_t& number) {
    for (int day = 0; day < 10; ++day) {
        for (int i = 0; i < 300; ++i) {
            const Instant at = noon + day * 24h + i * 2min;
            ++number;
            rig.append(asked(number, number % 5 == 0 ? std::vector<std::string>{"idNo"}
                                                     : std::vector<std::string>{"prefix"}),
                       at);
        }
    }
    return noon + 10 * 24h;
}

TEST(ConsentHarvest, FindsADriftToSensitiveFieldsAndLetsALaunchBe) {
    AnomalyRig rig;
    std::uint32_t number = 0;
    const Instant then = quiet_weeks(rig, number);
    EXPECT_TRUE(rig.findings(then).empty());
    // A launch: ten times the requests, of the usual kind, and granted.
    for (int i = 0; i < 300; ++i) {
        ++number;
        rig.append(asked(number, number % 5 == 0 ? std::vector<std::string>{"idNo"}
                                                 : std::vector<std::string>{"prefix"}),
                   then + i * 12s);
        rig.append(settled<schema::ConsentGranted>(number, {}), then + i * 12s + 5s);
    }
    EXPECT_TRUE(rig.findings(then + 1h).empty());
    for (int i = 0; i < 40; ++i) {
        rig.append(asked(++number, {"idNo"}), then + 2h + i * 1min);
    }
    const auto found = rig.findings(then + 3h);
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].what.grade, Grade::statistical);
    EXPECT_EQ(found[0].what.measures[0].name, "sensitive_requests");
}

TEST(ConsentHarvest, FindsAFloodThatPeopleDecline) {
    AnomalyRig rig;
    for (std::uint32_t i = 1; i <= 400; ++i) {
        rig.append(asked(i, {"prefix"}), noon + i * 5s);
        rig.append(settled<schema::ConsentRefused>(i, {}), noon + i * 5s + 2s);
    }
    EXPECT_FALSE(rig.findings(noon + 1h).empty());
}

// ---- sign_in.password_guessing
// -------------------------------------------------------------------

schema::SignInImported sign_in(std::string_view network, std::string_view user, bool success,
                               bool known = true) {
    schema::SignInImported event;
    event.mutable_leaf()->mutable_head()->set_outcome(success ? schema::DONE : schema::FAILED);
    event.mutable_leaf()->set_repeats(1);
    event.mutable_link()->mutable_network()->set_current(std::string(network));
    event.mutable_link()->mutable_address()->set_current(std::string(network) + ".7");
    event.mutable_link()->mutable_user()->set_current(std::string(user));
    event.mutable_link()->set_user_known(known);
    return event;
}

TEST(PasswordGuessing, FindsGuessesAndGradesABreakInHighest) {
    AnomalyRig rig;
    for (int i = 0; i < 10; ++i) {
        rig.append(sign_in("evil", "root", false), noon + i * 10s);
    }
    rig.append(sign_in("evil", "root", true), noon + 2min);
    const auto found = rig.findings(noon + 1h);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].what.severity, schema::SEVERITY_MEDIUM);
    EXPECT_EQ(found[0].what.entity, (Entity{schema::Entity::KIND_NETWORK, "evil"}));
    EXPECT_EQ(found[0].what.others[0].id, "evil.7");
    EXPECT_EQ(found[1].what.severity, schema::SEVERITY_CRITICAL);
    EXPECT_EQ(found[1].alert, found[0].alert);
    EXPECT_EQ(found[1].what.revision, 2U);
}

TEST(PasswordGuessing, FindsManyUsersAndSlowGuesses) {
    AnomalyRig rig;
    for (int i = 0; i < 5; ++i) {
        rig.append(sign_in("spray", "user " + std::to_string(i), false), noon + i * 2min);
    }
    for (int i = 0; i < 30; ++i) {
        rig.append(sign_in("slow", "root", false), noon + 1h + i * 20min);
    }
    for (int i = 0; i < 3; ++i) {
        rig.append(sign_in("list", "nobody " + std::to_string(i), false, false),
                   noon + 12h + i * 1min);
    }
    const auto found = rig.findings(noon + 24h);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].what.entity.id, "spray");
    EXPECT_EQ(found[1].what.entity.id, "slow");
    EXPECT_EQ(found[2].what.entity.id, "list");
}

TEST(PasswordGuessing, LetsForgettingAndSharedNetworksBe) {
    AnomalyRig rig;
    for (int i = 0; i < 4; ++i) {
        rig.append(sign_in("home", "ann", false), noon + i * 10s);
    }
    rig.append(sign_in("home", "ann", true), noon + 1min);
    for (int i = 0; i < 60; ++i) {
        const std::string user = "worker " + std::to_string(i % 20);
        rig.append(sign_in("office", user, i % 3 != 0), noon + 1h + i * 10s);
    }
    EXPECT_TRUE(rig.findings(noon + 3h).empty());
}

TEST(PasswordGuessing, CountsWhatALineStandsFor) {
    AnomalyRig rig;
    auto event = sign_in("evil", "root", false);
    event.mutable_leaf()->set_repeats(120);
    rig.append(event, noon);
    const auto found = rig.findings(noon + 1min);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].what.severity, schema::SEVERITY_HIGH);
    EXPECT_EQ(found[0].what.measures[0].observed, 120);
}

}  // namespace
}  // namespace chopmark::anomaly
