#include "projections/account_view/account_view.h"

#include <gtest/gtest.h>

#include "events/core/limits.h"
#include "tests/support/view_rig.h"

namespace chopmark::account_view {
namespace {

using test::about;
using test::id_of;

class AccountViewTest : public ::testing::Test {
  protected:
    AccountViewTest() {
        auto event = about<schema::AccountRegistered>(who);
        event.mutable_leaf()->mutable_head()->set_channel(schema::NFC);
        event.mutable_leaf()->set_grade(schema::SIGN);
        event.mutable_link()->set_person_id(id_of<PersonId>(8).to_bytes());
        event.mutable_link()->set_device_id(id_of<DeviceId>(1).to_bytes());
        event.mutable_link()->set_device_public_key("point 1");
        event.mutable_link()->set_attestation_level(schema::ATTESTATION_LEVEL_SECURE_ELEMENT);
        event.mutable_link()->set_password_set(true);
        registered_at = rig.time();
        registered = record::decode_prelude(rig.append(event)->record.leaf)->event_id;
    }
    AccountRow row() {
        rig.fold();
        return find_account(rig.read("account_view"), who.account).value();
    }
    void bind(std::uint8_t device, Duration cooling_off = {}) {
        auto event = about<schema::DeviceBound>(who);
        event.mutable_link()->set_device_id(id_of<DeviceId>(device).to_bytes());
        event.mutable_link()->set_public_key("point " + std::to_string(device));
        event.mutable_link()->set_cooling_off_until_us((rig.time() + cooling_off).micros());
        rig.append(event);
    }
    template <class Event>
    Instant append_for(std::string_view reason) {
        auto event = about<Event>(who);
        event.mutable_leaf()->mutable_head()->set_reason(std::string(reason));
        const Instant at = rig.time();
        rig.append(event);
        return at;
    }
    void issue(std::string_view serial) {
        auto event = about<schema::CertificateIssued>(who);
        event.mutable_link()->set_serial(std::string(serial));
        event.mutable_link()->set_not_after_us(1'900'000'000'000'000);
        rig.append(event);
    }
    void revoke(std::string_view serial) {
        auto event = about<schema::CertificateRevoked>(who);
        event.mutable_link()->set_serial(std::string(serial));
        event.mutable_leaf()->mutable_head()->set_reason("certificate.superseded");
        rig.append(event);
    }

    test::ViewRig rig;
    const test::Citizen who = test::citizen(5, 1);
    EventId registered;
    Instant registered_at;
};

TEST_F(AccountViewTest, ARegistrationMakesARow) {
    const AccountRow made = row();
    EXPECT_EQ(made.person, id_of<PersonId>(8));
    EXPECT_EQ(made.key_index, who.person);
    EXPECT_EQ(made.grade, schema::SIGN);
    EXPECT_EQ(made.channel, schema::NFC);
    EXPECT_EQ(made.standing, Standing::active);
    EXPECT_EQ(made.registered_by, registered);
    EXPECT_EQ(made.registered_at, registered_at);
    EXPECT_TRUE(made.password_set);
    ASSERT_EQ(made.devices.size(), 1U);
    const DeviceRow& device = made.devices.at(id_of<DeviceId>(1));
    EXPECT_TRUE(device.active);
    EXPECT_EQ(device.public_key, "point 1");
    EXPECT_EQ(device.attestation, schema::ATTESTATION_LEVEL_SECURE_ELEMENT);
    EXPECT_EQ(device.bound_by, registered);
}

TEST_F(AccountViewTest, AnAccountMadeAtATerminalHasNoDeviceAtFirst) {
    const auto visitor = test::citizen(5, 7);
    rig.append(about<schema::AccountRegistered>(visitor));
    rig.fold();
    EXPECT_TRUE(find_account(rig.read("account_view"), visitor.account).value().devices.empty());
}

TEST_F(AccountViewTest, FollowsStandingAndGrade) {
    const Instant suspended = append_for<schema::AccountSuspended>("account.device_lost");
    EXPECT_EQ(row().standing, Standing::suspended);
    EXPECT_EQ(row().reason, "account.device_lost");
    EXPECT_EQ(row().changed_at, suspended);
    append_for<schema::AccountResumed>("");
    EXPECT_EQ(row().standing, Standing::active);
    EXPECT_EQ(row().reason, "");
    auto upgraded = about<schema::AccountUpgraded>(who);
    upgraded.mutable_leaf()->set_grade(schema::DEFAULT);
    rig.append(upgraded);
    EXPECT_EQ(row().grade, schema::DEFAULT);
    EXPECT_TRUE(row().password_set);
}

TEST_F(AccountViewTest, OneDeviceIsActiveTheNewest) {
    bind(2, std::chrono::hours(24));
    AccountRow now = row();
    EXPECT_FALSE(now.devices.at(id_of<DeviceId>(1)).active);
    EXPECT_TRUE(now.devices.at(id_of<DeviceId>(2)).active);
    EXPECT_EQ(now.devices.at(id_of<DeviceId>(1)).ended_at,
              now.devices.at(id_of<DeviceId>(2)).bound_at);
    EXPECT_EQ(now.devices.at(id_of<DeviceId>(2)).cooling_off_until,
              now.devices.at(id_of<DeviceId>(2)).bound_at + std::chrono::hours(24));
    auto revoked = about<schema::DeviceRevoked>(who);
    revoked.mutable_link()->set_device_id(id_of<DeviceId>(2).to_bytes());
    rig.append(revoked);
    EXPECT_FALSE(row().devices.at(id_of<DeviceId>(2)).active);
}

TEST_F(AccountViewTest, KeepsTheLatestDevicesOnly) {
    for (std::uint8_t i = 2; i <= limits::devices_per_account + 2; ++i) {
        bind(i);
    }
    const AccountRow now = row();
    EXPECT_EQ(now.devices.size(), limits::devices_per_account);
    EXPECT_FALSE(now.devices.contains(id_of<DeviceId>(1)));
    EXPECT_FALSE(now.devices.contains(id_of<DeviceId>(2)));
    EXPECT_TRUE(now.devices.at(id_of<DeviceId>(limits::devices_per_account + 2)).active);
}

TEST_F(AccountViewTest, FollowsTheCertificate) {
    EXPECT_EQ(row().certificate.status, CertificateStatus::none);
    rig.append(about<schema::CertificateRefused>(who));
    EXPECT_EQ(row().certificate.status, CertificateStatus::refused);
    issue("A1");
    EXPECT_EQ(row().certificate.status, CertificateStatus::valid);
    EXPECT_EQ(row().certificate.serial, "A1");
    revoke("another");
    EXPECT_EQ(row().certificate.status, CertificateStatus::valid);
    revoke("A1");
    EXPECT_EQ(row().certificate.status, CertificateStatus::revoked);
    EXPECT_EQ(row().certificate.reason, "certificate.superseded");
    issue("A2");
    EXPECT_EQ(row().certificate.status, CertificateStatus::valid);
    EXPECT_EQ(row().certificate.ended_at, Instant());
}

TEST_F(AccountViewTest, CountsEveryChangeOfTheProfile) {
    rig.append(about<schema::ProfileEnabled>(who));
    rig.append(about<schema::ProfileFieldsSet>(who));
    rig.append(about<schema::ProfileFieldsCleared>(who));
    EXPECT_TRUE(row().profile_enabled);
    EXPECT_EQ(row().profile_version, 3U);
    rig.append(about<schema::ProfileDisabled>(who));
    EXPECT_FALSE(row().profile_enabled);
    EXPECT_EQ(row().profile_version, 4U);
}

TEST_F(AccountViewTest, ClosingEndsAllThatHangsOnTheAccount) {
    rig.append(about<schema::ProfileEnabled>(who));
    issue("A1");
    const Instant closed = append_for<schema::AccountClosed>("account.citizen_wish");
    const AccountRow now = row();
    EXPECT_EQ(now.standing, Standing::closed);
    EXPECT_EQ(now.reason, "account.citizen_wish");
    EXPECT_FALSE(now.password_set);
    EXPECT_FALSE(now.devices.at(id_of<DeviceId>(1)).active);
    EXPECT_EQ(now.devices.at(id_of<DeviceId>(1)).ended_at, closed);
    EXPECT_EQ(now.certificate.status, CertificateStatus::ended);
    EXPECT_EQ(now.certificate.ended_at, closed);
    EXPECT_FALSE(now.profile_enabled);
}

TEST_F(AccountViewTest, APersonKeepsHerFormerAccountsUntilErasure) {
    const test::Citizen later{test::citizen(5, 9).account, who.person};
    append_for<schema::AccountClosed>("account.citizen_wish");
    rig.append(about<schema::AccountRegistered>(later));
    rig.fold();
    EXPECT_EQ(accounts_of(rig.read("account_view"), who.person).value(),
              (std::vector{who.account, later.account}));
    rig.append(about<schema::SubjectErased>(later));
    rig.fold();
    EXPECT_EQ(find_account(rig.read("account_view"), who.account).error(), no_such_account);
    EXPECT_EQ(find_account(rig.read("account_view"), later.account).error(), no_such_account);
    EXPECT_TRUE(accounts_of(rig.read("account_view"), who.person).value().empty());
    EXPECT_TRUE(rig.dump("account_view").empty());
}

TEST_F(AccountViewTest, WhatComesAfterAnErasureMakesNoRow) {
    rig.append(about<schema::SubjectErased>(who));
    bind(2);
    rig.fold();
    EXPECT_TRUE(rig.dump("account_view").empty());
}

}  // namespace
}  // namespace chopmark::account_view
