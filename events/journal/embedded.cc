#include "events/journal/embedded.h"

#include <rocksdb/file_system.h>

#include <algorithm>

#include "events/core/ensure.h"
#include "events/journal/embedded_lane.h"

namespace chopmark::journal {

class EmbeddedJournal::EmbeddedWriter final : public Writer {
  public:
    EmbeddedWriter(EmbeddedJournal& journal, TermLifePtr life)
        : journal_(journal), life_(std::move(life)) {}
    ~EmbeddedWriter() override { journal_.close(life_); }

    [[nodiscard]] Term term() const override { return life_->term; }
    Result<void> append(record::Record draft) override {
        CHOPMARK_TRY(check_draft(draft, life_->partition));
        return journal_.enqueue(life_, std::move(draft));
    }

  private:
    EmbeddedJournal& journal_;
    const TermLifePtr life_;
};

Result<std::unique_ptr<EmbeddedJournal>> EmbeddedJournal::open(const Options& options,
                                                               const Founding& founding,
                                                               const Surroundings& surroundings) {
    std::unique_ptr<EmbeddedJournal> journal(new EmbeddedJournal(options, founding, surroundings));
    CHOPMARK_TRY(journal->lock_folder());
    auto opened = journal->open_store();
    if (!opened) {
        return opened.error();
    }
    journal->adopt(std::move(*opened));
    for (const auto& lane : journal->lanes_) {
        lane->head = lane->rule->head();
    }
    journal->ready_ = true;
    journal->committer_ = std::thread([self = journal.get()] { self->run(); });
    return journal;
}

EmbeddedJournal::EmbeddedJournal(const Options& options, const Founding& founding,
                                 const Surroundings& surroundings)
    : options_(options),
      founding_(founding),
      surroundings_(surroundings),
      files_(options.store.files ? options.store.files : rocksdb::FileSystem::Default()) {
    for (std::uint32_t i = 0; i <= founding_.partitions; ++i) {
        lanes_.push_back(std::make_unique<Lane>(PartitionId(static_cast<std::uint16_t>(i))));
    }
}

EmbeddedJournal::~EmbeddedJournal() {
    if (committer_.joinable()) {
        {
            const std::lock_guard lock(mutex_);
            stop_ = true;
        }
        work_came_.notify_all();
        committer_.join();
    }
    if (store_ && ready_) {
        store_->flush();  // so that the next start has no log to go through
    }
    store_.reset();
    if (folder_lock_ != nullptr) {
        files_->UnlockFile(folder_lock_, {}, nullptr).PermitUncheckedError();
    }
}

/// Held for the journal's whole life, also while the store is closed and opened again.
Result<void> EmbeddedJournal::lock_folder() {
    const auto created = files_->CreateDirIfMissing(options_.store.path, {}, nullptr);
    if (!created.ok()) {
        return Error(not_ready, created.ToString());
    }
    const auto taken =
        files_->LockFile(options_.store.path + "/JOURNAL_LOCK", {}, &folder_lock_, nullptr);
    if (taken.ok()) {
        return {};
    }
    folder_lock_ = nullptr;
    const std::string text = taken.ToString();
    const bool held = text.find("lock hold by") != std::string::npos ||
                      text.find("While lock file") != std::string::npos;
    return Error(held ? locked : not_ready, text);
}

Result<OpenedStore> EmbeddedJournal::open_store() {
    return open_guarded({options_.store, founding_, surroundings_, known_heads(),
                         [this](const std::string& why) { note_failure(why); }});
}

/// What others know, and what this process itself has told its observers.
std::vector<KnownHead> EmbeddedJournal::known_heads() const {
    auto out = options_.known_heads ? options_.known_heads() : std::vector<KnownHead>();
    const std::lock_guard lock(mutex_);
    for (const auto& lane : lanes_) {
        out.push_back({lane->partition, lane->head.next, "this process"});
    }
    return out;
}

void EmbeddedJournal::adopt(OpenedStore opened) {
    const std::unique_lock alone(store_mutex_);
    store_ = std::move(opened.store);
    const std::lock_guard lock(mutex_);
    last_opening_ = opened.report;
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        lanes_[i]->rule.emplace(std::move(opened.rules[i]));
    }
}

