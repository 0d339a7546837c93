// The Kafka journal: several nodes on one topic, partition N of it being partition N of the log.
// A node reads all partitions with one consumer, takes every record through the accept rule, keeps
// the accepted ones in its mirror and only then tells of them; heads and records are answered from
// there. A writer is a thread with an idempotent producer of its own, and lives exactly as long as
// its term: any error, and any batch that is not confirmed in time, ends both, with the outcome
// unknown until a later TermOpened is read (design 3, A1). One batch of a partition is in flight.
//
// A topic that ends before the mirror has lost records that were told of: they are appended again,
// byte for byte, by the next open_term() on that partition, before its TermOpened; until then
// nothing of the partition is written, and short_by() says how much is missing. What another node's
// mirror has beyond that is fetched from there and appended as well (missing_tail.h); while it is
// known and cannot be had, no term opens. A topic that contradicts the mirror cannot be healed: the
// partition stays down (journal.damaged). troubles() says where and why.
//
// While a partition's leader cannot be reached, appends and new terms there are refused as
// journal.not_ready and reading goes on. Writers and observers must go before the journal.
//
// Either it has threads of its own, or (Options::own_threads = false) nothing happens except inside
// step() and open_term(), from one thread, and over a cluster that repeats itself so does the run.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <thread>

#include "events/core/limits.h"
#include "events/journal/audience.h"
#include "events/journal/followers.h"
#include "events/journal/kafka_topic.h"
#include "events/journal/mirror.h"
#include "events/journal/missing_tail.h"
#include "events/journal/skipped.h"
#include "events/journal/surroundings.h"

namespace chopmark::journal {

inline constexpr Reason topic_lost{"kafka.topic_lost", Kind::damaged};

/// What only this back end counts; all since start.
struct KafkaProbe {
    std::uint64_t producer_errors = 0;
    std::uint64_t reader_errors = 0;
    std::uint64_t relocations = 0;  // the topic had lost its end while we read it
    std::uint64_t mirror_failures = 0;
    std::array<std::uint64_t, 9> skipped{};  // by Skipped
    std::uint64_t lag_records = 0;           // not yet read, all partitions together
    std::uint64_t short_records = 0;         // in the mirror, and lost by the topic
    std::uint64_t regained_records = 0;      // had from other nodes' mirrors
    std::uint64_t silent_peers = 0;          // nodes that said nothing when a term was opened
};

/// A partition on which no term opens until somebody has looked at it.
struct PartitionTrouble {
    PartitionId partition;
    Error error;  // journal.damaged, journal.foreign_log, or one of peer_tails.h
};

class KafkaJournal final : public Journal, public SkippedSource, public TailSource {
  public:
    struct Options {
        /// "bootstrap.servers" and what reaches the cluster; reading and writing settings that the
        /// journal depends on cannot be changed by it.
        kafka::Settings client;
        kafka::TopicRules topic;  // its partitions are the founding's
        Mirror::Options mirror;
        /// Drafts waiting, records; beyond it append answers journal.busy.
        std::size_t queue_records = limits::append_queue_records;
        /// A batch ends at whichever comes first, records or bytes.
        std::size_t batch_records = limits::batch_records;
        std::size_t batch_bytes = limits::batch_bytes;
        /// Newest records kept in memory, bytes a partition.
        std::size_t recent_bytes = limits::recent_bytes;
        /// Fetched and not yet judged, bytes of all partitions together: the reader stands still
        /// for a second when a partition's share is used up.
        std::size_t fetched_bytes = 256 << 20;
        /// For each question to the cluster while opening.
        Duration answer_wait = std::chrono::seconds(10);
        /// A batch that is not confirmed by then ends its term with an unknown outcome.
        Duration batch_deadline = std::chrono::seconds(10);
        /// For open_term() as a whole, catching up and restoring included.
        Duration term_deadline = std::chrono::seconds(60);
        /// The mirror is synced this often, if it grew; what a power cut may take from it.
        Duration sync_every = std::chrono::milliseconds(100);
        /// Count a record as read when its delivery report names the very next offset.
        bool accept_on_delivery = false;
        /// Allow a topic that is empty while the mirror is not: it is filled again from here.
        bool restore_from_mirror = false;
        /// The other nodes' mirrors, asked for at each open_term(); empty or null: none.
        std::function<PeerTails*()> peers;
        kafka::Log log;
        /// Another one than librdkafka's: a model, in simulations.
        std::shared_ptr<kafka::Cluster> cluster = kafka::librdkafka_cluster();
        /// False: driven by step().
        bool own_threads = true;
    };

