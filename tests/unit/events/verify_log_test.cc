// What the verifier says of whole logs: a good one is good, and one that was touched is not, by
// kind and place.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "events/crypto/digest.h"
#include "tests/support/verify_world.h"

namespace chopmark::verify {
namespace {

using test::VerifyWorld;

constexpr PartitionId citizens = VerifyWorld::citizens;

/// Names, sizes and bytes of everything in a folder.
std::map<std::string, Digest> bytes_in(const std::string& folder) {
    std::map<std::string, Digest> out;
    for (const auto& each : std::filesystem::recursive_directory_iterator(folder)) {
        std::ifstream file(each.path(), std::ios::binary);
        std::stringstream bytes;
        bytes << file.rdbuf();
        out[each.path().string()] = crypto::sha256(bytes.str());
    }
    return out;
}

void flip(Bytes& bytes, std::size_t at) { bytes.at(at) = static_cast<char>(bytes.at(at) ^ 0x10); }

class LogVerifierTest : public ::testing::Test {
  protected:
    // Control: 0 opened, 1 term, 2 cut, 3 cut. Citizens: 0 opened, 1 term, 2…6 logins, 7…8 after
    // the first cut; the last two are counted by the second.
    void SetUp() override {
        world.log_in(5);
        world.cut();
        world.log_in(2);
        world.cut();
    }
    /// The one fault that verifying finds.
    Fault found(bool readable = false) {
        const Report report = world.verify(readable);
        EXPECT_EQ(report.faults.size(), 1U);
        return report.faults.empty() ? Fault{store_damaged, {}, {}, "no fault"}
                                     : report.faults.front();
    }
    void expect(const Reason& reason, PartitionId partition, std::uint64_t sequence) {
        const Fault fault = found();
        EXPECT_EQ(fault.reason, reason) << to_string(fault);
        EXPECT_EQ(fault.partition, partition) << to_string(fault);
        EXPECT_EQ(fault.sequence, Sequence(sequence)) << to_string(fault);
    }

