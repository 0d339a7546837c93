// The committer thread of the embedded journal: placing, writing, telling, and what happens when
// the store fails.
#include <rocksdb/file_system.h>

#include <algorithm>

#include "events/core/ensure.h"
#include "events/journal/embedded_lane.h"

namespace chopmark::journal {

void EmbeddedJournal::run() {
    for (;;) {
        Work work = next_work();
        if (work.stop) {
            break;
        }
        if (work.failure) {
            break_down(*work.failure);
            mend();
        } else if (work.term) {
            begin_term(*work.term);
        } else {
            commit(std::move(work.drafts));
        }
    }
    const std::lock_guard lock(mutex_);
    for (const auto& request : term_requests_) {
        request->outcome = Error(not_ready, "the journal is closing");
    }
    term_requests_.clear();
    term_settled_.notify_all();
}

EmbeddedJournal::Work EmbeddedJournal::next_work() {
    Work work;
    std::unique_lock lock(mutex_);
    work_came_.wait(lock, [this] {
        return stop_ || background_failure_ || !term_requests_.empty() || !queue_.empty();
    });
    if (stop_) {
        work.stop = true;
    } else if (background_failure_) {
        work.failure = std::exchange(background_failure_, std::nullopt);
    } else if (!term_requests_.empty()) {
        work.term = std::move(term_requests_.front());
        term_requests_.pop_front();
    } else {
        work.drafts = take_batch(queue_, options_.batch_records, options_.batch_bytes);
    }
    return work;
}

// ---- writing
// ---------------------------------------------------------------------------------------

void EmbeddedJournal::commit(std::vector<QueuedDraft> drafts) {
    std::vector<EntryPtr> entries;
    entries.reserve(drafts.size());
    touched_.clear();
    for (QueuedDraft& draft : drafts) {
        Lane& lane = *lanes_[draft.life->partition.value()];
        const Head& head = lane.rule->head();
        if (draft.life->over || head.writer != draft.life->writer) {
            continue;  // its term has ended since it was queued
        }
        record::place(draft.record.leaf, {head.next, head.term, head.writer, head.previous});
        const auto hash = lane.rule->offer(draft.record.leaf);
        ensure(hash.has_value(), "a checked draft in its place is accepted");
        const Sequence sequence(head.next.value() - 1);
        entries.push_back(std::make_shared<const Entry>(
            Entry{lane.partition, sequence, *hash, std::move(draft.record)}));
        if (lane.batch.empty()) {
            touched_.push_back(&lane);
        }
        lane.batch.push_back(entries.back());
    }
    if (entries.empty()) {
        return;
    }
    const auto written = write(entries);
    if (!written) {
        for (Lane* lane : touched_) {
            lane->batch.clear();
        }
        note_failure(to_string(written.error()));
        return;
    }
    for (Lane* lane : touched_) {
        publish(*lane, lane->batch);
    }
}

Result<void> EmbeddedJournal::write(std::span<const EntryPtr> entries) {
    // Only this thread ever replaces the store, so it reads the pointer without the lock.
    auto written = store_->write(entries);
    if (written) {
        const std::lock_guard lock(mutex_);
        ++probe_.batches;
        probe_.records += entries.size();
        probe_.puts += entries.size();
        for (const EntryPtr& entry : entries) {
            probe_.bytes += entry->record.size();
        }
    }
    return written;
}

void EmbeddedJournal::publish(Lane& lane, std::vector<EntryPtr>& entries) {
    {
        const std::lock_guard lock(mutex_);
        lane.head = lane.rule->head();
        lane.recent.keep(entries, options_.recent_bytes);
    }
    lane.audience.accepted(entries);
    lane.followers.announce(lane.rule->head().next);
    entries.clear();
}

void EmbeddedJournal::begin_term(TermRequest& request) {
    Lane& lane = *lanes_[request.partition.value()];
    const Head& head = lane.rule->head();
    const auto life = std::make_shared<TermLife>(request.partition, Term(head.term.value() + 1),
                                                 surroundings_.entropy.draw<WriterId>());
    forget_life(lane);
    const std::size_t ended =
        lane.audience.end_terms(Error(term_ended, "a new term of this node begins"));
    {
        const std::lock_guard lock(mutex_);
        probe_.terms_ended += ended;
    }
    auto record = term_opened_record(founding_.hash, request.partition, life->term, life->writer,
                                     surroundings_.node, next_instant(surroundings_.clock, head),
                                     surroundings_.entropy.draw<EventId>());
    if (!record) {
        settle(request, record.error());
        return;
    }
    const auto hash = lane.rule->offer(record->leaf);
    if (!hash) {
        settle(request, Error(term_ended, "TermOpened would be skipped: " +
                                              std::string(to_string(hash.error()))));
        return;
    }
    std::vector<EntryPtr> entries{std::make_shared<const Entry>(
        Entry{request.partition, Sequence(head.next.value() - 1), *hash, std::move(*record)})};
    if (const auto written = write(entries); !written) {
        settle(request, Error(not_ready, written.error().detail));
        note_failure(to_string(written.error()));
        return;
    }
    lane.audience.attach(*request.observer, life);
    {
        const std::lock_guard lock(mutex_);
        lane.life = life;
    }
    publish(lane, entries);
    settle(request, life);
}

void EmbeddedJournal::settle(TermRequest& request, Result<TermLifePtr> outcome) {
    const std::lock_guard lock(mutex_);
    request.outcome = std::move(outcome);
    term_settled_.notify_all();
}

void EmbeddedJournal::forget_life(Lane& lane) {
    const std::lock_guard lock(mutex_);
    lane.life.reset();
}

// ---- failing and mending
// ---------------------------------------------------------------------------

/// From the committer after a failed write, or from any thread of the database.
void EmbeddedJournal::note_failure(const std::string& why) {
    {
        const std::lock_guard lock(mutex_);
        background_failure_ = why;
    }
    work_came_.notify_one();
}

void EmbeddedJournal::break_down(const std::string& why) {
    {
        const std::lock_guard lock(mutex_);
        ready_ = false;
        failure_ = why;
        queue_.clear();
        for (const auto& lane : lanes_) {
            lane->life.reset();
        }
        for (const auto& request : term_requests_) {
            request->outcome = Error(not_ready, why);
        }
        term_requests_.clear();
        term_settled_.notify_all();
    }
    std::size_t ended = 0;
    for (const auto& lane : lanes_) {
        ended += lane->audience.end_terms(Error(not_ready, why));
    }
    const std::lock_guard lock(mutex_);
    probe_.terms_ended += ended;
}

/// Until the store is open again, or the journal closes. The old store goes on answering while the
/// file system itself still refuses to write.
void EmbeddedJournal::mend() {
    auto pause = limits::reopen_pause_min;
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            if (work_came_.wait_for(lock, pause, [this] { return stop_; })) {
                return;
            }
        }
        pause = std::min(2 * pause, std::max(pause, limits::reopen_pause_max));
        if (!store_answers()) {
            continue;
        }
        {
            const std::unique_lock alone(store_mutex_);
            store_.reset();
        }
        {
            const std::lock_guard lock(mutex_);
            background_failure_.reset();  // of the store that is gone
        }
        auto opened = open_store();
        if (!opened) {
            // Damage does not mend by itself, and every attempt reads the log anew.
            pause = opened.error() == damaged ? limits::reopen_pause_damaged : pause;
            read_only(opened.error());
            continue;
        }
        adopt(std::move(*opened));
        if (const auto told = tell_what_survived(); !told) {
            const std::lock_guard lock(mutex_);
            failure_ = to_string(told.error());
            continue;
        }
        const std::lock_guard lock(mutex_);
        ready_ = true;
        failure_.clear();
        return;
    }
}

