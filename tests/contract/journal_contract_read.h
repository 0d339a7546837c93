// Journal contract: founding, reading, following. Included by journal_contract.h only.
#pragma once

#include <atomic>

#include "events/journal/tails.h"
#include "tests/contract/journal_world.h"

namespace chopmark::test {

TEST_P(JournalContract, NewLogStandsOnItsGenesis) {
    EXPECT_EQ(journal->partitions(), founding.partitions);
    EXPECT_EQ(journal->genesis_hash(), founding.hash);
    for (std::uint16_t i = 0; i <= founding.partitions; ++i) {
        const PartitionId partition(i);
        ASSERT_EQ(journal->head(partition)->next, Sequence(1));
        const auto entry = journal::read_one(*journal, partition, Sequence(0));
        ASSERT_TRUE(entry);
        const auto opened = journal::decode_partition_opened(
            ByteView((*entry)->record.leaf).substr(record::prelude_bytes));
        ASSERT_TRUE(opened);
        EXPECT_EQ(opened->genesis_hash, founding.hash);
        EXPECT_EQ(opened->document, i == 0 ? ByteView(founding.document) : ByteView());
    }
}

TEST_P(JournalContract, ForeignGenesisIsRefused) {
    journal.reset();
    const auto opened =
        world->open(founding_of("another genesis"), {ca, first, clock, entropy}, {});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error(), journal::foreign_log);
    EXPECT_TRUE(open_as(first));
}

TEST_P(JournalContract, AnotherNumberOfPartitionsIsRefused) {
    journal.reset();
    for (const int difference : {-1, +1}) {
        auto other = founding;
        other.partitions = static_cast<std::uint16_t>(founding.partitions + difference);
        const auto opened = world->open(other, {ca, first, clock, entropy}, {});
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error(), journal::foreign_log);
    }
    EXPECT_TRUE(open_as(first));
}

TEST_P(JournalContract, ReadsFromAnyPositionWithinItsBudget) {
    RecordingObserver observer;
    const auto writer = writer_for(observer);
    for (std::size_t i = 0; i < 100; ++i) {
        ASSERT_TRUE(writer->append(draft(citizens, numbered("record", i))));
    }
    ASSERT_TRUE(observer.wait_for_entries(101));
    const std::size_t total = 102;

    const auto page = journal->read(citizens, Sequence(50), {.records = 10, .bytes = 1 << 20});
    ASSERT_TRUE(page);
    ASSERT_EQ(page->size(), 10U);
    for (std::size_t i = 0; i < 10; ++i) {
        EXPECT_EQ((*page)[i]->sequence, Sequence(50 + i));
        EXPECT_EQ(body_of((*page)[i]->record), numbered("record", 48 + i));
    }
    const std::size_t one = (*page)[0]->record.size();
    EXPECT_EQ(journal->read(citizens, Sequence(50), {.records = 10, .bytes = 3 * one})->size(), 3U);
    EXPECT_EQ(journal->read(citizens, Sequence(50), {.records = 10, .bytes = 1})->size(), 1U);
    EXPECT_EQ(journal->read(citizens, Sequence(total - 1), {})->size(), 1U);
    EXPECT_TRUE(journal->read(citizens, Sequence(total), {})->empty());
    EXPECT_TRUE(journal->read(citizens, Sequence(~0ULL), {})->empty());
}

TEST_P(JournalContract, OneRecordBeyondTheEndIsNamed) {
    EXPECT_TRUE(journal::read_one(*journal, citizens, Sequence(0)));
    const auto beyond = journal::read_one(*journal, citizens, Sequence(1));
    ASSERT_FALSE(beyond);
    EXPECT_EQ(beyond.error(), journal::beyond_end);
}

TEST_P(JournalContract, UnknownPartitionsAreRefused) {
    const PartitionId unknown(static_cast<std::uint16_t>(founding.partitions + 1));
    RecordingObserver observer;
    EXPECT_EQ(journal->head(unknown).error(), journal::beyond_end);
    EXPECT_EQ(journal->read(unknown, Sequence(0), {}).error(), journal::beyond_end);
    EXPECT_EQ(journal->open_term(unknown, observer).error(), journal::beyond_end);
}

