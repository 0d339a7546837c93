// What must hold while the broker dies, stands still, or loses what it confirmed: every record that
// was told of is there exactly once, and the mirrors of all nodes are equal byte for byte.
#include <gtest/gtest.h>

#include <thread>

#include "tests/kafka/kafka_node.h"

namespace chopmark::test {
namespace {

using namespace std::chrono_literals;
constexpr PartitionId citizens{1};
constexpr Duration patience = 120s;

class KafkaFaults : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!KafkaBroker::here().own()) {
            GTEST_SKIP() << "CHOPMARK_KAFKA names a broker that is not ours to hurt";
        }
    }

    std::unique_ptr<journal::KafkaJournal> node(const TestNode& identity) {
        auto opened = log.open(identity);
        EXPECT_TRUE(opened) << to_string(opened.error());
        return std::move(opened).value();  // throws, which ends the test
    }
    /// Each of `count` numbers once, and nothing else; both mirrors the same.
    static void expect_each_once(const journal::Journal& a, const journal::Journal& b,
                                 std::size_t count) {
        ASSERT_TRUE(eventually([&] { return a.head(citizens)->next == b.head(citizens)->next; }));
        const auto bodies = JournalHome::bodies_in(a, citizens);
        EXPECT_EQ(bodies.size(), count);
        EXPECT_EQ(std::set<std::string>(bodies.begin(), bodies.end()).size(), count);
        EXPECT_EQ(stored_in(a, citizens), stored_in(b, citizens));
        EXPECT_EQ(*a.head(citizens), *b.head(citizens));
    }

    KafkaBroker& broker = KafkaBroker::here();
    KafkaLog log;
};

TEST_F(KafkaFaults, KilledBrokerLosesAndRepeatsNothing) {
    const auto owner = node(log.first);
    const auto reader = node(log.second);
    SteadyOwner steady(*owner, citizens, "record");
    bool killed = false;
    std::thread killer;
    ASSERT_TRUE(steady.write(3000, patience, [&](std::size_t accepted) {
        if (accepted > 500 && !std::exchange(killed, true)) {
            killer = std::thread([this] {
                broker.kill();
                broker.restart();
            });
        }
    }));
    killer.join();
    EXPECT_TRUE(steady.gapless());
    expect_each_once(*owner, *reader, 3000);
}

TEST_F(KafkaFaults, BatchOfUnknownOutcomeIsWrittenOnceInTheEnd) {
    log.options.batch_deadline = 1s;
    const auto owner = node(log.first);
    const auto reader = node(log.second);
    SteadyOwner steady(*owner, citizens, "record");
    bool paused = false;
    std::thread pauser;
    ASSERT_TRUE(steady.write(2000, patience, [&](std::size_t accepted) {
        if (accepted > 300 && !std::exchange(paused, true)) {
            broker.pause();
            pauser = std::thread([this] {
                std::this_thread::sleep_for(3s);
                broker.resume();
            });
        }
    }));
    pauser.join();
    EXPECT_GE(steady.terms(), 2U);
    EXPECT_TRUE(steady.gapless());
    expect_each_once(*owner, *reader, 2000);
}

TEST_F(KafkaFaults, DuelOverTermsHasOneWinnerEach) {
    const auto left = node(log.first);
    const auto right = node(log.second);
    constexpr int rounds = 15;
    std::array<int, 2> won{};
    const auto fight = [&](journal::Journal& journal, int& wins) {
        RecordingObserver observer;
        std::unique_ptr<journal::Writer> writer;
        for (int i = 0; i < rounds; ++i) {
            auto opened = journal.open_term(citizens, observer);
            if (opened) {
                writer = std::move(*opened);
                ++wins;
            } else {
                EXPECT_EQ(opened.error(), journal::term_ended) << to_string(opened.error());
            }
        }
    };
    std::thread other([&] { fight(*right, won[1]); });
    fight(*left, won[0]);
    other.join();
    const auto next = Sequence(static_cast<std::uint64_t>(1 + won[0] + won[1]));
    ASSERT_TRUE(eventually([&] { return left->head(citizens)->next == next; }));
    const auto head = *left->head(citizens);
    EXPECT_EQ(head.term, Term(static_cast<std::uint64_t>(won[0] + won[1])));
    expect_each_once(*left, *right, 0);
}

