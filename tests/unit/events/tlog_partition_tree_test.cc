#include <gtest/gtest.h>

#include "events/fold/memory_rows.h"
#include "events/tlog/partition_tree.h"
#include "tests/support/merkle_oracle.h"
#include "tests/support/plain_journal.h"

namespace chopmark::tlog {
namespace {

const PartitionId partition{3};

journal::EntryPtr entry(std::uint64_t sequence, PartitionId of = partition) {
    auto out = std::make_shared<journal::Entry>();
    out->partition = of;
    out->sequence = Sequence(sequence);
    out->leaf_hash = test::oracle_leaf("record " + std::to_string(sequence));
    return out;
}

class PartitionTreeTest : public ::testing::Test {
  protected:
    PartitionTreeTest() { open(); }
    void open() { tree = PartitionTree::open(partition, store).value(); }
    void grow_to(std::uint64_t size) {
        std::vector<journal::EntryPtr> entries;
        for (std::uint64_t next = tree->size(); next < size; ++next) {
            entries.push_back(entry(next));
        }
        ASSERT_TRUE(tree->append(entries));
    }
    /// Heads of all sizes by the right edge, which other tests hold to RFC 6962.
    static const std::vector<TreeHead>& heads() {
        static const auto all = [] {
            RightEdge edge;
            std::vector<TreeHead> out = {edge.head()};
            for (std::uint64_t i = 0; i < 66'400; ++i) {
                edge.append(entry(i)->leaf_hash);
                out.push_back(edge.head());
            }
            return out;
        }();
        return all;
    }

    fold::MemoryRows store{{.buffered_commits = 4}};
    std::unique_ptr<PartitionTree> tree;
};

TEST_F(PartitionTreeTest, KnowsItsRootAtEverySize) {
    EXPECT_EQ(tree->head(), heads()[0]);
    for (const std::uint64_t size :
         {1U, 2U, 255U, 256U, 257U, 511U, 512U, 65'535U, 65'536U, 66'300U}) {
        grow_to(size);
        ASSERT_EQ(tree->head(), heads()[size]);
    }
    for (const std::uint64_t size : {0U, 1U, 3U, 255U, 256U, 300U, 512U, 1000U, 65'535U, 65'536U,
                                     65'537U, 66'047U, 66'048U, 66'300U}) {
        ASSERT_EQ(tree->head_at(size).value(), heads()[size]) << size;
    }
    EXPECT_EQ(tree->head_at(66'301).error(), beyond_tree);
}

TEST_F(PartitionTreeTest, ContinuesFromItsFullTilesAfterARestart) {
    for (const std::uint64_t size : {100U, 256U, 600U, 65'535U, 65'536U, 65'600U, 66'400U}) {
        grow_to(size);
        open();
        ASSERT_EQ(tree->head(), heads()[size / 256 * 256]) << size;
        grow_to(size);
        ASSERT_EQ(tree->head(), heads()[size]) << size;
    }
    ASSERT_EQ(tree->head_at(65'536).value(), heads()[65'536]);
}

TEST_F(PartitionTreeTest, ContinuesFromFewerTilesAfterAPowerCut) {
    grow_to(1300);
    store.lose_buffered(2);
    open();
    EXPECT_EQ(tree->head(), heads()[768]);
    grow_to(1300);
    EXPECT_EQ(tree->head(), heads()[1300]);
}

TEST_F(PartitionTreeTest, ProvesWhatItHolds) {
    grow_to(66'300);
    for (const std::uint64_t size : {1U, 257U, 65'536U, 66'300U}) {
        for (const std::uint64_t index : {0U, 1U, 255U, 256U, 511U, 65'535U, 66'299U}) {
            if (index < size) {
                const auto proof = tree->inclusion(index, size);
                ASSERT_TRUE(proof);
                ASSERT_TRUE(check_inclusion(index, entry(index)->leaf_hash, *proof, heads()[size]))
                    << index << " of " << size;
            }
        }
        for (const std::uint64_t older : {1U, 100U, 256U, 65'535U, 66'300U}) {
            if (older <= size) {
                const auto proof = tree->consistency(older, size);
                ASSERT_TRUE(proof);
                ASSERT_TRUE(check_consistency(heads()[older], heads()[size], *proof))
                    << older << " to " << size;
            }
        }
    }
    EXPECT_EQ(tree->inclusion(0, 66'301).error(), beyond_tree);
    EXPECT_EQ(tree->consistency(1, 66'301).error(), beyond_tree);
}

TEST_F(PartitionTreeTest, StoresTilesAsTlogTilesLaysThemOut) {
    grow_to(2 * 256);
    const auto table = store.open(tiles_table).value();
    Bytes expected;
    for (std::uint64_t i = 256; i < 512; ++i) {
        expected.append(entry(i)->leaf_hash.bytes());
    }
    const Bytes key = from_hex("0003000000000000000001").value();
    EXPECT_EQ(store.latest().get(*table, key).value(), expected);
    EXPECT_EQ(store.probe().puts, 2U) << "one row for 256 records";
}

TEST_F(PartitionTreeTest, KeepsPartitionsApart) {
    grow_to(300);
    auto other = PartitionTree::open(PartitionId(4), store).value();
    EXPECT_EQ(other->size(), 0U);
    std::vector<journal::EntryPtr> entries;
    for (std::uint64_t i = 0; i < 600; ++i) {
        entries.push_back(entry(i, PartitionId(4)));
    }
    ASSERT_TRUE(other->append(entries));
    EXPECT_EQ(PartitionTree::open(PartitionId(4), store).value()->size(), 512U);
    EXPECT_EQ(PartitionTree::open(PartitionId(3), store).value()->size(), 256U);
}

TEST_F(PartitionTreeTest, RefusesAGapARepetitionAndAnotherPartition) {
    grow_to(10);
    for (const auto& wrong :
         {std::vector{entry(11)}, std::vector{entry(9)}, std::vector{entry(10), entry(12)},
          std::vector{entry(10, PartitionId(4))}}) {
        EXPECT_EQ(tree->append(wrong).error(), not_next);
        EXPECT_EQ(tree->head(), heads()[10]);
    }
}

TEST_F(PartitionTreeTest, StaysBeforeATileThatCouldNotBeStored) {
    grow_to(250);
    store.fail_commits(Error(fold::rows_unavailable, "disk full"));
    std::vector<journal::EntryPtr> entries;
    for (std::uint64_t i = 250; i < 260; ++i) {
        entries.push_back(entry(i));
    }
    EXPECT_EQ(tree->append(entries).error(), fold::rows_unavailable);
    EXPECT_EQ(tree->head(), heads()[255]);
    store.fail_commits(std::nullopt);
    grow_to(260);
    EXPECT_EQ(tree->head(), heads()[260]);
}

TEST_F(PartitionTreeTest, CatchesUpWithAJournal) {
    test::PlainJournal journal(3);
    RightEdge edge;
    for (int i = 0; i < 700; ++i) {
        edge.append(journal.append(partition, test::login(test::account(1000, 1)))->leaf_hash);
    }
    ASSERT_TRUE(tree->catch_up(journal));
    EXPECT_EQ(tree->head(), edge.head());
}

}  // namespace
}  // namespace chopmark::tlog
