// The memory journal when it is stepped and its store is unkind: every kind of failed write, power
// cuts, and nodes that fight over a partition. One seed gives one run.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "events/journal/memory.h"
#include "tests/support/journal_drafts.h"
#include "tests/support/journal_observer.h"
#include "tests/support/simulated.h"
#include "tests/support/test_node.h"

namespace chopmark::journal {
namespace {

using chopmark::test::body_of;
using chopmark::test::draft;
using chopmark::test::founding_of;
using chopmark::test::RecordingObserver;
using chopmark::test::SeededEntropy;
using chopmark::test::TestNode;
using chopmark::test::TestNodeCa;

constexpr PartitionId partition{1};

class StillClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override { return Instant::from_seconds(1'800'000'000); }
};

class SteppedJournal : public ::testing::Test {
  protected:
    std::unique_ptr<MemoryJournal> open(const TestNode& node, FaultPlan faults = {}) {
        MemoryJournal::Options options;
        options.own_thread = false;
        options.faults = std::move(faults);
        auto opened = MemoryJournal::open(log, founding, {ca, node, clock, entropy}, options);
        EXPECT_TRUE(opened);
        return opened ? std::move(*opened) : nullptr;
    }
    /// One fault for the next batch, then none.
    FaultPlan once() {
        return [this](PartitionId, std::size_t) { return std::exchange(next_fault, Fault()); };
    }
    static void settle(MemoryJournal& journal) {
        while (journal.step()) {
        }
    }
    std::vector<std::string> bodies(const MemoryJournal& journal) const {
        std::vector<std::string> out;
        const auto entries = journal.read(partition, Sequence(0), {.records = 100'000}).value();
        for (const auto& entry : entries) {
            const auto type = record::decode_prelude(entry->record.leaf)->type;
            out.push_back(type == term_opened        ? "TERM"
                          : type == partition_opened ? "OPENED"
                                                     : body_of(entry->record));
        }
        return out;
    }

    const Founding founding = founding_of("genesis", 1);
    const TestNodeCa ca{"ca"};
    const TestNode first = ca.issue("first");
    const TestNode second = ca.issue("second");
    const StillClock clock{};
    SeededEntropy entropy{1};
    Fault next_fault;
    std::shared_ptr<MemoryLog> log = std::make_shared<MemoryLog>(std::uint16_t{1});
};

using Bodies = std::vector<std::string>;

TEST_F(SteppedJournal, NothingHappensButInSteps) {
    const auto journal = open(first);
    RecordingObserver observer;
    const auto writer = journal->open_term(partition, observer).value();
    ASSERT_TRUE(writer->append(draft(partition, "a")));
    EXPECT_EQ(observer.bodies(), Bodies{});
    EXPECT_TRUE(journal->step());  // sent
    EXPECT_TRUE(journal->step());  // read back
    EXPECT_EQ(observer.bodies(), Bodies{"a"});
    EXPECT_FALSE(journal->step());
}

TEST_F(SteppedJournal, WhatArrivesDuringAWriteGoesOutTogether) {
    const auto journal = open(first, once());
    RecordingObserver observer;
    const auto writer = journal->open_term(partition, observer).value();
    next_fault = {Fault::What::delayed, 5};
    ASSERT_TRUE(writer->append(draft(partition, "a")));
    journal->step();
    const auto sent = journal->probe().batches;
    for (const char* body : {"b", "c", "d"}) {
        ASSERT_TRUE(writer->append(draft(partition, body)));
        journal->step();
    }
    EXPECT_EQ(journal->probe().batches, sent);  // one write is in flight
    settle(*journal);
    EXPECT_EQ(journal->probe().batches, sent + 1);
    EXPECT_EQ(observer.bodies(), (Bodies{"a", "b", "c", "d"}));
}

TEST_F(SteppedJournal, BatchesKeepTheirLimits) {
    MemoryJournal::Options options;
    options.own_thread = false;
    options.batch_records = 3;
    const auto journal =
        MemoryJournal::open(log, founding, {ca, first, clock, entropy}, options).value();
    RecordingObserver observer;
    const auto writer = journal->open_term(partition, observer).value();
    const auto before = journal->probe().batches;
    for (int i = 0; i < 7; ++i) {
        ASSERT_TRUE(writer->append(draft(partition, std::to_string(i))));
    }
    settle(*journal);
    EXPECT_EQ(journal->probe().batches - before, 3U);
    EXPECT_EQ(observer.bodies().size(), 7U);
}

TEST_F(SteppedJournal, FailedWriteEndsTheTermAndLeavesNothing) {
    const auto journal = open(first, once());
    RecordingObserver observer;
    auto writer = journal->open_term(partition, observer).value();
    next_fault.what = Fault::What::failed;
    ASSERT_TRUE(writer->append(draft(partition, "lost")));
    settle(*journal);
    EXPECT_EQ(observer.ended().size(), 1U);
    EXPECT_EQ(writer->append(draft(partition, "late")).error(), term_ended);
    const auto next = journal->open_term(partition, observer).value();
    EXPECT_EQ(bodies(*journal), (Bodies{"OPENED", "TERM", "TERM"}));
    EXPECT_TRUE(observer.gapless());
}

TEST_F(SteppedJournal, WriteThatOnlySeemedToFailIsAcceptedBeforeTheNextTerm) {
    const auto journal = open(first, once());
    RecordingObserver observer;
    auto writer = journal->open_term(partition, observer).value();
    next_fault.what = Fault::What::failed_but_persisted;
    ASSERT_TRUE(writer->append(draft(partition, "there after all")));
    journal->step();
    EXPECT_EQ(observer.ended().size(), 1U);
    const auto next = journal->open_term(partition, observer).value();
    EXPECT_EQ(bodies(*journal), (Bodies{"OPENED", "TERM", "there after all", "TERM"}));
    EXPECT_EQ(observer.bodies(), Bodies{"there after all"});  // told between the two terms
    EXPECT_TRUE(observer.gapless());
}

TEST_F(SteppedJournal, LateWriteOfADeadTermIsNeverAccepted) {
    const auto journal = open(first, once());
    RecordingObserver observer;
    auto writer = journal->open_term(partition, observer).value();
    next_fault = {Fault::What::failed_but_late, 50};
    ASSERT_TRUE(writer->append(draft(partition, "zombie")));
    journal->step();
    const auto next = journal->open_term(partition, observer).value();
    settle(*journal);
    ASSERT_TRUE(next->append(draft(partition, "alive")));
    settle(*journal);
    EXPECT_EQ(bodies(*journal), (Bodies{"OPENED", "TERM", "TERM", "alive"}));
    EXPECT_EQ(journal->probe().skipped, 1U);
}

TEST_F(SteppedJournal, TermThatFailedButLandedServesNobody) {
    const auto journal = open(first, once());
    RecordingObserver observer;
    next_fault.what = Fault::What::failed_but_persisted;
    const auto failed = journal->open_term(partition, observer);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error(), not_ready);
    settle(*journal);
    EXPECT_EQ(journal->head(partition)->term, Term(1));
    EXPECT_TRUE(observer.entries().empty());
    EXPECT_EQ(journal->open_term(partition, observer).value()->term(), Term(2));
}

TEST_F(SteppedJournal, LoserOfADuelIsTold) {
    const auto rival = open(second);
    RecordingObserver observer;
    RecordingObserver rivals;
    // The rival's TermOpened overtakes ours on the way.
    MemoryJournal* const racing = rival.get();
    std::unique_ptr<Writer> won;
    const auto slow = open(first, [&](PartitionId, std::size_t) {
        if (!won) {
            won = racing->open_term(partition, rivals).value();
        }
        return Fault();
    });
    const auto lost = slow->open_term(partition, observer);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error(), term_ended);
    EXPECT_TRUE(observer.entries().empty());
    ASSERT_TRUE(won->append(draft(partition, "by the winner")));
    settle(*rival);
    settle(*slow);
    EXPECT_EQ(bodies(*slow), (Bodies{"OPENED", "TERM", "by the winner"}));
}

TEST_F(SteppedJournal, PowerCutMayTearABatchButNotTheChain) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        log = std::make_shared<MemoryLog>(std::uint16_t{1});
        SeededEntropy fate(seed);
        RecordingObserver observer;
        Bodies acknowledged;
        {
            const auto journal = open(first, once());
            const auto writer = journal->open_term(partition, observer).value();
            ASSERT_TRUE(writer->append(draft(partition, "acknowledged")));
            settle(*journal);
            acknowledged = observer.bodies();
            next_fault = {Fault::What::delayed, 1000};
            for (int i = 0; i < 10; ++i) {
                ASSERT_TRUE(writer->append(draft(partition, std::to_string(i))));
            }
            journal->step();
        }
        log->crash(fate);
        const auto journal = open(first);
        RecordingObserver after;
        const auto writer = journal->open_term(partition, after).value();
        ASSERT_TRUE(writer->append(draft(partition, "after")));
        settle(*journal);
        const auto found = bodies(*journal);
        ASSERT_EQ(found.front(), "OPENED");
        ASSERT_EQ(found[2], "acknowledged");
        ASSERT_EQ(found.back(), "after");
        // Of the torn batch only an unbroken beginning counts.
        for (std::size_t i = 3; i + 2 < found.size(); ++i) {
            ASSERT_EQ(found[i], std::to_string(i - 3)) << "seed " << seed;
        }
    }
}

// ---- two nodes, one partition, faults by a seed
// ----------------------------------------------------

struct Fighter {
    std::string name;
    std::unique_ptr<MemoryJournal> journal;
    std::unique_ptr<RecordingObserver> observer;
    std::unique_ptr<Writer> writer;
    std::size_t sent = 0;
};

class Fight : public SteppedJournal {
  protected:
    FaultPlan unkind(std::mt19937_64& dice) {
        return [&dice](PartitionId, std::size_t) {
            const auto throw_of = dice() % 20;
            const auto ticks = static_cast<std::uint32_t>(1 + dice() % 30);
            switch (throw_of) {
                case 0:
                    return Fault{Fault::What::failed, 0};
                case 1:
                    return Fault{Fault::What::failed_but_persisted, 0};
                case 2:
                    return Fault{Fault::What::failed_but_late, ticks};
                case 3:
                case 4:
                    return Fault{Fault::What::delayed, ticks};
                default:
                    return Fault();
            }
        };
    }
    void act(Fighter& fighter, std::mt19937_64& dice) {
        const auto choice = dice() % 100;
        if (choice < 3 || (!fighter.writer && choice < 30)) {
            auto opened = fighter.journal->open_term(partition, *fighter.observer);
            // The old writer goes after its successor came: the observer is carried over.
            fighter.writer = opened ? std::move(*opened) : nullptr;
            if (!fighter.writer) {
                fighter.observer = std::make_unique<RecordingObserver>();
            }
        } else if (choice < 60 && fighter.writer) {
            const std::string body = fighter.name + std::to_string(fighter.sent);
            if (fighter.writer->append(draft(partition, body))) {
                ++fighter.sent;
            }
        } else if (choice < 62) {
            log->submit(partition, {Bytes("garbage")});
        } else {
            fighter.journal->step();
        }
    }
    /// What a node was told is a stretch of what every node reads.
    void expect_told_is_read(const Fighter& fighter) const {
        ASSERT_TRUE(fighter.observer->gapless());
        const auto told = fighter.observer->entries();
        if (told.empty()) {
            return;
        }
        const auto read = fighter.journal->read(partition, told.front()->sequence,
                                                {.records = told.size(), .bytes = 1 << 30});
        ASSERT_EQ(read->size(), told.size());
        for (std::size_t i = 0; i < told.size(); ++i) {
            ASSERT_EQ((*read)[i]->leaf_hash, told[i]->leaf_hash);
        }
    }
    /// One fight; what both nodes agree on at its end.
    Bodies fight(std::uint64_t seed) {
        log = std::make_shared<MemoryLog>(std::uint16_t{1});
        entropy = SeededEntropy(seed);
        std::mt19937_64 dice(seed);
        std::vector<Fighter> fighters(2);
        fighters[0] = {"a", open(first, unkind(dice)), std::make_unique<RecordingObserver>(), {}};
        fighters[1] = {"b", open(second, unkind(dice)), std::make_unique<RecordingObserver>(), {}};
        for (int i = 0; i < 600; ++i) {
            act(fighters[dice() % 2], dice);
        }
        for (int round = 0; round < 2; ++round) {
            settle(*fighters[0].journal);
            settle(*fighters[1].journal);
        }
        const Bodies agreed = bodies(*fighters[0].journal);
        EXPECT_EQ(agreed, bodies(*fighters[1].journal));
        EXPECT_EQ(*fighters[0].journal->head(partition), *fighters[1].journal->head(partition));
        std::map<std::string, int> times;
        for (const std::string& body : agreed) {
            times[body] += body == "TERM" ? 0 : 1;
        }
        for (const auto& [body, count] : times) {
            EXPECT_LE(count, 1) << body;
        }
        expect_told_is_read(fighters[0]);
        expect_told_is_read(fighters[1]);
        return agreed;
    }
};

TEST_F(Fight, NodesAgreeAndNothingIsDoubled) {
    std::size_t records = 0;
    std::size_t terms = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        for (const std::string& body : fight(seed)) {
            (body == "TERM" ? terms : records) += 1;
        }
        if (HasFatalFailure()) {
            return;
        }
    }
    EXPECT_GT(records, 1000U);  // the fights were about something
    EXPECT_GT(terms, 500U);
}

TEST_F(Fight, OneSeedIsOneRun) {
    const Bodies once_run = fight(42);
    EXPECT_EQ(fight(42), once_run);
    EXPECT_NE(fight(43), once_run);
}

}  // namespace
}  // namespace chopmark::journal