TEST_F(KafkaFaults, DeposedWriterIsHeardByNobody) {
    const auto old_owner = node(log.first);
    const auto new_owner = node(log.second);
    RecordingObserver first;
    RecordingObserver second;
    const auto deposed = old_owner->open_term(citizens, first);
    ASSERT_TRUE(deposed);
    const auto stale = *old_owner->head(citizens);
    const auto writer = new_owner->open_term(citizens, second);
    ASSERT_TRUE(writer) << to_string(writer.error());
    // The request of a dead producer, late but well-formed: its place was free when it was sent.
    auto producer = journal::kafka::Producer::open(broker.client(), log.topic, {});
    ASSERT_TRUE(producer);
    const journal::kafka::Outgoing late{"key",
                                        encode(placed(draft(citizens, "too late"), behind(stale)))};
    const std::atomic<bool> never{false};
    ASSERT_TRUE((*producer)->deliver(citizens, std::span(&late, 1),
                                     journal::kafka::within(patience), never));
    ASSERT_TRUE((*writer)->append(draft(citizens, "in time")));
    ASSERT_TRUE(second.wait_for_body("in time"));
    expect_each_once(*old_owner, *new_owner, 1);
    const auto skipped = new_owner->skipped(citizens);
    EXPECT_EQ(skipped.count, 1U);
    ASSERT_EQ(skipped.newest.size(), 1U);
    EXPECT_EQ(skipped.newest.front().reason, to_string(journal::Skipped::wrong_term));
}

/// The broker as it was when `before` records were there, though `after` had been confirmed.
class LostTail : public KafkaFaults {
  protected:
    void lose_tail_of(std::unique_ptr<journal::KafkaJournal>& owner, std::size_t before,
                      std::size_t after) {
        SteadyOwner steady(*owner, citizens, "record");
        ASSERT_TRUE(steady.write(before, patience));
        broker.stop();
        broker.copy_data((copies.path() / "data").string());
        broker.restart();
        ASSERT_TRUE(steady.write(after, patience));
    }
    void turn_back_time() {
        broker.kill();
        broker.restore_data((copies.path() / "data").string());
        broker.restart();
    }
    ScratchFolder copies;
};

TEST_F(LostTail, IsRestoredByteForByteBeforeTheNextTerm) {
    auto owner = node(log.first);
    auto standby = node(log.second);
    lose_tail_of(owner, 100, 150);
    ASSERT_TRUE(
        eventually([&] { return standby->head(citizens)->next == owner->head(citizens)->next; }));
    const auto before = stored_in(*owner, citizens);
    owner.reset();
    standby.reset();
    turn_back_time();

    owner = node(log.first);
    standby = node(log.second);
    ASSERT_TRUE(eventually([&] { return owner->short_by(citizens) >= 50; }));
    EXPECT_FALSE(standby->caught_up(citizens));
    EXPECT_EQ(stored_in(*owner, citizens), before);  // what was told stays told
    RecordingObserver observer;
    const auto writer = owner->open_term(citizens, observer);
    ASSERT_TRUE(writer) << to_string(writer.error());
    EXPECT_EQ(owner->short_by(citizens), 0U);
    ASSERT_TRUE((*writer)->append(draft(citizens, "afterwards")));
    ASSERT_TRUE(observer.wait_for_body("afterwards"));
    expect_each_once(*owner, *standby, 151);
    // Who has nothing reads the same from the topic alone.
    const auto empty = node(log.third);
    expect_each_once(*owner, *empty, 151);
    auto after = stored_in(*empty, citizens);
    after.resize(before.size());
    EXPECT_EQ(after, before);
}

TEST_F(LostTail, IsNoticedByRunningNodes) {
    auto owner = node(log.first);
    auto standby = node(log.second);
    lose_tail_of(owner, 100, 150);
    turn_back_time();
    SteadyOwner steady(*owner, citizens, "later");
    ASSERT_TRUE(eventually([&] {
        RecordingObserver observer;
        return owner->open_term(citizens, observer).has_value();
    }));
    ASSERT_TRUE(steady.write(20, patience));
    expect_each_once(*owner, *standby, 170);
    const auto empty = node(log.third);
    expect_each_once(*owner, *empty, 170);
}

/// Another node of this process; what it sends can be stopped.
class NextDoor final : public journal::PeerTails {
  public:
    NextDoor(NodeId node, journal::TailSource& mirror) : node_(node), mirror_(mirror) {}
    std::vector<journal::ToldTail> ends(PartitionId partition, Sequence from,
                                        journal::Patience) override {
        return {{node_, mirror_.tail(partition, from, 0)}};
    }
    Result<journal::TailPage> page(const NodeId&, PartitionId partition, Sequence from) override {
        return pages == 0 || pages-- == 0 ? Error(journal::not_ready, "it is gone")
                                          : mirror_.tail(partition, from, page_records);
    }
    static constexpr std::size_t page_records = 20;
    std::size_t pages = 1000;

  private:
    const NodeId node_;
    journal::TailSource& mirror_;
};

