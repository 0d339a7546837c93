#include "projections/relying_party_view/relying_party_view.h"

#include <gtest/gtest.h>

#include "tests/support/view_rig.h"

namespace chopmark::relying_party_view {
namespace {

using test::id_of;

class RelyingPartyViewTest : public ::testing::Test {
  protected:
    template <class Event>
    Event of(std::uint8_t client) {
        Event event;
        event.mutable_leaf()->set_client_id(id_of<ClientId>(client).to_bytes());
        return event;
    }
    void apply_for(std::uint8_t client, std::string_view name) {
        auto event = of<schema::RelyingPartyApplied>(client);
        event.mutable_leaf()->add_scopes("eidapi_auth");
        schema::RelyingPartySetup& setup = *event.mutable_link()->mutable_setup();
        setup.set_name_english(std::string(name));
        setup.add_redirect_uris("https://rp.example/back");
        setup.set_token_life_s(900);
        schema::RelyingPartyContact& contact = *event.mutable_personal()->add_contacts();
        contact.set_name("Wong");
        contact.set_email("wong@rp.example");
        rig.append(event);
    }
    void approve(std::uint8_t client) {
        auto event = of<schema::RelyingPartyApproved>(client);
        event.mutable_leaf()->add_scopes("eidapi_auth");
        event.mutable_leaf()->add_scopes("eidapi_profiles");
        event.mutable_leaf()->set_open_id_group("transport");
        event.mutable_leaf()->set_kek_fingerprint(Bytes(32, 'f'));
        event.mutable_personal()->set_client_secret("secret");
        rig.append(event);
    }
    ServiceRow service(std::uint8_t client) {
        rig.fold();
        return find_service(rig.read("relying_party_view"), id_of<ClientId>(client)).value();
    }
    std::vector<ClientId> services(std::optional<ServiceStanding> standing = {}) {
        rig.fold();
        std::vector<ClientId> out;
        const auto page = read_services(rig.read("relying_party_view"), standing, {}).value();
        for (const Service& one : page.items) {
            out.push_back(one.client);
        }
        return out;
    }
    void count(PartitionId partition, Instant hour,
               std::initializer_list<std::pair<std::uint8_t, std::uint64_t>> clients) {
        schema::RelyingPartyCounts event;
        event.mutable_leaf()->set_hour_us(hour.micros());
        for (const auto& [client, rp_seq] : clients) {
            auto& counted = *event.mutable_leaf()->add_clients();
            counted.set_client_id(id_of<ClientId>(client).to_bytes());
            counted.set_rp_seq(rp_seq);
        }
        rig.append(event, partition);
    }

