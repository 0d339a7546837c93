// Journal contract: terms, takeovers, and what remains true when the store fails. Included by
// journal_contract.h only.
#pragma once

#include "tests/contract/journal_world.h"

namespace chopmark::test {

TEST_P(JournalContract, ObserverSeesItsOwnTermFirst) {
    RecordingObserver observer;
    const auto writer = writer_for(observer);
    ASSERT_TRUE(observer.wait_for_entries(1));
    const auto entry = observer.entries().front();
    const auto prelude = record::decode_prelude(entry->record.leaf);
    EXPECT_EQ(prelude->type, journal::term_opened);
    EXPECT_EQ(prelude->term, writer->term());
    EXPECT_EQ(writer->term(), Term(1));
    EXPECT_EQ(entry->sequence, Sequence(1));
    const auto head = *journal->head(citizens);
    EXPECT_EQ(head.term, Term(1));
    EXPECT_EQ(head.writer, prelude->writer);
    EXPECT_EQ(head.endpoint, "first:1");
}

TEST_P(JournalContract, RecordedTimeNeverGoesBackInAnOpening) {
    RecordingObserver observer;
    { const auto writer = writer_for(observer); }
    clock.set(clock.now() - std::chrono::hours(1));
    const auto before = journal->head(citizens)->recorded_at;
    const auto writer = writer_for(observer);
    EXPECT_EQ(journal->head(citizens)->recorded_at, before + Duration(1));
}

TEST_P(JournalContract, ReopeningContinuesWithTheNextTerm) {
    for (std::uint64_t life = 1; life <= 3; ++life) {
        RecordingObserver observer;
        auto writer = writer_for(observer);
        EXPECT_EQ(writer->term(), Term(life));
        ASSERT_TRUE(writer->append(draft(citizens, numbered("life", life))));
        ASSERT_TRUE(observer.wait_for_body(numbered("life", life)));
        writer.reset();
        restart();
    }
    EXPECT_EQ(bodies_in(*journal, citizens),
              (std::vector<std::string>{"life 1", "life 2", "life 3"}));
}

TEST_P(JournalContract, NewTermEndsTheOlderWriter) {
    RecordingObserver older;
    RecordingObserver newer;
    const auto old_writer = writer_for(older);
    ASSERT_TRUE(old_writer->append(draft(citizens, "old")));
    ASSERT_TRUE(older.wait_for_body("old"));
    const auto new_writer = writer_for(newer);
    EXPECT_EQ(new_writer->term(), Term(2));

    const auto refused = old_writer->append(draft(citizens, "late"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), journal::term_ended);
    ASSERT_TRUE(new_writer->append(draft(citizens, "new")));
    ASSERT_TRUE(newer.wait_for_body("new"));
    EXPECT_EQ(bodies_in(*journal, citizens), (std::vector<std::string>{"old", "new"}));

    // The deposed one hears of its end and of the TermOpened by which its waiters are settled.
    ASSERT_TRUE(older.wait_for_entries(3));
    ASSERT_EQ(older.ended().size(), 1U);
    EXPECT_EQ(older.ended().front().first, Term(1));
    EXPECT_EQ(record::decode_prelude(older.entries()[2]->record.leaf)->term, Term(2));
    EXPECT_TRUE(older.gapless());
    EXPECT_TRUE(newer.ended().empty());
}

TEST_P(JournalContract, ObserverIsCarriedOverIntoItsNextTerm) {
    RecordingObserver observer;
    auto writer = writer_for(observer);
    ASSERT_TRUE(writer->append(draft(citizens, "one")));
    auto next = writer_for(observer);
    writer.reset();  // after its successor: it must not take the observer with it
    ASSERT_TRUE(next->append(draft(citizens, "two")));
    ASSERT_TRUE(observer.wait_for_body("two"));
    EXPECT_TRUE(observer.gapless());
    const auto ended = observer.ended();
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended.front().first, Term(1));
    // "one" was taken before the term ended: whether it came through is read, not guessed.
    EXPECT_EQ(bodies_in(*journal, citizens), observer.bodies());
}

TEST_P(JournalContract, DestroyedWriterLeavesItsObserverInPeace) {
    RecordingObserver gone;
    {
        const auto writer = writer_for(gone);
        ASSERT_TRUE(gone.wait_for_entries(1));
    }
    RecordingObserver stays;
    const auto writer = writer_for(stays);
    ASSERT_TRUE(writer->append(draft(citizens, "more")));
    ASSERT_TRUE(stays.wait_for_body("more"));
    EXPECT_EQ(gone.entries().size(), 1U);
    EXPECT_TRUE(gone.ended().empty());
}