/// The node that opens the next term was away when the lost records were told of, and would begin
/// another history behind them; the one that has them is there, and has no term.
class LostTailOfAnother : public LostTail {
  protected:
    void lose_tail() {
        auto early = node(log.first);
        late = node(log.second);
        SteadyOwner steady(*late, citizens, "record");
        ASSERT_TRUE(steady.write(100, patience));
        ASSERT_TRUE(
            eventually([&] { return early->head(citizens)->next == late->head(citizens)->next; }));
        early.reset();
        broker.stop();
        broker.copy_data((copies.path() / "data").string());
        broker.restart();
        ASSERT_TRUE(steady.write(150, patience));
        told = stored_in(*late, citizens);
        turn_back_time();
        next_door.emplace(log.second.node(), *late);
        log.options.peers = [this] { return &*next_door; };
    }

    std::unique_ptr<journal::KafkaJournal> late;
    std::vector<Bytes> told;
    std::optional<NextDoor> next_door;
};

TEST_F(LostTailOfAnother, IsFetchedBeforeTheNextTerm) {
    lose_tail();
    const auto owner = node(log.first);
    RecordingObserver observer;
    std::unique_ptr<journal::Writer> writer;
    ASSERT_TRUE(eventually([&] {
        auto opened = owner->open_term(citizens, observer);
        writer = opened ? std::move(*opened) : nullptr;
        return writer != nullptr;
    }));
    EXPECT_GE(owner->kafka_probe().regained_records, 50U);
    ASSERT_TRUE(writer->append(draft(citizens, "afterwards")));
    ASSERT_TRUE(observer.wait_for_body("afterwards"));
    expect_each_once(*owner, *late, 151);
    const auto empty = node(log.third);
    expect_each_once(*owner, *empty, 151);
    auto kept = stored_in(*empty, citizens);
    kept.resize(told.size());
    EXPECT_EQ(kept, told) << "what was told of is where it was, byte for byte";
    EXPECT_TRUE(owner->troubles().empty());
    EXPECT_TRUE(late->troubles().empty());
}

TEST_F(LostTailOfAnother, HoldsBackTheTermUntilAllOfItIsThere) {
    lose_tail();
    const auto owner = node(log.first);
    next_door->pages = 1;
    RecordingObserver observer;
    Result<void> refused;
    ASSERT_TRUE(eventually([&] {
        const auto opened = owner->open_term(citizens, observer);
        refused = opened ? Result<void>() : Result<void>(opened.error());
        return opened || opened.error() == journal::tail_missing;
    }));
    ASSERT_FALSE(refused) << "there was more";
    ASSERT_EQ(owner->troubles().size(), 1U);
    EXPECT_EQ(owner->troubles().front().partition, citizens);
    EXPECT_EQ(owner->troubles().front().error, journal::tail_missing);
    next_door->pages = 1000;
    ASSERT_TRUE(eventually([&] { return owner->open_term(citizens, observer).has_value(); }));
    EXPECT_TRUE(owner->troubles().empty());
    expect_each_once(*owner, *late, 150);
    auto kept = stored_in(*owner, citizens);
    kept.resize(told.size());
    EXPECT_EQ(kept, told);
}

TEST_F(LostTail, ThatAnotherHistoryReplacedIsNeverPaperedOver) {
    auto owner = node(log.first);
    lose_tail_of(owner, 100, 150);
    owner.reset();
    turn_back_time();
    const auto forgetful = node(log.third);  // has no mirror, so cannot know better
    RecordingObserver observer;
    const auto writer = forgetful->open_term(citizens, observer);
    ASSERT_TRUE(writer) << to_string(writer.error());
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE((*writer)->append(draft(citizens, "other " + std::to_string(i))));
    }
    ASSERT_TRUE(observer.wait_for_body("other 99"));

    std::mutex mutex;
    std::vector<std::string> said;
    log.options.log = [&](int level, const std::string& text) {
        const std::lock_guard lock(mutex);
        if (level <= 3 && text.find("journal.damaged") != std::string::npos) {
            said.push_back(text);
        }
    };
    owner = node(log.first);
    ASSERT_TRUE(eventually([&] {
        return owner->failure(citizens).find("journal.damaged") != std::string::npos;
    })) << owner->failure(citizens);
    EXPECT_FALSE(owner->probe().ready);
    ASSERT_EQ(owner->troubles().size(), 1U);
    EXPECT_EQ(owner->troubles().front().partition, citizens);
    EXPECT_EQ(owner->troubles().front().error, journal::damaged);
    RecordingObserver refused;
    EXPECT_EQ(owner->open_term(citizens, refused).error(), journal::damaged);
    EXPECT_EQ(JournalHome::bodies_in(*owner, citizens).size(), 150U);
    owner.reset();
    const std::lock_guard lock(mutex);
    ASSERT_EQ(said.size(), 1U) << "once";
    EXPECT_NE(said.front().find("partition 1, sequence "), std::string::npos) << said.front();
    log.options.log = nullptr;
}

}  // namespace
}  // namespace chopmark::test