TEST_P(JournalContract, RecordsSurviveAReopening) {
    {
        RecordingObserver observer;
        const auto writer = writer_for(observer);
        for (std::size_t i = 0; i < 300; ++i) {
            ASSERT_TRUE(writer->append(draft(citizens, numbered("record", i))));
        }
        ASSERT_TRUE(observer.wait_for_entries(301));
    }
    const auto before = all_of(*journal, citizens);
    const auto head = *journal->head(citizens);
    restart();
    const auto after = all_of(*journal, citizens);
    ASSERT_EQ(after.size(), before.size());
    for (std::size_t i = 0; i < after.size(); ++i) {
        EXPECT_EQ(after[i]->record, before[i]->record);
        EXPECT_EQ(after[i]->leaf_hash, before[i]->leaf_hash);
    }
    EXPECT_EQ(*journal->head(citizens), head);
}

/// Keeps what a follower was told and lets a test wait for it.
class ToldNext {
  public:
    void operator()(Sequence next) {
        const std::lock_guard lock(mutex_);
        rising_ = rising_ && (told_.empty() || next > told_.back());
        told_.push_back(next);
        changed_.notify_all();
    }
    bool wait_for(Sequence next) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(20),
                                 [&] { return !told_.empty() && told_.back() >= next; });
    }
    [[nodiscard]] std::vector<Sequence> told() const {
        const std::lock_guard lock(mutex_);
        return told_;
    }
    [[nodiscard]] bool rising() const {
        const std::lock_guard lock(mutex_);
        return rising_;
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Sequence> told_;
    bool rising_ = true;
};

TEST_P(JournalContract, FollowersHearOfGrowth) {
    ToldNext told;
    const auto subscription =
        journal->follow(citizens, Sequence(1), [&told](Sequence next) { told(next); });
    EXPECT_TRUE(told.told().empty());
    RecordingObserver observer;
    const auto writer = writer_for(observer);
    ASSERT_TRUE(told.wait_for(Sequence(2)));
    for (std::size_t i = 0; i < 200; ++i) {
        ASSERT_TRUE(writer->append(draft(citizens, numbered("record", i))));
    }
    EXPECT_TRUE(told.wait_for(Sequence(202)));
    EXPECT_EQ(told.told().back(), Sequence(202));
    EXPECT_TRUE(told.rising());
    // What a follower was told of can be read.
    EXPECT_EQ(journal->read(citizens, Sequence(201), {})->size(), 1U);
}

TEST_P(JournalContract, FollowersAreToldAtOnceOfWhatIsThere) {
    ToldNext told;
    const auto subscription =
        journal->follow(citizens, Sequence(0), [&told](Sequence next) { told(next); });
    EXPECT_EQ(told.told(), std::vector<Sequence>{Sequence(1)});
}

TEST_P(JournalContract, EndedSubscriptionIsSilent) {
    ToldNext kept;
    ToldNext ended;
    const auto keeps =
        journal->follow(citizens, Sequence(1), [&kept](Sequence next) { kept(next); });
    auto ends = journal->follow(citizens, Sequence(1), [&ended](Sequence next) { ended(next); });
    ends.reset();
    RecordingObserver observer;
    const auto writer = writer_for(observer);
    ASSERT_TRUE(kept.wait_for(Sequence(2)));
    EXPECT_TRUE(ended.told().empty());
}

TEST_P(JournalContract, SubscriptionMayEndInItsOwnCall) {
    std::unique_ptr<journal::Subscription> ends;
    std::atomic<int> calls{0};
    ends = journal->follow(citizens, Sequence(1), [&](Sequence) {
        ++calls;
        ends.reset();
    });
    RecordingObserver observer;
    const auto writer = writer_for(observer);
    ASSERT_TRUE(writer->append(draft(citizens, "more")));
    ASSERT_TRUE(observer.wait_for_body("more"));
    EXPECT_EQ(calls, 1);
}

}  // namespace chopmark::test