bool EmbeddedJournal::known(PartitionId partition) const {
    return partition.value() < lanes_.size();
}

// ---- callers
// ---------------------------------------------------------------------------------------

Result<std::unique_ptr<Writer>> EmbeddedJournal::open_term(PartitionId partition,
                                                           Observer& observer) {
    if (!known(partition)) {
        return Error(beyond_end, "no such partition");
    }
    const auto request = std::make_shared<TermRequest>(TermRequest{partition, &observer, {}});
    std::unique_lock lock(mutex_);
    if (!ready_) {
        return Error(not_ready, failure_);
    }
    term_requests_.push_back(request);
    work_came_.notify_one();
    term_settled_.wait(lock, [&] { return request->outcome.has_value(); });
    if (!*request->outcome) {
        return request->outcome->error();
    }
    return std::make_unique<EmbeddedWriter>(*this, **request->outcome);
}

Result<void> EmbeddedJournal::enqueue(const TermLifePtr& life, record::Record draft) {
    const std::lock_guard lock(mutex_);
    if (!ready_) {
        return Error(not_ready, failure_);
    }
    if (lanes_[life->partition.value()]->life != life) {
        return term_ended;
    }
    if (queue_.size() >= options_.queue_records) {
        return busy;
    }
    queue_.push_back({life, std::move(draft)});
    if (queue_.size() == 1) {
        work_came_.notify_one();
    }
    return {};
}

void EmbeddedJournal::close(const TermLifePtr& life) {
    Lane& lane = *lanes_[life->partition.value()];
    life->over = true;
    {
        const std::lock_guard lock(mutex_);
        if (lane.life == life) {
            lane.life.reset();
        }
    }
    lane.audience.detach(life);
}

Result<Head> EmbeddedJournal::head(PartitionId partition) const {
    if (!known(partition)) {
        return Error(beyond_end, "no such partition");
    }
    const std::lock_guard lock(mutex_);
    return lanes_[partition.value()]->head;
}

Result<std::vector<EntryPtr>> EmbeddedJournal::read(PartitionId partition, Sequence from,
                                                    const ReadBudget& budget) const {
    if (!known(partition)) {
        return Error(beyond_end, "no such partition");
    }
    Sequence end;
    {
        const std::lock_guard lock(mutex_);
        const Lane& lane = *lanes_[partition.value()];
        end = lane.head.next;
        if (auto recent = lane.recent.read(from, end, budget)) {
            return std::move(*recent);
        }
    }
    const std::shared_lock reading(store_mutex_);
    if (!store_) {
        return Error(not_ready, "the store is being reopened");
    }
    return store_->read(partition, from, end, budget);
}

std::unique_ptr<Subscription> EmbeddedJournal::follow(PartitionId partition, Sequence from,
                                                      std::function<void(Sequence next)> grown) {
    ensure(known(partition), "a partition of this journal");
    Lane& lane = *lanes_[partition.value()];
    return lane.followers.add(from, std::move(grown), [&] {
        const std::lock_guard lock(mutex_);
        return lane.head.next;
    });
}

JournalProbe EmbeddedJournal::probe() const {
    const std::lock_guard lock(mutex_);
    JournalProbe out = probe_;
    out.queued = queue_.size();
    out.ready = ready_;
    return out;
}

Result<void> EmbeddedJournal::checkpoint(const std::string& folder) const {
    const std::shared_lock reading(store_mutex_);
    return store_ ? store_->checkpoint(folder) : Error(not_ready, "the store is being reopened");
}

OpeningReport EmbeddedJournal::last_opening() const {
    const std::lock_guard lock(mutex_);
    return last_opening_;
}

std::string EmbeddedJournal::failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
}

}  // namespace chopmark::journal
