// Journal contract: what happens to drafts. Included by journal_contract.h only.
#pragma once

#include <thread>

#include "tests/contract/journal_world.h"

namespace chopmark::test {

TEST_P(JournalContract, DraftsAreAcceptedInOrderAndOnce) {
    RecordingObserver observer;
    const auto writer = writer_for(observer);
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < 1000; ++i) {
        expected.push_back(numbered("record", i));
        ASSERT_TRUE(writer->append(draft(citizens, expected.back())));
    }
    ASSERT_TRUE(observer.wait_for_entries(1001));
    EXPECT_EQ(observer.bodies(), expected);
    EXPECT_TRUE(observer.gapless());
    EXPECT_EQ(bodies_in(*journal, citizens), expected);
}

TEST_P(JournalContract, AcceptedRecordsPassTheRuleAgain) {
    RecordingObserver observer;
    const auto writer = writer_for(observer);
    for (std::size_t i = 0; i < 50; ++i) {
        ASSERT_TRUE(writer->append(draft(citizens, numbered("record", i))));
    }
    ASSERT_TRUE(observer.wait_for_entries(51));
    journal::AcceptRule rule(citizens, founding.hash, ca);
    for (const auto& entry : all_of(*journal, citizens)) {
        const auto verdict = rule.offer(entry->record.leaf);
        ASSERT_TRUE(verdict) << to_string(verdict.error());
        EXPECT_EQ(entry->leaf_hash, *verdict);
        EXPECT_EQ(entry->sequence.value() + 1, rule.head().next.value());
        EXPECT_EQ(entry->partition, citizens);
    }
    EXPECT_EQ(*journal->head(citizens), rule.head());
}

TEST_P(JournalContract, OnlyThePlacementOfADraftIsChanged) {
    RecordingObserver observer;
    const auto writer = writer_for(observer);
    record::Record odd = draft(citizens, "boxes that contradict their digests are kept as well");
    odd.link_box = Bytes("\0\xff other bytes", 14);
    odd.personal_box.clear();
    ASSERT_TRUE(writer->append(odd));
    const auto entry = observer.wait_for_body(body_of(odd));
    ASSERT_TRUE(entry);
    record::Record expected = odd;
    const auto prelude = record::decode_prelude(entry->record.leaf);
    EXPECT_EQ(prelude->sequence, entry->sequence);
    EXPECT_EQ(prelude->term, writer->term());
    record::place(expected.leaf,
                  {prelude->sequence, prelude->term, prelude->writer, prelude->previous});
    EXPECT_EQ(entry->record, expected);
    EXPECT_EQ((*journal::read_one(*journal, citizens, entry->sequence))->record, expected);
}

TEST_P(JournalContract, TypesThatNobodyKnowsAreAccepted) {
    RecordingObserver observer;
    const auto writer = writer_for(observer);
    ASSERT_TRUE(writer->append(draft(citizens, "from the future", record::TypeNumber(0xfffffff0))));
    EXPECT_TRUE(observer.wait_for_body("from the future"));
}

TEST_P(JournalContract, LargestRecordPassesAndALargerOneIsRefused) {
    RecordingObserver observer;
    const auto writer = writer_for(observer);
    record::Record largest = draft(citizens, "");
    largest.leaf.resize(limits::leaf_bytes, 'l');
    largest.link_box.clear();
    largest.personal_box.assign(limits::boxes_bytes, 'p');

    record::Record leaf_beyond = largest;
    leaf_beyond.leaf.push_back('l');
    EXPECT_EQ(writer->append(leaf_beyond).error(), record::too_large);
    record::Record boxes_beyond = largest;
    boxes_beyond.link_box.push_back('k');
    EXPECT_EQ(writer->append(boxes_beyond).error(), record::too_large);

    ASSERT_TRUE(writer->append(largest));
    ASSERT_TRUE(observer.wait_for_entries(2));
    EXPECT_EQ(observer.entries().back()->record.personal_box, largest.personal_box);
}

TEST_P(JournalContract, DraftsThatTheRuleWouldSkipAreNotTaken) {
    RecordingObserver observer;
    const auto writer = writer_for(observer);
    record::Record no_prelude = draft(citizens, "x");
    no_prelude.leaf.resize(100);
    record::Record broken_tail = draft(citizens, "x", journal::nodes_withdrawn);
    for (const auto& bad : {no_prelude, broken_tail, draft(PartitionId(1), "x"),
                            draft(citizens, "x", journal::term_opened),
                            draft(citizens, "x", journal::partition_opened)}) {
        const auto taken = writer->append(bad);
        ASSERT_FALSE(taken);
        EXPECT_EQ(taken.error().reason.name, "journal.bad_draft");
    }
    ASSERT_TRUE(writer->append(draft(citizens, "good")));
    EXPECT_TRUE(observer.wait_for_body("good"));
    EXPECT_EQ(bodies_in(*journal, citizens), std::vector<std::string>{"good"});
}