    /// kafka.topic_missing, kafka.topic_unsafe, kafka.topic_lost; journal.foreign_log for another
    /// genesis; journal.locked when another process has the mirror; journal.not_ready when the
    /// cluster cannot be reached. An empty topic is founded. Returns before a long topic is read:
    /// see caught_up().
    static Result<std::unique_ptr<KafkaJournal>> open(const Options& options,
                                                      const Founding& founding,
                                                      const Surroundings& surroundings);
    ~KafkaJournal() override;

    /// Without own threads: reads what is there, sends at most one batch a partition, looks after
    /// what is not ready; false when there was nothing to read or to send.
    bool step();

    [[nodiscard]] std::uint16_t partitions() const override { return founding_.partitions; }
    [[nodiscard]] Digest genesis_hash() const override { return founding_.hash; }
    Result<std::unique_ptr<Writer>> open_term(PartitionId partition, Observer& observer) override;
    [[nodiscard]] Result<Head> head(PartitionId partition) const override;
    [[nodiscard]] Result<std::vector<EntryPtr>> read(PartitionId partition, Sequence from,
                                                     const ReadBudget& budget) const override;
    [[nodiscard]] std::unique_ptr<Subscription> follow(
        PartitionId partition, Sequence from, std::function<void(Sequence next)> grown) override;
    [[nodiscard]] JournalProbe probe() const override;

    /// Whether everything that the cluster is known to have was read and nothing is missing there.
    [[nodiscard]] bool caught_up() const;
    [[nodiscard]] bool caught_up(PartitionId partition) const;
    /// Whether everything that the cluster is known to have was read, and nothing contradicts the
    /// mirror. What the topic lost may be missing there still: whoever waits for that to come back
    /// before opening a term waits for ever, for it is a term that brings it back.
    [[nodiscard]] bool read_all() const;
    /// Records that the mirror has and the topic lost; 0 while the topic is still being read.
    [[nodiscard]] std::uint64_t short_by(PartitionId partition) const;
    /// Records below are on this node's disk: what a signer may sign.
    [[nodiscard]] Sequence synced(PartitionId partition) const;
    /// Makes all durable that was told of before the call.
    Result<void> sync();
    /// Everything that was told of before the call into `folder`, which must not exist.
    Result<void> checkpoint(const std::string& folder) const { return mirror_->checkpoint(folder); }
    /// Why a partition is not ready; empty when it is.
    [[nodiscard]] std::string failure(PartitionId partition) const;
    [[nodiscard]] std::vector<PartitionTrouble> troubles() const;
    [[nodiscard]] KafkaProbe kafka_probe() const;
    /// The count is that of the topic, up to where it was read; the newest are those of this life.
    [[nodiscard]] SkippedRecords skipped(PartitionId partition) const override;
    /// journal.beyond_end for another journal's partition, journal.not_ready.
    [[nodiscard]] Result<TailPage> tail(PartitionId partition, Sequence from,
                                        std::size_t at_most) override;
    /// Asks the cluster where the partition ends, reads to there, and says how many records were
    /// accepted by then. journal.not_ready after `wait`.
    [[nodiscard]] Result<Sequence> read_to_end(PartitionId partition, Duration wait);

  private:
    class KafkaWriter;
    struct Lane;
    struct Opening;
    struct Step;

    KafkaJournal(const Options& options, const Founding& founding,
                 const Surroundings& surroundings);

    // kafka_opening.cc
    Result<void> start();
    Result<void> place_lanes();
    [[nodiscard]] Result<bool> agree(const Mirror::Place& place, std::int64_t high) const;
    [[nodiscard]] Result<Mirror::Place> locate(PartitionId partition, std::int64_t high) const;
    Result<void> stand_at(Lane& lane, const Mirror::Place& place);
    Result<void> connect_reader();
    Result<std::vector<PartitionId>> wait_for_openings();
    Result<void> found(const std::vector<PartitionId>& empty);
    [[nodiscard]] kafka::Settings reader_settings() const;
    [[nodiscard]] kafka::Settings writer_settings() const;

