#include "projections/sign_in_log/open_requests.h"

#include <gtest/gtest.h>

#include "events/core/limits.h"
#include "tests/support/view_rig.h"

namespace chopmark::sign_in_log {
namespace {

using projections::Personal;
using test::about;
using test::id_of;

class OpenRequestsTest : public ::testing::Test {
  protected:
    template <class Asked>
    void ask(std::uint8_t request, Duration life = std::chrono::minutes(18)) {
        auto event = about<Asked>(who);
        event.mutable_link()->set_request_id(id_of<RequestId>(request).to_bytes());
        event.mutable_link()->set_due_us((rig.time() + life).micros());
        event.mutable_personal()->set_state_digest("digest");
        rig.append(event);
    }
    template <class Answer>
    void answer(std::uint8_t request) {
        auto event = about<Answer>(who);
        event.mutable_link()->set_request_id(id_of<RequestId>(request).to_bytes());
        rig.append(event);
    }
    std::vector<RequestId> open() {
        rig.fold();
        const auto found = open_requests(rig.read("sign_in_log"), rig.vault, who.account,
                                         rig.time(), Personal::leave_sealed);
        std::vector<RequestId> ids;
        for (const OpenRequest& request : found.value()) {
            ids.push_back(request.request);
        }
        return ids;
    }

    test::ViewRig rig;
    const test::Citizen who = test::citizen(5, 1);
};

TEST_F(OpenRequestsTest, AreThoseAskedAndNotAnsweredNewestFirst) {
    ask<schema::ConsentAsked>(1);
    ask<schema::SignatureAsked>(2);
    ask<schema::StepUpAsked>(3);
    EXPECT_EQ(open(), (std::vector{id_of<RequestId>(3), id_of<RequestId>(2), id_of<RequestId>(1)}));
    answer<schema::SignatureMade>(2);
    answer<schema::StepUpExpired>(3);
    EXPECT_EQ(open(), (std::vector{id_of<RequestId>(1)}));
    answer<schema::ConsentRefused>(1);
    EXPECT_TRUE(open().empty());
}

TEST_F(OpenRequestsTest, EveryKindOfAnswerClosesARequest) {
    for (std::uint8_t i = 1; i <= 9; ++i) {
        ask<schema::ConsentAsked>(i);
    }
    EXPECT_EQ(open().size(), 9U);
    answer<schema::ConsentGranted>(1);
    answer<schema::ConsentRefused>(2);
    answer<schema::ConsentExpired>(3);
    answer<schema::SignatureMade>(4);
    answer<schema::SignatureRefused>(5);
    answer<schema::SignatureExpired>(6);
    answer<schema::StepUpPassed>(7);
    answer<schema::StepUpRefused>(8);
    EXPECT_EQ(open(), (std::vector{id_of<RequestId>(9)}));
    answer<schema::StepUpExpired>(9);
    EXPECT_TRUE(open().empty());
}

TEST_F(OpenRequestsTest, ABulkRequestIsOpenOnceAllOfItIsListed) {
    auto asked = about<schema::SignatureAsked>(who);
    asked.mutable_link()->set_request_id(id_of<RequestId>(1).to_bytes());
    asked.mutable_link()->set_due_us((rig.time() + std::chrono::minutes(18)).micros());
    asked.mutable_leaf()->set_parts(2);
    rig.append(asked);
    answer<schema::BulkListed>(1);
    EXPECT_TRUE(open().empty());
    answer<schema::BulkListed>(1);
    EXPECT_EQ(open(), (std::vector{id_of<RequestId>(1)}));
    answer<schema::BulkApproved>(1);
    EXPECT_TRUE(open().empty());
}

TEST_F(OpenRequestsTest, ALoginThatARequestLedToIsNoAnswer) {
    ask<schema::ConsentAsked>(1);
    answer<schema::LoginApproved>(1);
    EXPECT_EQ(open().size(), 1U);
}

TEST_F(OpenRequestsTest, EndWithTheirTimeAndWithTheAccount) {
    ask<schema::ConsentAsked>(1, std::chrono::seconds(10));
    ask<schema::ConsentAsked>(2);
    EXPECT_EQ(open().size(), 2U);
    rig.set_time(rig.time() + std::chrono::seconds(8));
    EXPECT_EQ(open(), (std::vector{id_of<RequestId>(2)}));
    rig.append(about<schema::AccountClosed>(who));
    EXPECT_TRUE(open().empty());
}

TEST_F(OpenRequestsTest, LookBackOnlyAsLongAsARequestCanLive) {
    ask<schema::ConsentAsked>(1, std::chrono::hours(24));
    rig.set_time(rig.time() + limits::query_request_window);
    EXPECT_TRUE(open().empty());
}

TEST_F(OpenRequestsTest, GiveWhatWasAskedWithItsPersonalLayerOnDemand) {
    ask<schema::ConsentAsked>(1);
    rig.fold();
    const auto found =
        open_requests(rig.read("sign_in_log"), rig.vault, who.account, rig.time(), Personal::open)
            .value();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].due, rig.time() - std::chrono::seconds(1) + std::chrono::minutes(18));
    EXPECT_EQ(std::get<schema::ConsentAsked>(found[0].asked.event).personal().state_digest(),
              "digest");
}

}  // namespace
}  // namespace chopmark::sign_in_log
