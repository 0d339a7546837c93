// The journal in memory: the real accept rule, terms and group commit over a MemoryLog. Several of
// them – nodes – may share one log and fight over its partitions. It serves tests and the
// simulation, and shows in its few lines what the other back ends must do.
//
// Either it has a thread of its own, or (Options::own_thread = false) nothing happens except inside
// step(), and the same calls give the same run. Failures are made by a FaultPlan. Nothing is
// durable. Writers and the observers they hold must go before the journal.
#pragma once

#include <condition_variable>
#include <deque>
#include <optional>
#include <thread>

#include "events/core/limits.h"
#include "events/journal/audience.h"
#include "events/journal/followers.h"
#include "events/journal/memory_log.h"
#include "events/journal/opening_records.h"
#include "events/journal/skipped.h"
#include "events/journal/surroundings.h"

namespace chopmark::journal {

/// What happens to one batch on its way into the log.
struct Fault {
    enum class What : std::uint8_t {
        none,
        failed,                // an error, and nothing is in the log
        failed_but_persisted,  // an error, and everything is in the log
        failed_but_late,       // an error now, and `ticks` later everything is in the log after all
        delayed,               // no error, only late
    };
    What what = What::none;
    std::uint32_t ticks = 0;
};
/// Asked once a batch, TermOpened included.
using FaultPlan = std::function<Fault(PartitionId partition, std::size_t records)>;

class MemoryJournal final : public Journal, public SkippedSource {
  public:
    struct Options {
        /// False: driven by step() from one thread, for runs that can be repeated.
        bool own_thread = true;
        /// Called when there is something to step for; may be empty. It must not step itself.
        std::function<void()> wake;
        /// Empty: no faults.
        FaultPlan faults;
        /// Records waiting in all partitions together; beyond it append answers journal.busy.
        std::size_t queue_records = limits::append_queue_records;
        /// A batch ends at whichever comes first.
        std::size_t batch_records = limits::batch_records;
        std::size_t batch_bytes = limits::batch_bytes;
    };

    /// Founds an empty log; journal.foreign_log when it stands on another genesis.
    static Result<std::unique_ptr<MemoryJournal>> open(std::shared_ptr<MemoryLog> log,
                                                       const Founding& founding,
                                                       const Surroundings& surroundings,
                                                       Options options);
    ~MemoryJournal() override;

    /// Reads what landed, tells of it, sends what waits; false when there was nothing to do. At
    /// most one batch a partition is sent and one page read.
    bool step();

    /// What a full disk does (false) and its end (true): terms end, appends and new terms are
    /// refused, reading goes on.
    void set_ready(bool ready);

    [[nodiscard]] std::uint16_t partitions() const override { return founding_.partitions; }
    [[nodiscard]] Digest genesis_hash() const override { return founding_.hash; }
    Result<std::unique_ptr<Writer>> open_term(PartitionId partition, Observer& observer) override;
    [[nodiscard]] Result<Head> head(PartitionId partition) const override;
    [[nodiscard]] Result<std::vector<EntryPtr>> read(PartitionId partition, Sequence from,
                                                     const ReadBudget& budget) const override;
    [[nodiscard]] std::unique_ptr<Subscription> follow(
        PartitionId partition, Sequence from, std::function<void(Sequence next)> grown) override;
    [[nodiscard]] JournalProbe probe() const override;
    [[nodiscard]] SkippedRecords skipped(PartitionId partition) const override;

  private:
    class MemoryWriter;
    struct Bell;
    struct Opening;
    struct Lane;

    MemoryJournal(std::shared_ptr<MemoryLog> log, const Founding& founding,
                  const Surroundings& surroundings, Options options);

    Result<void> found();
    [[nodiscard]] bool known(PartitionId partition) const;
    void run();

    bool read_more(Lane& lane);
    void count_skipped(Lane& lane, const Bytes& stored, const record::Prelude* prelude,
                       Skipped why);
    void publish(Lane& lane, std::vector<EntryPtr>& entries);
    void take_term(Lane& lane, const WriterId& writer);
    void settle_opening(Lane& lane, const WriterId& writer, Result<void> outcome);
    bool write_more(Lane& lane);
    void send_opening(Lane& lane);
    std::vector<QueuedDraft> take_batch(Lane& lane);
    /// False when the batch was reported as failed; `why` is what the operator reads.
    bool submit(Lane& lane, std::vector<Bytes> batch, std::string& why);
    void end_life(Lane& lane, const Error& error);

    Result<void> enqueue(const TermLifePtr& life, record::Record draft);
    void close(const TermLifePtr& life);

    const std::shared_ptr<MemoryLog> log_;
    const Founding founding_;
    const Surroundings surroundings_;
    const Options options_;

    std::mutex step_mutex_;     // one stepper at a time
    std::mutex open_mutex_;     // one open_term at a time
    mutable std::mutex mutex_;  // what callers see: queues, entries, heads, lives
    std::condition_variable opened_;
    bool ready_ = true;
    std::size_t queued_ = 0;
    JournalProbe probe_;
    std::vector<std::unique_ptr<Lane>> lanes_;  // by partition

    std::shared_ptr<Bell> bell_;
    std::shared_ptr<void> watch_;
    std::thread thread_;
};

}  // namespace chopmark::journal
