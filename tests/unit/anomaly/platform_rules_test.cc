// Rules about the platform itself: its log.
#include <gtest/gtest.h>

#include "events/journal/accept.h"
#include "tests/support/anomaly_rig.h"

namespace chopmark::anomaly {
namespace {

using journal::Skipped;
using test::AnomalyRig;
using namespace std::chrono_literals;

const Instant noon = Instant::from_seconds(1'769'572'800);  // 2026-01-28 04:00 UTC

// ---- log.foreign_records

struct ForeignRecordsTest : testing::Test {
    /// As the owner reports it: all since genesis, the newest 32 by name.
    void skip(Skipped why, std::uint64_t records, Instant at) {
        for (std::uint64_t i = 0; i < records; ++i) {
            auto& one = *event.mutable_leaf()->add_skipped();
            one.set_offset(offset += 2);
            one.set_reason(std::string(journal::to_string(why)));
            if (event.leaf().skipped_size() > 32) {
                event.mutable_leaf()->mutable_skipped()->DeleteSubrange(0, 1);
            }
        }
        event.mutable_leaf()->set_count(event.leaf().count() + records);
        rig.append(event, at);
    }

    AnomalyRig rig;
    schema::ForeignRecordsSeen event;
    std::uint64_t offset = 100;
};

TEST_F(ForeignRecordsTest, AreRaisedWhenNoNodeWritesSuch) {
    skip(Skipped::bad_term_proof, 1, noon);
    const auto found = rig.findings(noon + 1s);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].rule, "log.foreign_records");
    EXPECT_EQ(found[0].what.severity, schema::SEVERITY_HIGH);
    EXPECT_EQ(found[0].what.grade, Grade::invariant);
    EXPECT_EQ(found[0].what.entity, (Entity{schema::Entity::KIND_PLATFORM, Bytes(2, '\0')}));
    EXPECT_EQ(found[0].what.measures[0].observed, 1);
}

TEST_F(ForeignRecordsTest, AreRaisedForEveryReasonThatIsNoLateWriters) {
    for (const Skipped why : {Skipped::malformed, Skipped::wrong_partition, Skipped::wrong_genesis,
                              Skipped::bad_term_proof}) {
        AnomalyRig each;
        schema::ForeignRecordsSeen one;
        one.mutable_leaf()->set_count(1);
        one.mutable_leaf()->add_skipped()->set_reason(std::string(journal::to_string(why)));
        each.append(one, noon);
        EXPECT_EQ(each.findings(noon + 1s).size(), 1U) << journal::to_string(why);
    }
}

TEST_F(ForeignRecordsTest, AreOrdinaryWhenTheOwnerChanged) {
    skip(Skipped::wrong_term, 200, noon);
    skip(Skipped::wrong_previous, 3, noon + 1min);
    skip(Skipped::wrong_sequence, 200, noon + 5h);
    skip(Skipped::stale_term, 1, noon + 6h);
    EXPECT_TRUE(rig.findings(noon + 7h).empty());
}

TEST_F(ForeignRecordsTest, AreRaisedWhenANodeGoesOnWritingWithoutATerm) {
    for (int i = 0; i < 8; ++i) {
        skip(Skipped::wrong_term, 150, noon + i * 1min);
    }
    const auto found = rig.findings(noon + 1h);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].what.severity, schema::SEVERITY_MEDIUM);
    EXPECT_EQ(found[0].what.grade, Grade::statistical);
}

// A report names what earlier ones have named; that is judged once.
TEST_F(ForeignRecordsTest, AreOneAlertThatGrows) {
    skip(Skipped::malformed, 1, noon);
    skip(Skipped::wrong_term, 1, noon + 1min);
    EXPECT_EQ(rig.findings(noon + 2min).size(), 1U);
    skip(Skipped::malformed, 3, noon + 3min);
    const auto found = rig.findings(noon + 4min);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[1].alert, found[0].alert);
    EXPECT_EQ(found[1].what.revision, 2U);
    EXPECT_EQ(found[1].what.measures[0].observed, 4);
}

}  // namespace
}  // namespace chopmark::anomaly
