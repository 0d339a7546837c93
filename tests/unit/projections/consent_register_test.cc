#include "projections/consent_register/consent_register.h"

#include <gtest/gtest.h>

#include "tests/support/view_rig.h"

namespace chopmark::consent_register {
namespace {

using test::about;
using test::id_of;

class ConsentRegisterTest : public ::testing::Test {
  protected:
    template <class Event>
    Event decision(std::uint8_t request, std::uint8_t client = 7) {
        auto event = about<Event>(who);
        event.mutable_leaf()->set_client_id(id_of<ClientId>(client).to_bytes());
        event.mutable_leaf()->add_field_names("idNo");
        event.mutable_leaf()->add_field_names("prefix");
        event.mutable_link()->set_request_id(id_of<RequestId>(request).to_bytes());
        event.mutable_link()->set_device_id(id_of<DeviceId>(3).to_bytes());
        event.mutable_link()->set_profile_version(4);
        return event;
    }
    schema::ConsentGranted granted(std::uint8_t request, std::uint8_t client = 7) {
        auto event = decision<schema::ConsentGranted>(request, client);
        schema::FieldSource& pin = *event.mutable_link()->add_pins();
        pin.set_field("idNo");
        pin.set_event_id(id_of<EventId>(9).to_bytes());
        return event;
    }
    schema::LoginApproved login(std::uint8_t id, schema::Retention retention) {
        auto event = about<schema::LoginApproved>(who);
        event.mutable_leaf()->mutable_head()->set_retention(retention);
        event.mutable_leaf()->set_client_id(id_of<ClientId>(7).to_bytes());
        event.mutable_leaf()->add_scopes("eidapi_auth");
        event.mutable_leaf()->add_scopes("eidapi_profiles");
        event.mutable_link()->mutable_traces()->set_login_id(id_of<RequestId>(id).to_bytes());
        event.mutable_link()->mutable_traces()->set_device_id(id_of<DeviceId>(3).to_bytes());
        return event;
    }
    std::vector<Consent> consents(std::optional<ClientId> client = {},
                                  std::optional<ConsentStanding> standing = {}) {
        rig.fold();
        return read_consents(rig.read("consent_register"), {who.account, client, standing}, {})
            .value()
            .items;
    }

    test::ViewRig rig;
    const test::Citizen who = test::citizen(5, 1);
};

TEST_F(ConsentRegisterTest, HoldsEachDecisionNewestFirst) {
    const Instant at = rig.time();
    const auto entry = rig.append(granted(1));
    rig.append(decision<schema::ConsentRefused>(2));
    rig.append(decision<schema::ConsentExpired>(3));
    const auto found = consents();
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].row.standing, ConsentStanding::expired);
    EXPECT_EQ(found[1].row.standing, ConsentStanding::refused);
    const ConsentRow& first = found[2].row;
    EXPECT_EQ(first.standing, ConsentStanding::granted);
    EXPECT_EQ(first.request, id_of<RequestId>(1));
    EXPECT_EQ(first.client, id_of<ClientId>(7));
    EXPECT_EQ(first.field_names, (std::vector<std::string>{"idNo", "prefix"}));
    EXPECT_EQ(first.profile_version, 4U);
    EXPECT_EQ(first.pins, (std::vector<FieldPin>{{"idNo", id_of<EventId>(9)}}));
    EXPECT_EQ(first.device, id_of<DeviceId>(3));
    EXPECT_EQ(first.decided_at, at);
    EXPECT_EQ(found[2].decided, entry->sequence);
}

TEST_F(ConsentRegisterTest, WithdrawingChangesTheConsentInItsPlace) {
    rig.append(granted(1));
    rig.append(granted(2));
    const Instant at = rig.time();
    rig.append(decision<schema::ConsentWithdrawn>(1));
    const auto found = consents();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].row.standing, ConsentStanding::granted);
    EXPECT_EQ(found[1].row.standing, ConsentStanding::withdrawn);
    EXPECT_EQ(found[1].row.withdrawn_at, at);
    rig.append(decision<schema::ConsentWithdrawn>(1));
    EXPECT_EQ(consents()[1].row.withdrawn_at, at);
}

TEST_F(ConsentRegisterTest, WithdrawingWhatWasNeverGrantedChangesNothing) {
    rig.append(decision<schema::ConsentRefused>(1));
    rig.fold();
    const auto before = rig.dump("consent_register");
    rig.append(decision<schema::ConsentWithdrawn>(1));
    rig.append(decision<schema::ConsentWithdrawn>(2));
    rig.fold();
    EXPECT_EQ(rig.dump("consent_register"), before);
}

TEST_F(ConsentRegisterTest, ALoginWithProfileScopesIsAConsentAndAPlainOneIsNot) {
    rig.append(login(1, schema::SIGN_IN));
    rig.append(login(2, schema::EVIDENCE));
    auto found = consents();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].row.request, id_of<RequestId>(2));
    EXPECT_EQ(found[0].row.given, Given::with_login);
    EXPECT_EQ(found[0].row.field_names,
              (std::vector<std::string>{"eidapi_auth", "eidapi_profiles"}));
    rig.append(decision<schema::ConsentWithdrawn>(2));
    EXPECT_EQ(consents()[0].row.standing, ConsentStanding::withdrawn);
}

TEST_F(ConsentRegisterTest, FiltersByClientAndStanding) {
    rig.append(granted(1, 7));
    rig.append(granted(2, 8));
    rig.append(decision<schema::ConsentRefused>(3, 8));
    EXPECT_EQ(consents(id_of<ClientId>(8)).size(), 2U);
    EXPECT_EQ(consents(id_of<ClientId>(8), ConsentStanding::refused).size(), 1U);
    EXPECT_EQ(consents({}, ConsentStanding::granted).size(), 2U);
}

TEST_F(ConsentRegisterTest, PagesThroughAllOfThem) {
    for (std::uint8_t i = 1; i <= 5; ++i) {
        rig.append(granted(i));
    }
    rig.fold();
    std::vector<RequestId> met;
    projections::PageRequest page{"", 2};
    do {
        const auto answer =
            read_consents(rig.read("consent_register"), {who.account, {}, {}}, page).value();
        for (const Consent& consent : answer.items) {
            met.push_back(consent.row.request);
        }
        page.cursor = answer.next;
    } while (!page.cursor.empty());
    EXPECT_EQ(met, (std::vector{id_of<RequestId>(5), id_of<RequestId>(4), id_of<RequestId>(3),
                                id_of<RequestId>(2), id_of<RequestId>(1)}));
}

TEST_F(ConsentRegisterTest, ErasureLeavesNothingOfThePerson) {
    const test::Citizen later{test::citizen(5, 9).account, who.person};
    rig.append(granted(1));
    auto second = granted(2);
    second.mutable_link()->mutable_head()->set_account_id(later.account.to_bytes());
    rig.append(second);
    rig.append(about<schema::SubjectErased>(later));
    rig.fold();
    EXPECT_TRUE(rig.dump("consent_register").empty());
}

}  // namespace
}  // namespace chopmark::consent_register
