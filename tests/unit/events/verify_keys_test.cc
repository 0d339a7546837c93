// What the verifier says of boxes whose keys are gone: a receipt or an expiry must name them, and
// then the keys must be gone.
#include <gtest/gtest.h>

#include "tests/support/verify_world.h"

namespace chopmark::verify {
namespace {

using test::VerifyWorld;

constexpr PartitionId citizens = VerifyWorld::citizens;
constexpr KeyIndex alice = VerifyWorld::alice;
constexpr KeyIndex bob = VerifyWorld::bob;

template <class E>
schema::Event step_of_erasure(KeyIndex subject) {
    E event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_leaf()->set_subject_hash(Bytes(32, 'h'));
    event.mutable_leaf()->add_classes(schema::SIGN_IN);
    event.mutable_link()->mutable_head()->set_key_index(subject.value());
    return event;
}

class VerifiedKeysTest : public ::testing::Test {
  protected:
    void SetUp() override {
        world.log_in(3, alice);
        world.log_in(2, bob);
    }
    void erase_keys_of(KeyIndex person) {
        ASSERT_TRUE(world.ring->erase({{schema::SIGN_IN, person}}));
    }
    void drop_personal_box(std::uint64_t sequence) {
        world.change(citizens, Sequence(sequence),
                     [](record::Record& record) { record.personal_box.clear(); });
    }
    Reason found(bool readable = true) {
        const Report report = world.verify(readable);
        return report.faults.empty() ? Reason{"no fault", Kind::internal}
                                     : report.faults.front().reason;
    }

    VerifyWorld world;
};

TEST_F(VerifiedKeysTest, ErasedWithAReceiptIsNoLoss) {
    world.append(control_partition, step_of_erasure<schema::ErasureOrdered>(alice), alice);
    world.append(citizens, step_of_erasure<schema::SubjectErased>(alice), alice);
    world.append(control_partition, step_of_erasure<schema::ErasureCompleted>(alice), alice);
    erase_keys_of(alice);
    const Report report = world.verify(true);
    EXPECT_TRUE(report.faults.empty()) << to_string(report.faults.front());
    EXPECT_EQ(report.boxes.erased, 3U);
    EXPECT_EQ(report.boxes.erasing, 0U);
}

TEST_F(VerifiedKeysTest, OrderedAndNotCompletedIsInProgress) {
    world.append(control_partition, step_of_erasure<schema::ErasureOrdered>(alice), alice);
    erase_keys_of(alice);
    const Report report = world.verify(true);
    EXPECT_TRUE(report.faults.empty()) << to_string(report.faults.front());
    EXPECT_EQ(report.boxes.erased, 0U);
    EXPECT_EQ(report.boxes.erasing, 3U);
}

TEST_F(VerifiedKeysTest, ErasedWithoutAReceiptIsLoss) {
    world.append(control_partition, step_of_erasure<schema::ErasureCompleted>(alice), alice);
    erase_keys_of(alice);
    erase_keys_of(bob);
    const Report report = world.verify(true);
    ASSERT_EQ(report.faults.size(), 1U);
    EXPECT_EQ(report.faults[0].reason, no_receipt);
    EXPECT_EQ(report.faults[0].partition, citizens);
    EXPECT_EQ(report.faults[0].sequence, Sequence(5));  // bob's first
}

TEST_F(VerifiedKeysTest, ReceiptForAKeyThatIsStillThereIsALie) {
    world.append(control_partition, step_of_erasure<schema::ErasureCompleted>(alice), alice);
    EXPECT_EQ(found(), key_survives);
}

TEST_F(VerifiedKeysTest, ExpiredPeriodIsNoLossIfItWasRecorded) {
    const Instant later = world.home.clock.now() + std::chrono::hours(24 * 365 * 3);
    ASSERT_TRUE(world.ring->expire(later));
    EXPECT_EQ(found(), no_receipt);
    schema::PeriodExpired expired;
    expired.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    expired.mutable_leaf()->set_expired_class(schema::SIGN_IN);
    expired.mutable_leaf()->set_expired_period(202601);
    world.append(control_partition, std::move(expired));
    const Report report = world.verify(true);
    EXPECT_TRUE(report.faults.empty()) << to_string(report.faults.front());
    EXPECT_EQ(report.boxes.expired, 10U);  // five logins, link and personal
}

TEST_F(VerifiedKeysTest, DroppedBoxIsLoss) {
    drop_personal_box(3);
    EXPECT_EQ(found(false), personal_box_missing);
    EXPECT_EQ(found(true), personal_box_missing);
}

TEST_F(VerifiedKeysTest, DroppedBoxOfAnErasedPersonNeedsKeysToJudge) {
    world.append(control_partition, step_of_erasure<schema::ErasureCompleted>(alice), alice);
    erase_keys_of(alice);
    drop_personal_box(3);
    const Report blind = world.verify(false);
    EXPECT_TRUE(blind.faults.empty()) << to_string(blind.faults.front());
    EXPECT_EQ(blind.boxes.unjudged, 1U);
    const Report report = world.verify(true);
    EXPECT_TRUE(report.faults.empty()) << to_string(report.faults.front());
    EXPECT_EQ(report.boxes.erased, 3U);
    drop_personal_box(6);  // bob's
    EXPECT_EQ(found(), personal_box_missing);
}

}  // namespace
}  // namespace chopmark::verify