TEST_P(JournalContract, FullQueueIsBusyAndNothingTakenIsLost) {
    restart({.queue_records = 16});
    RecordingObserver observer;
    const auto writer = writer_for(observer);
    observer.hold("first");
    ASSERT_TRUE(writer->append(draft(citizens, "first")));
    ASSERT_TRUE(observer.wait_until_held());  // the journal's thread stands still

    std::vector<std::string> taken{"first"};
    Result<void> answer;
    for (std::size_t i = 0; i < 2000; ++i) {
        answer = writer->append(draft(citizens, numbered("record", i)));
        if (!answer) {
            break;
        }
        taken.push_back(numbered("record", i));
    }
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error(), journal::busy);
    EXPECT_EQ(answer.error().kind(), Kind::busy);
    EXPECT_LE(journal->probe().queued, 16U);

    observer.release();
    ASSERT_TRUE(observer.wait_for_entries(1 + taken.size()));
    EXPECT_EQ(observer.bodies(), taken);
    ASSERT_TRUE(observer.wait_until([&](auto&) { return journal->probe().queued == 0; }));
    EXPECT_TRUE(writer->append(draft(citizens, "afterwards")));
    EXPECT_TRUE(observer.wait_for_body("afterwards"));
}

TEST_P(JournalContract, EveryThreadKeepsItsOrder) {
    constexpr std::size_t threads = 8;
    constexpr std::size_t each = 200;
    RecordingObserver observer;
    const auto writer = writer_for(observer);
    std::vector<std::thread> running;
    for (std::size_t t = 0; t < threads; ++t) {
        running.emplace_back([&, t] {
            for (std::size_t i = 0; i < each; ++i) {
                while (
                    !writer->append(draft(citizens, std::to_string(t) + '/' + std::to_string(i)))) {
                    std::this_thread::yield();
                }
            }
        });
    }
    for (auto& thread : running) {
        thread.join();
    }
    ASSERT_TRUE(observer.wait_for_entries(1 + threads * each));
    std::vector<std::size_t> next(threads, 0);
    for (const std::string& body : observer.bodies()) {
        const auto slash = body.find('/');
        const auto thread = static_cast<std::size_t>(std::stoul(body.substr(0, slash)));
        EXPECT_EQ(std::stoul(body.substr(slash + 1)), next[thread]++);
    }
    EXPECT_EQ(next, std::vector<std::size_t>(threads, each));
    EXPECT_TRUE(observer.gapless());
}

TEST_P(JournalContract, PartitionsAreIndependent) {
    RecordingObserver control_observer;
    RecordingObserver citizens_observer;
    const auto control = writer_for(control_observer, control_partition);
    const auto citizen = writer_for(citizens_observer, citizens);
    for (std::size_t i = 0; i < 100; ++i) {
        ASSERT_TRUE(control->append(draft(control_partition, numbered("control", i))));
        ASSERT_TRUE(citizen->append(draft(citizens, numbered("citizen", i))));
    }
    ASSERT_TRUE(control_observer.wait_for_entries(101));
    ASSERT_TRUE(citizens_observer.wait_for_entries(101));
    for (const auto& entry : control_observer.entries()) {
        EXPECT_EQ(entry->partition, control_partition);
    }
    EXPECT_EQ(citizens_observer.bodies().back(), "citizen 99");
    EXPECT_EQ(journal->head(PartitionId(1))->next, Sequence(1));
}

TEST_P(JournalContract, ProbeCountsWhatWasWritten) {
    RecordingObserver observer;
    const auto writer = writer_for(observer);
    const auto before = journal->probe();
    for (std::size_t i = 0; i < 10; ++i) {
        ASSERT_TRUE(writer->append(draft(citizens, numbered("record", i))));
    }
    ASSERT_TRUE(observer.wait_for_body("record 9"));
    const auto after = journal->probe();
    EXPECT_EQ(after.records - before.records, 10U);
    EXPECT_EQ(after.puts - before.puts, 10U);  // the row budget of design 6: one a record
    EXPECT_GE(after.batches - before.batches, 1U);
    EXPECT_LE(after.batches - before.batches, 10U);
    EXPECT_GT(after.bytes, before.bytes);
    EXPECT_TRUE(after.ready);
}

TEST_P(JournalContract, ForeignRecordsAreSkippedAndCounted) {
    if (!world->shared()) {
        GTEST_SKIP() << "nobody else can write into this back end's store";
    }
    RecordingObserver observer;
    const auto writer = writer_for(observer);
    ASSERT_TRUE(writer->append(draft(citizens, "before")));
    ASSERT_TRUE(observer.wait_for_body("before"));

    world->put_foreign(citizens, "garbage");
    world->put_foreign(citizens, encode(draft(citizens, "a well-formed stranger")));
    auto forged =
        placed(draft(citizens, "right place, wrong writer"), behind(*journal->head(citizens)));
    forged.leaf[30] = static_cast<char>(forged.leaf[30] ^ 1);
    world->put_foreign(citizens, encode(forged));

    ASSERT_TRUE(writer->append(draft(citizens, "after")));
    ASSERT_TRUE(observer.wait_for_body("after"));
    EXPECT_EQ(observer.bodies(), (std::vector<std::string>{"before", "after"}));
    EXPECT_EQ(bodies_in(*journal, citizens), observer.bodies());
    EXPECT_EQ(journal->probe().skipped, 3U);
}

}  // namespace chopmark::test
