// Rows, not fsync, are the limit (design 6, C2): how many rows each step of a citizen's life costs,
// over all views together.
#include <gtest/gtest.h>

#include "tests/support/view_rig.h"

namespace chopmark::test {
namespace {

class RowBudgetTest : public ::testing::Test {
  protected:
    RowBudgetTest() { rig.append(about<schema::AccountRegistered>(who)); }

    /// Rows written for this event alone, without the positions that go with them: one of each
    /// view that wrote rows, shared by all events of a batch.
    std::uint64_t rows_of(schema::Event event) {
        rig.fold();
        const std::uint64_t puts = rig.puts();
        const Dump positions = rig.positions();
        rig.append(std::move(event));
        rig.fold();
        std::uint64_t moved = 0;
        for (const auto& [view, position] : rig.positions()) {
            const auto before = positions.find(view);
            moved += before == positions.end() || before->second != position ? 1 : 0;
        }
        return rig.puts() - puts - moved;
    }
    template <class Event>
    Event with_request(std::uint8_t request) {
        auto event = about<Event>(who);
        event.mutable_link()->set_request_id(id_of<RequestId>(request).to_bytes());
        return event;
    }

    ViewRig rig;
    const Citizen who = citizen(5, 1);
};

TEST_F(RowBudgetTest, ALoginIsOneRowForEachOfItsTwoRecords) {
    EXPECT_EQ(rows_of(about<schema::LoginApproved>(who)), 1U);
    EXPECT_EQ(rows_of(about<schema::LoginRedeemed>(who)), 1U);
    EXPECT_EQ(rows_of(about<schema::LoginRefused>(who)), 1U);
    EXPECT_EQ(rows_of(about<schema::CodeReplayed>(who)), 1U);
    EXPECT_EQ(rows_of(about<schema::TokenRevoked>(who)), 1U);
}

TEST_F(RowBudgetTest, ConsentsAndSignaturesStayWithinTwo) {
    rows_of(with_request<schema::ConsentGranted>(1));  // the first names the account, once
    EXPECT_EQ(rows_of(with_request<schema::ConsentAsked>(2)), 1U);
    EXPECT_EQ(rows_of(with_request<schema::ConsentGranted>(2)), 2U);
    EXPECT_EQ(rows_of(with_request<schema::ConsentWithdrawn>(2)), 2U);
    EXPECT_EQ(rows_of(with_request<schema::CallbackSettled>(2)), 1U);
    auto login = about<schema::LoginApproved>(who);
    login.mutable_leaf()->mutable_head()->set_retention(schema::EVIDENCE);
    EXPECT_EQ(rows_of(login), 2U);
    const auto asked = [this](std::uint8_t request) {
        auto event = with_request<schema::SignatureAsked>(request);
        event.mutable_link()->set_business_id_token(Bytes(32, static_cast<char>(request)));
        return event;
    };
    rows_of(asked(3));
    EXPECT_EQ(rows_of(asked(4)), 3U);  // and who was asked, for the acknowledgement
    EXPECT_EQ(rows_of(with_request<schema::SignatureMade>(4)), 2U);
    EXPECT_EQ(rows_of(with_request<schema::SignatureAcknowledged>(4)), 2U);
    EXPECT_EQ(rows_of(about<schema::SubjectAccessed>(who)), 1U);
    EXPECT_EQ(rows_of(about<schema::CertificateIssued>(who)), 2U);
    EXPECT_EQ(rows_of(about<schema::DeviceBound>(who)), 2U);
    EXPECT_EQ(rows_of(about<schema::AccountSuspended>(who)), 2U);
}

/// Where a service is named, as it always is: what it asked is listed for it.
TEST_F(RowBudgetTest, ATransactionOfAServiceIsOneRowMore) {
    const auto named = [](auto event) {
        event.mutable_leaf()->set_client_id(id_of<ClientId>(7).to_bytes());
        return event;
    };
    rows_of(with_request<schema::ConsentGranted>(1));
    EXPECT_EQ(rows_of(named(with_request<schema::ConsentAsked>(2))), 2U);
    EXPECT_EQ(rows_of(named(with_request<schema::ConsentGranted>(2))), 3U);
    EXPECT_EQ(rows_of(named(with_request<schema::CallbackSettled>(2))), 2U);
    EXPECT_EQ(rows_of(named(about<schema::LoginApproved>(who))), 1U);
    EXPECT_EQ(rows_of(named(about<schema::LoginRedeemed>(who))), 1U);
}

TEST_F(RowBudgetTest, WhatIsRareMayCostMore) {
    EXPECT_EQ(rows_of(about<schema::AccountRegistered>(citizen(5, 2))), 7U);
    EXPECT_EQ(rows_of(about<schema::AccountUpgraded>(who)), 4U);
    EXPECT_EQ(rows_of(about<schema::ProfileFieldsSet>(who)), 4U);
    EXPECT_EQ(rows_of(about<schema::ProfileEnabled>(who)), 3U);
    EXPECT_EQ(rows_of(with_request<schema::ConsentGranted>(1)), 3U);
    EXPECT_EQ(rows_of(with_request<schema::SignatureAsked>(2)), 3U);
}

}  // namespace
}  // namespace chopmark::test