    VerifyWorld world;
};

TEST_F(LogVerifierTest, GoodLogIsGoodAndItsRootsAreThoseOfRfc6962) {
    const Digest root = world.root(citizens);
    const Digest control = world.root(control_partition);
    const Report report = world.verify();
    EXPECT_TRUE(report.faults.empty()) << to_string(report.faults.front());
    ASSERT_EQ(report.partitions.size(), 4U);
    const PartitionReport& seen = report.partitions[2];
    EXPECT_EQ(seen.head, (tlog::TreeHead{9, root}));
    EXPECT_EQ(seen.vouched, 9U);
    EXPECT_EQ(seen.counts.records, 9U);
    EXPECT_EQ(seen.counts.terms, 1U);
    EXPECT_EQ(seen.counts.link_boxes, 7U);
    EXPECT_EQ(seen.counts.personal_boxes, 7U);
    EXPECT_EQ(seen.counts.absent_boxes, 0U);
    EXPECT_EQ(report.partitions[0].head, (tlog::TreeHead{4, control}));
    EXPECT_EQ(report.partitions[0].vouched, 3U);  // the last cut is behind what it counts
    EXPECT_EQ(report.cuts, 2U);
}

TEST_F(LogVerifierTest, GoodLogOpensBoxByBox) {
    const Report report = world.verify(true);
    EXPECT_TRUE(report.faults.empty()) << to_string(report.faults.front());
    EXPECT_EQ(report.boxes.opened, 7U + 7U + 2U);  // of logins, and what links the cuts
}

TEST_F(LogVerifierTest, LookingChangesNothing) {
    world.close();
    const auto before = bytes_in(world.path());
    EXPECT_TRUE(world.verify(true).faults.empty());
    EXPECT_EQ(bytes_in(world.path()), before);
}

TEST_F(LogVerifierTest, SecondTermIsAsGoodAsTheFirst) {
    world.close();
    world.log_in(1);
    world.cut();
    const Report report = world.verify();
    EXPECT_TRUE(report.faults.empty()) << to_string(report.faults.front());
    EXPECT_EQ(report.partitions[2].counts.terms, 2U);
}

TEST_F(LogVerifierTest, NamesAFlippedBitInEveryFieldOfAPrelude) {
    const std::vector<std::pair<std::size_t, Reason>> fields{
        {0, malformed},         // magic
        {5, malformed},         // format
        {9, leaf_changed},      // type
        {11, wrong_partition},  // partition
        {19, wrong_sequence},   // sequence
        {27, wrong_term},       // term
        {30, wrong_term},       // writer
        {50, leaf_changed},     // previous
        {76, leaf_changed},     // recorded_at, far on
        {83, leaf_changed},     // recorded_at, a few microseconds
        {90, leaf_changed},     // event id
        {110, leaf_changed},    // digest of the link box
        {140, leaf_changed},    // digest of the personal box
        {170, leaf_changed},    // body
    };
    for (const auto& [at, reason] : fields) {
        SCOPED_TRACE(at);
        const auto turn = [at = at](record::Record& record) { flip(record.leaf, at); };
        world.change(citizens, Sequence(4), turn);
        expect(reason, citizens, 4);
        world.change(citizens, Sequence(4), turn);
    }
    EXPECT_TRUE(world.verify().faults.empty());
}

TEST_F(LogVerifierTest, NamesAFlippedBitInABox) {
    const auto link = [](record::Record& record) { flip(record.link_box, 20); };
    world.change(citizens, Sequence(4), link);
    expect(link_box_changed, citizens, 4);
    world.change(citizens, Sequence(4), link);
    world.change(citizens, Sequence(8),
                 [](record::Record& record) { flip(record.personal_box, 0); });
    expect(personal_box_changed, citizens, 8);
}

TEST_F(LogVerifierTest, LeafOfTheLastRecordIsHeldByTheCut) {
    world.change(citizens, Sequence(8), [](record::Record& record) { flip(record.leaf, 170); });
    expect(other_root, citizens, 8);
}

TEST_F(LogVerifierTest, LeafBeforeATermIsHeldByTheCut) {
    world.close();
    world.log_in(1);  // opens term 2 behind sequence 8
    world.cut();
    world.change(citizens, Sequence(8), [](record::Record& record) { flip(record.leaf, 170); });
    expect(other_root, citizens, 8);
}

TEST_F(LogVerifierTest, NamesWhereRecordsAreMissing) {
    world.drop(citizens, Sequence(4));
    expect(missing_record, citizens, 4);
}

TEST_F(LogVerifierTest, RecordDroppedBehindACutIsFound) {
    world.drop(citizens, Sequence(8));
    expect(records_lost, citizens, 8);
}

TEST_F(LogVerifierTest, RecordThatNoCutCountsIsVouchedForByNobody) {
    world.log_in(1);
    world.drop(citizens, Sequence(9));
    const Report report = world.verify();
    EXPECT_TRUE(report.faults.empty());
    EXPECT_EQ(report.partitions[2].vouched, 9U);
}

TEST_F(LogVerifierTest, RecordThatWasSwappedForItsNeighbourIsFound) {
    record::Record fifth;
    world.change(citizens, Sequence(5), [&](record::Record& record) { fifth = record; });
    world.change(citizens, Sequence(4), [&](record::Record& record) { record = fifth; });
    expect(wrong_sequence, citizens, 4);
}

TEST_F(LogVerifierTest, StrangersTermIsFound) {
    const test::TestNodeCa stranger("stranger");
    const auto forged =
        journal::term_opened_record(world.home.founding.hash, citizens, Term(1),
                                    WriterId(ByteArray<16>{7}), stranger.issue("eve"),
                                    world.home.clock.now(), EventId(ByteArray<16>{9}))
            .value();
    world.change(citizens, Sequence(1), [&](record::Record& record) { record = forged; });
    expect(bad_term_proof, citizens, 1);
}

TEST_F(LogVerifierTest, TermThatWasSentBeforeItsForerunnersLastRecordIsNoFault) {
    const Instant sent = world.home.clock.now();
    world.log_in(1);
    const auto late = journal::term_opened_record(
        world.home.founding.hash, citizens, Term(2), WriterId(ByteArray<16>{7}), world.home.node,
        sent - std::chrono::milliseconds(4), EventId(ByteArray<16>{9}));
    world.change(citizens, Sequence(9), [&](record::Record& record) { record = late.value(); });
    const Report report = world.verify();
    EXPECT_TRUE(report.faults.empty()) << to_string(report.faults.front());
    EXPECT_EQ(report.partitions[2].counts.terms, 2U);
}

TEST_F(LogVerifierTest, OtherGenesisIsFound) {
    world.home.founding.hash = crypto::sha256("another");
    const Report report = world.verify();
    ASSERT_EQ(report.faults.size(), 4U);
    EXPECT_EQ(report.faults.front().reason, wrong_genesis);
}

TEST_F(LogVerifierTest, EveryPartitionTellsItsFirstFault) {
    world.change(citizens, Sequence(3), [](record::Record& record) { flip(record.link_box, 0); });
    world.drop(PartitionId(3), Sequence(1));
    const Report report = world.verify();
    ASSERT_EQ(report.faults.size(), 2U);
    EXPECT_EQ(report.faults[0].reason, link_box_changed);
    EXPECT_EQ(report.faults[1].reason, records_lost);
}

TEST_F(LogVerifierTest, CutThatLiesIsFound) {
    world.log_in(1);
    world.cut([](schema::CutRecorded& cut) {
        for (auto& each : *cut.mutable_leaf()->mutable_partitions()) {
            if (each.partition() == citizens.value()) {
                (*each.mutable_root())[0] ^= 1;
            }
        }
    });
    expect(other_root, citizens, 9);
}

TEST_F(LogVerifierTest, CutThatLiesAboutControlIsFound) {
    world.cut([](schema::CutRecorded& cut) {
        (*cut.mutable_leaf()->mutable_partitions(0)->mutable_root())[0] ^= 1;
    });
    expect(other_root, control_partition, 3);
}

TEST_F(LogVerifierTest, CutOutOfOrderIsFound) {
    world.log_in(1);
    world.cut([](schema::CutRecorded& cut) { cut.mutable_leaf()->set_number(7); });
    expect(bad_cut, control_partition, 4);
}

TEST_F(LogVerifierTest, BlockThatFailsItsChecksumIsReadAllTheSame) {
    Bytes box;
    world.change(citizens, Sequence(6), [&](record::Record& record) { box = record.link_box; });
    world.settle();
    for (const auto& each : std::filesystem::directory_iterator(world.path())) {
        if (each.path().extension() != ".sst") {
            continue;
        }
        std::ifstream in(each.path(), std::ios::binary);
        std::stringstream buffer;
        buffer << in.rdbuf();
        std::string bytes = buffer.str();
        if (const auto at = bytes.find(box); at != std::string::npos) {
            flip(bytes, at + 5);
            std::ofstream(each.path(), std::ios::binary) << bytes;
        }
    }
    expect(link_box_changed, citizens, 6);
}

}  // namespace
}  // namespace chopmark::verify