    test::ViewRig rig;
};

TEST_F(RelyingPartyViewTest, FollowsAServiceThroughItsLife) {
    apply_for(1, "Bus company");
    EXPECT_EQ(service(1).standing, ServiceStanding::applied);
    EXPECT_EQ(service(1).name_english, "Bus company");
    EXPECT_EQ(service(1).redirect_uris, (std::vector<std::string>{"https://rp.example/back"}));
    approve(1);
    ServiceRow now = service(1);
    EXPECT_EQ(now.standing, ServiceStanding::active);
    EXPECT_EQ(now.name_english, "Bus company");
    EXPECT_EQ(now.token_life_s, 900U);
    EXPECT_EQ(now.scopes, (std::set<std::string>{"eidapi_auth", "eidapi_profiles"}));
    EXPECT_EQ(now.open_id_group, "transport");
    EXPECT_EQ(now.kek_fingerprint, Bytes(32, 'f'));
    EXPECT_EQ(now.secret_version, 1U);
    auto suspended = of<schema::RelyingPartySuspended>(1);
    suspended.mutable_leaf()->mutable_head()->set_reason("relying_party.harvesting");
    const Instant at = rig.time();
    rig.append(suspended);
    now = service(1);
    EXPECT_EQ(now.standing, ServiceStanding::suspended);
    EXPECT_EQ(now.reason, "relying_party.harvesting");
    EXPECT_EQ(now.changed_at, at);
    rig.append(of<schema::RelyingPartyResumed>(1));
    EXPECT_EQ(service(1).standing, ServiceStanding::active);
    rig.append(of<schema::RelyingPartyWithdrawn>(1));
    EXPECT_EQ(service(1).standing, ServiceStanding::withdrawn);
}

TEST_F(RelyingPartyViewTest, FollowsTheTrialAndKeepsEachStep) {
    apply_for(1, "Bus company");
    auto trial = of<schema::RelyingPartyTrialOpened>(1);
    trial.mutable_leaf()->add_scopes("eidapi_auth");
    trial.mutable_link()->mutable_certificate()->set_not_after_us(1'800'000'000'000'000);
    auto& actor = *trial.mutable_link()->mutable_head()->mutable_actor();
    actor.set_kind(schema::Party::STAFF_MEMBER);
    actor.set_id("ada");
    const Instant at = rig.time();
    rig.append(trial);
    EXPECT_EQ(service(1).standing, ServiceStanding::trial);
    EXPECT_EQ(service(1).kek_not_after, Instant::from_seconds(1'800'000'000));
    auto tested = of<schema::RelyingPartyTested>(1);
    tested.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    rig.append(tested);
    auto vetted = of<schema::RelyingPartyVetted>(1);
    vetted.mutable_leaf()->mutable_head()->set_outcome(schema::FAILED);
    vetted.mutable_leaf()->set_round(1);
    rig.append(vetted);
    auto assessed = of<schema::RelyingPartyAssessed>(1);
    assessed.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    assessed.mutable_leaf()->set_kind(schema::PRIVACY_ASSESSMENT);
    rig.append(assessed);
    EXPECT_EQ(service(1).trial, (TrialRow{true, 1, false, false, true}));
    rig.append(of<schema::RelyingPartyResumed>(1));
    EXPECT_EQ(service(1).standing, ServiceStanding::trial);
    rig.append(of<schema::CekIssued>(1));
    rig.fold();
    const auto steps =
        read_steps(rig.read("relying_party_view"), id_of<ClientId>(1), {}).value().items;
    ASSERT_EQ(steps.size(), 6U);
    EXPECT_EQ(steps[1].detail, "privacy_assessment");
    EXPECT_EQ(steps[2].detail, "1");
    EXPECT_EQ(steps[2].outcome, schema::FAILED);
    EXPECT_EQ(steps[4].type, schema::info<schema::RelyingPartyTrialOpened>().type.value());
    EXPECT_EQ(steps[4].by, "ada");
    EXPECT_EQ(steps[4].at, at);
    EXPECT_EQ(read_steps(rig.read("relying_party_view"), id_of<ClientId>(2), {}).error(),
              no_such_service);
}

TEST_F(RelyingPartyViewTest, SaysWhenTheDeclarationIsDue) {
    apply_for(1, "Bus company");
    const Instant at = rig.time();
    approve(1);
    EXPECT_EQ(service(1).declaration_due, at + std::chrono::hours(24 * 730));
    auto declared = of<schema::RelyingPartyDeclared>(1);
    declared.mutable_leaf()->set_next_due_us(1'900'000'000'000'000);
    rig.append(declared);
    EXPECT_EQ(service(1).declaration_due, Instant::from_seconds(1'900'000'000));
}

TEST_F(RelyingPartyViewTest, FollowsScopesSetUpAndKeys) {
    apply_for(1, "Bus company");
    approve(1);
    auto scopes = of<schema::RelyingPartyScopesChanged>(1);
    scopes.mutable_leaf()->add_scopes("eidapi_sign");
    rig.append(scopes);
    auto setup = of<schema::RelyingPartySetupChanged>(1);
    setup.mutable_link()->mutable_setup()->set_name_english("Tram company");
    setup.mutable_link()->mutable_setup()->set_open_id_group("transport");
    setup.mutable_link()->mutable_setup()->set_qr(schema::QR_REDRAWN);
    rig.append(setup);
    auto secret = of<schema::RelyingPartySecretRotated>(1);
    secret.mutable_leaf()->set_secret_version(2);
    rig.append(secret);
    auto key = of<schema::RelyingPartyKeyChanged>(1);
    key.mutable_leaf()->set_kek_fingerprint(Bytes(32, 'g'));
    rig.append(key);
    auto issued = of<schema::CekIssued>(1);
    issued.mutable_leaf()->set_serial(5);
    issued.mutable_leaf()->set_until_us(1'800'000'000'000'000);
    rig.append(issued);
    auto revoked = of<schema::CekRevoked>(1);
    revoked.mutable_leaf()->set_serial(4);
    rig.append(revoked);
    const ServiceRow now = service(1);
    EXPECT_EQ(now.scopes, (std::set<std::string>{"eidapi_sign"}));
    EXPECT_EQ(now.name_english, "Tram company");
    EXPECT_TRUE(now.redirect_uris.empty());
    EXPECT_EQ(now.open_id_group, "transport");
    EXPECT_EQ(now.qr, schema::QR_REDRAWN);
    EXPECT_EQ(now.secret_version, 2U);
    EXPECT_EQ(now.kek_fingerprint, Bytes(32, 'g'));
    EXPECT_EQ(now.content_key_serial, 5U);
    EXPECT_EQ(now.content_key_until, Instant::from_seconds(1'800'000'000));
    EXPECT_EQ(now.content_key_revoked, 4U);
}

TEST_F(RelyingPartyViewTest, ListsByClientAndStanding) {
    apply_for(3, "c");
    apply_for(1, "a");
    apply_for(2, "b");
    approve(2);
    rig.append(of<schema::RelyingPartyRefused>(3));
    EXPECT_EQ(services(),
              (std::vector{id_of<ClientId>(1), id_of<ClientId>(2), id_of<ClientId>(3)}));
    EXPECT_EQ(services(ServiceStanding::active), (std::vector{id_of<ClientId>(2)}));
    EXPECT_EQ(services(ServiceStanding::refused), (std::vector{id_of<ClientId>(3)}));
}

TEST_F(RelyingPartyViewTest, AnUnknownServiceIsNotFound) {
    rig.fold();
    EXPECT_EQ(find_service(rig.read("relying_party_view"), id_of<ClientId>(1)).error(),
              no_such_service);
    EXPECT_EQ(read_contacts(rig.read("relying_party_view"), rig.vault, id_of<ClientId>(1)).error(),
              no_such_service);
}

TEST_F(RelyingPartyViewTest, ContactsAreThoseNamedLast) {
    apply_for(1, "Bus company");
    approve(1);
    rig.append(of<schema::RelyingPartySetupChanged>(1));  // names none
    rig.fold();
    const auto contacts = [&] {
        rig.fold();
        return read_contacts(rig.read("relying_party_view"), rig.vault, id_of<ClientId>(1)).value();
    };
    ASSERT_EQ(contacts().size(), 1U);
    EXPECT_EQ(contacts()[0].name.reveal(), "Wong");
    auto setup = of<schema::RelyingPartySetupChanged>(1);
    setup.mutable_personal()->add_contacts()->set_name("Lee");
    rig.append(setup);
    ASSERT_EQ(contacts().size(), 1U);
    EXPECT_EQ(contacts()[0].name.reveal(), "Lee");
}

TEST_F(RelyingPartyViewTest, TheSecretOfAClientReachesNoRow) {
    apply_for(1, "Bus company");
    approve(1);
    rig.fold();
    for (const auto& [key, value] : rig.dump("relying_party_view")) {
        EXPECT_EQ(value.find("secret"), Bytes::npos);
    }
}

TEST_F(RelyingPartyViewTest, AddsUpTheHourlyCountsOfAllPartitions) {
    const Instant hour = Instant::from_seconds(1'767'225'600);
    count(PartitionId(1), hour, {{1, 10}, {2, 3}});
    count(PartitionId(2), hour, {{1, 5}});
    count(PartitionId(1), hour + std::chrono::hours(1), {{1, 12}});
    rig.fold();
    const auto first = read_activity(rig.read("relying_party_view"), id_of<ClientId>(1)).value();
    EXPECT_EQ(first.records, 17U);
    EXPECT_EQ(first.counted_until, hour + std::chrono::hours(1));
    ASSERT_EQ(first.partitions.size(), 2U);
    EXPECT_EQ(first.partitions[0].first, PartitionId(1));
    EXPECT_EQ(first.partitions[0].second, (ActivityRow{12, hour + std::chrono::hours(2)}));
    const auto none = read_activity(rig.read("relying_party_view"), id_of<ClientId>(9)).value();
    EXPECT_EQ(none.records, 0U);
}

}  // namespace
}  // namespace chopmark::relying_party_view
