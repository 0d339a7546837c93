// The embedded journal: one process, one folder, an EmbeddedStore under it, and one committer
// thread that places, writes and tells. Group commit without timers: while a write is in flight
// drafts queue; when it returns, the queue goes out as the next batch. A record is accepted when
// its synced write has returned.
//
// Any I/O error, in a write or in the background, ends all terms: observers hear journal.not_ready,
// the queue is dropped (nobody was promised anything), and the committer tries to close and reopen
// the store until it can. Meanwhile heads and records are answered from the old store. What turns
// out to have been written after all is told to the observers that are still there before a new
// term can begin. Writers and observers must go before the journal.
#pragma once

#include <condition_variable>
#include <deque>
#include <shared_mutex>
#include <thread>

#include "events/core/limits.h"
#include "events/journal/audience.h"
#include "events/journal/embedded_opening.h"
#include "events/journal/followers.h"

namespace rocksdb {
class FileLock;
}

namespace chopmark::journal {

class EmbeddedJournal final : public Journal {
  public:
    struct Options {
        /// Folder, buffers and file system. The folder's parent must exist.
        EmbeddedStore::Options store;
        /// Drafts waiting, records; beyond it append answers journal.busy.
        std::size_t queue_records = limits::append_queue_records;
        /// A batch ends at whichever comes first, records or bytes.
        std::size_t batch_records = limits::batch_records;
        std::size_t batch_bytes = limits::batch_bytes;
        /// Newest records kept in memory, bytes a partition: followers read them without the disk.
        std::size_t recent_bytes = limits::recent_bytes;
        /// Free space that must be there before the store is reopened after a failure, bytes.
        std::uint64_t reopen_free_bytes = 64 << 20;
        /// What others know of this journal, asked at every opening; may be empty. The loss of a
        /// tail is invisible in the journal itself.
        std::function<std::vector<KnownHead>()> known_heads;
    };

    /// journal.locked: another process, or another journal here, has the folder.
    /// Otherwise as open_guarded().
    static Result<std::unique_ptr<EmbeddedJournal>> open(const Options& options,
                                                         const Founding& founding,
                                                         const Surroundings& surroundings);
    ~EmbeddedJournal() override;

    /// How the last successful opening went.
    [[nodiscard]] OpeningReport last_opening() const;
    /// Why the journal is not ready; empty when it is.
    [[nodiscard]] std::string failure() const;
    /// Everything that was told of before the call into `folder`, which must not exist.
    Result<void> checkpoint(const std::string& folder) const;

    [[nodiscard]] std::uint16_t partitions() const override { return founding_.partitions; }
    [[nodiscard]] Digest genesis_hash() const override { return founding_.hash; }
    Result<std::unique_ptr<Writer>> open_term(PartitionId partition, Observer& observer) override;
    [[nodiscard]] Result<Head> head(PartitionId partition) const override;
    [[nodiscard]] Result<std::vector<EntryPtr>> read(PartitionId partition, Sequence from,
                                                     const ReadBudget& budget) const override;
    [[nodiscard]] std::unique_ptr<Subscription> follow(
        PartitionId partition, Sequence from, std::function<void(Sequence next)> grown) override;
    [[nodiscard]] JournalProbe probe() const override;

  private:
    class EmbeddedWriter;
    struct Lane;
    struct TermRequest;
    struct Work;

    EmbeddedJournal(const Options& options, const Founding& founding,
                    const Surroundings& surroundings);

    Result<void> lock_folder();
    Result<OpenedStore> open_store();
    [[nodiscard]] std::vector<KnownHead> known_heads() const;
    void adopt(OpenedStore opened);

    void run();
    Work next_work();
    void commit(std::vector<QueuedDraft> drafts);
    Result<void> write(std::span<const EntryPtr> entries);
    void publish(Lane& lane, std::vector<EntryPtr>& entries);
    void begin_term(TermRequest& request);
    void settle(TermRequest& request, Result<TermLifePtr> outcome);
    void forget_life(Lane& lane);

    void note_failure(const std::string& why);
    void break_down(const std::string& why);
    void mend();
    void read_only(const Error& why);
    [[nodiscard]] bool store_answers() const;
    Result<void> tell_what_survived();

    Result<void> enqueue(const TermLifePtr& life, record::Record draft);
    void close(const TermLifePtr& life);
    [[nodiscard]] bool known(PartitionId partition) const;

    const Options options_;
    const Founding founding_;
    const Surroundings surroundings_;
    const std::shared_ptr<rocksdb::FileSystem> files_;
    rocksdb::FileLock* folder_lock_ = nullptr;

    mutable std::shared_mutex store_mutex_;  // shared by readers, alone to close and reopen
    std::unique_ptr<EmbeddedStore> store_;

    mutable std::mutex mutex_;  // all below, and what of the lanes callers see
    std::condition_variable work_came_;
    std::condition_variable term_settled_;
    std::deque<QueuedDraft> queue_;
    std::deque<std::shared_ptr<TermRequest>> term_requests_;
    bool stop_ = false;
    bool ready_ = false;
    std::string failure_;
    std::optional<std::string> background_failure_;
    OpeningReport last_opening_;
    JournalProbe probe_;
    std::vector<std::unique_ptr<Lane>> lanes_;  // by partition
    std::vector<Lane*> touched_;                // committer's scratch
    std::thread committer_;
};

}  // namespace chopmark::journal