    // kafka_reader.cc
    void run_reader();
    bool read_some(Duration wait);
    template <class Done>
    bool await(Lane& lane, std::unique_lock<std::mutex>& lock, kafka::Deadline until,
               const Done& done);
    void absorb(Lane& lane, std::span<const kafka::Message> messages, bool delivered);
    void judge(Lane& lane, const kafka::Message& message, std::vector<Step>& steps);
    void compare(Lane& lane, const Entry& entry);
    void skip(Lane& lane, SkippedRecord skipped, const record::Prelude* prelude, Skipped why);
    void keep(const std::vector<Step>& steps);
    void publish(Lane& lane, const Step& step);
    void take_term(Lane& lane, const Step& step);
    void settle_opening(Lane& lane, const WriterId& writer, Result<record::Placement> outcome);
    void settle_doubts();
    Result<bool> settle_doubt(Lane& lane);
    void reconnect_reader();

    // kafka_terms.cc
    [[nodiscard]] kafka::Deadline soon(kafka::Deadline until) const;
    Result<void> catch_up(Lane& lane, kafka::Deadline until);
    Result<void> await_reading(Lane& lane, std::int64_t high, kafka::Deadline until);
    Result<void> check_history(Lane& lane);
    Result<TermLifePtr> announce(Lane& lane, Observer& observer, Bytes& stored, Bytes& key);
    Result<record::Placement> await_opening(Lane& lane, const TermLifePtr& life,
                                            kafka::Deadline until);
    void end_life(Lane& lane, const TermLifePtr& life, const Error& error);
    void end_all(Lane& lane, const Error& error);
    void fail(Lane& lane, const Error& error, bool lasting);
    Result<void> enqueue(Lane& lane, const TermLifePtr& life, record::Record draft);
    std::vector<QueuedDraft> next_batch(Lane& lane, const TermLifePtr& life, Sequence sent,
                                        kafka::Producer& producer);
    void close(Lane& lane, const TermLifePtr& life);
    void run_caretaker();
    void look_after();
    void heal();

    // kafka_tails.cc
    Result<void> regain(Lane& lane, kafka::Producer& producer, kafka::Deadline until);
    Result<std::optional<LongerTail>> ask_peers(Lane& lane, PeerTails& peers);
    Result<void> remember(Lane& lane, const TailSurvey& survey);
    Result<void> restore(Lane& lane, kafka::Producer& producer, kafka::Deadline until);
    Result<void> fetch(Lane& lane, PeerTails& peers, const LongerTail& longer,
                       kafka::Producer& producer, kafka::Deadline until);
    Result<void> append_again(Lane& lane, const std::vector<record::Record>& records,
                              Sequence behind, kafka::Producer& producer, kafka::Deadline until);
    void note_missing(Lane& lane, const Result<void>& outcome);
    void say(int level, PartitionId partition, const std::string& text) const;

    [[nodiscard]] kafka::Deadline within(Duration time) const;
    [[nodiscard]] bool passed(kafka::Deadline deadline) const;
    [[nodiscard]] bool known(PartitionId partition) const;
    [[nodiscard]] std::shared_ptr<kafka::Consumer> consumer() const;

    const Options options_;
    const Founding founding_;
    const Surroundings surroundings_;
    std::unique_ptr<Mirror> mirror_;
    std::vector<std::unique_ptr<Lane>> lanes_;  // by partition

    std::vector<std::vector<kafka::Message>> fetched_;  // by partition; the reader's
    mutable std::mutex consumer_mutex_;
    std::shared_ptr<kafka::Consumer> consumer_;  // replaced by the reader alone

    std::atomic<std::size_t> queued_{0};
    mutable std::mutex probe_mutex_;
    JournalProbe probe_;
    KafkaProbe kafka_probe_;

    bool reconnect_ = false;                // of the reader alone: its consumer is to be replaced
    std::size_t heal_first_ = 0;            // of the caretaker alone
    kafka::Deadline looked_after_until_{};  // without own threads
    std::atomic<bool> mirror_failing_{false};
    std::atomic<bool> stop_{false};
    std::mutex stop_mutex_;
    std::condition_variable stopping_;
    std::thread reader_;
    std::thread caretaker_;
};

}  // namespace chopmark::journal