/// Queries go on over what can be read, until the store can be written again.
void EmbeddedJournal::read_only(const Error& why) {
    auto readable = EmbeddedStore::open(options_.store, founding_.partitions,
                                        EmbeddedStore::Mode::trial, false, {});
    const std::unique_lock alone(store_mutex_);
    store_ = readable ? std::move(*readable) : nullptr;
    const std::lock_guard lock(mutex_);
    failure_ = to_string(why);
}

/// Whether a file can be written, synced and removed in the journal's folder.
bool EmbeddedJournal::store_answers() const {
    const std::string path = options_.store.path + "/probe.tmp";
    std::uint64_t free = 0;
    if (files_->GetFreeSpace(options_.store.path, {}, &free, nullptr).ok() &&
        free < options_.reopen_free_bytes) {
        return false;
    }
    std::unique_ptr<rocksdb::FSWritableFile> file;
    const bool written = files_->NewWritableFile(path, {}, &file, nullptr).ok() &&
                         file->Append(Bytes(4096, 'p'), {}, nullptr).ok() &&
                         file->Sync({}, nullptr).ok() && file->Close({}, nullptr).ok();
    file.reset();
    const bool removed = files_->DeleteFile(path, {}, nullptr).ok();
    return written && removed;
}

/// Records of a write that failed and yet is there: told before any new term can begin.
Result<void> EmbeddedJournal::tell_what_survived() {
    for (const auto& lane : lanes_) {
        for (;;) {
            const Sequence from = lane->head.next;  // only this thread moves it
            const Sequence end = lane->rule->head().next;
            if (from >= end) {
                break;
            }
            auto page = store_->read(lane->partition, from, end, {});
            if (!page) {
                return page.error();
            }
            const Sequence next(from.value() + page->size());
            {
                const std::lock_guard lock(mutex_);
                lane->head.next = next;
                lane->recent.keep(*page, options_.recent_bytes);
            }
            lane->audience.accepted(*page);
            lane->followers.announce(next);
        }
        const std::lock_guard lock(mutex_);
        lane->head = lane->rule->head();
    }
    return {};
}

}  // namespace chopmark::journal
