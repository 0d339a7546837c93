#include "projections/asked_requests/asked_requests.h"

#include <gtest/gtest.h>

#include "tests/support/view_rig.h"

namespace chopmark::asked_requests {
namespace {

using test::about;

class AskedRequestsTest : public ::testing::Test {
  protected:
    template <class Event>
    EventId ask(const test::Citizen& citizen, const Bytes& business_id) {
        auto event = about<Event>(citizen);
        event.mutable_link()->set_business_id_token(business_id);
        return record::decode_prelude(rig.append(event)->record.leaf)->event_id;
    }
    std::set<EventId> asked(const Bytes& business_id) {
        rig.fold();
        const auto found = find_asked(rig.read(AskedRequests::view_name), business_id).value();
        return {found.begin(), found.end()};
    }
    std::set<EventId> signatures(const Bytes& business_id) {
        rig.fold();
        const auto found =
            find_asked(rig.read(AskedRequests::view_name), business_id, Subject::signature).value();
        return {found.begin(), found.end()};
    }

    test::ViewRig rig;
    const test::Citizen who = test::citizen(5, 1);
    const test::Citizen elsewhere = test::citizen(900, 2);
    const Bytes constant = Bytes(32, 'c');
};

TEST_F(AskedRequestsTest, KnowTheLastOfEachPartition) {
    ask<schema::SignatureAsked>(who, constant);
    const EventId own = ask<schema::SignatureAsked>(who, Bytes(32, 'o'));
    const EventId newer = ask<schema::SignatureAsked>(who, constant);
    const EventId other = ask<schema::SignatureAsked>(elsewhere, constant);
    EXPECT_EQ(signatures(Bytes(32, 'o')), std::set{own});
    EXPECT_EQ(signatures(constant), (std::set{newer, other}));
    EXPECT_TRUE(signatures(Bytes(32, 'n')).empty());
}

TEST_F(AskedRequestsTest, TellSubjectsApart) {
    const EventId consent = ask<schema::ConsentAsked>(who, constant);
    const EventId step_up = ask<schema::StepUpAsked>(who, constant);
    EXPECT_TRUE(signatures(constant).empty());
    const EventId signature = ask<schema::SignatureAsked>(who, constant);
    EXPECT_EQ(signatures(constant), std::set{signature});
    EXPECT_EQ(asked(constant), (std::set{consent, step_up, signature}));
}

TEST_F(AskedRequestsTest, ComeOnlyWithAnId) {
    ask<schema::ConsentAsked>(who, "");
    EXPECT_TRUE(asked(constant).empty());
}

}  // namespace
}  // namespace chopmark::asked_requests