TEST_P(JournalContract, WithdrawnNodeOpensNoTerm) {
    RecordingObserver observer;
    auto writer = writer_for(observer);
    ASSERT_TRUE(writer->append(
        journal::nodes_withdrawn_draft(citizens, {first.node()}, clock.now(), EventId())));
    ASSERT_TRUE(observer.wait_for_entries(2));
    EXPECT_EQ(journal->head(citizens)->withdrawn, std::set<NodeId>{first.node()});
    ASSERT_TRUE(writer->append(draft(citizens, "the running term goes on")));
    ASSERT_TRUE(observer.wait_for_body("the running term goes on"));
    writer.reset();

    const auto refused = journal->open_term(citizens, observer);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), journal::term_ended);
    restart();
    EXPECT_EQ(journal->head(citizens)->withdrawn, std::set<NodeId>{first.node()});
    EXPECT_FALSE(journal->open_term(citizens, observer));
    EXPECT_EQ(journal->head(citizens)->term, Term(1));
    journal.reset();

    auto other = open_as(second);
    ASSERT_TRUE(other);
    EXPECT_TRUE((*other)->open_term(citizens, observer));
}

TEST_P(JournalContract, NodeOfAnotherCaOpensNoTerm) {
    journal.reset();
    const TestNodeCa other("another ca");
    const auto stranger = other.issue("first");
    auto opened = open_as(stranger);
    ASSERT_TRUE(opened);
    RecordingObserver observer;
    const auto refused = (*opened)->open_term(citizens, observer);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), journal::term_ended);
    EXPECT_EQ((*opened)->head(citizens)->term, Term(0));
}

TEST_P(JournalContract, TakeoverByAnotherNodeEndsTheOwner) {
    if (!world->shared()) {
        GTEST_SKIP() << "only one process may open this back end's store";
    }
    RecordingObserver owner;
    RecordingObserver newcomer;
    const auto writer = writer_for(owner);
    ASSERT_TRUE(writer->append(draft(citizens, "by the owner")));
    ASSERT_TRUE(owner.wait_for_body("by the owner"));

    auto other = open_as(second);
    ASSERT_TRUE(other);
    auto taken = (*other)->open_term(citizens, newcomer);
    ASSERT_TRUE(taken);
    EXPECT_EQ((*taken)->term(), Term(2));
    ASSERT_TRUE((*taken)->append(draft(citizens, "by the newcomer")));
    ASSERT_TRUE(newcomer.wait_for_body("by the newcomer"));

    ASSERT_TRUE(owner.wait_for_body("by the newcomer"));
    ASSERT_EQ(owner.ended().size(), 1U);
    EXPECT_EQ(owner.ended().front().second, "journal.term_ended");
    EXPECT_EQ(writer->append(draft(citizens, "late")).error(), journal::term_ended);
    EXPECT_EQ(journal->head(citizens)->endpoint, "second:2");
    EXPECT_EQ(bodies_in(*journal, citizens),
              (std::vector<std::string>{"by the owner", "by the newcomer"}));
    EXPECT_EQ(bodies_in(**other, citizens), bodies_in(*journal, citizens));
    taken->reset();
}

TEST_P(JournalContract, BrokenStoreEndsTermsAndKeepsAnswering) {
    if (!world->breakable()) {
        GTEST_SKIP() << "this back end's store cannot be broken from here";
    }
    RecordingObserver observer;
    auto writer = writer_for(observer);
    ASSERT_TRUE(writer->append(draft(citizens, "before")));
    ASSERT_TRUE(observer.wait_for_body("before"));

    world->break_store();
    // The failure may show only when something is written.
    Result<void> answer = writer->append(draft(citizens, "during"));
    ASSERT_TRUE(observer.wait_until([](const auto& self) { return !self.ended().empty(); }));
    EXPECT_EQ(observer.ended().front().second, "journal.not_ready");
    answer = writer->append(draft(citizens, "after"));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error(), journal::not_ready);
    RecordingObserver second_try;
    const auto refused = journal->open_term(citizens, second_try);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), journal::not_ready);
    EXPECT_FALSE(journal->probe().ready);

    EXPECT_EQ(journal->head(citizens)->term, Term(1));
    EXPECT_EQ(body_of((*journal::read_one(*journal, citizens, Sequence(2)))->record), "before");

    world->mend_store();
    ASSERT_TRUE(observer.wait_until([&](auto&) { return journal->probe().ready; }));
    // The old writer stays dead, whatever the store says.
    EXPECT_EQ(writer->append(draft(citizens, "zombie")).error(), journal::term_ended);
    auto next = writer_for(observer);
    ASSERT_TRUE(next);
    ASSERT_TRUE(next->append(draft(citizens, "mended")));
    ASSERT_TRUE(observer.wait_for_body("mended"));
    EXPECT_TRUE(observer.gapless());
    const auto bodies = bodies_in(*journal, citizens);
    EXPECT_EQ(bodies, observer.bodies());  // "during" is there for both, or for none
    EXPECT_EQ(std::count(bodies.begin(), bodies.end(), "before"), 1);
    EXPECT_EQ(std::count(bodies.begin(), bodies.end(), "mended"), 1);
    EXPECT_LE(std::count(bodies.begin(), bodies.end(), "during"), 1);
    EXPECT_EQ(std::count(bodies.begin(), bodies.end(), "after"), 0);
    EXPECT_GE(journal->probe().terms_ended, 1U);
}

}  // namespace chopmark::test
