#include "events/journal/memory.h"

#include <algorithm>

#include "events/core/ensure.h"
#include "events/crypto/digest.h"
#include "events/journal/memory_lane.h"

namespace chopmark::journal {

class MemoryJournal::MemoryWriter final : public Writer {
  public:
    MemoryWriter(MemoryJournal& journal, TermLifePtr life)
        : journal_(journal), life_(std::move(life)) {}
    ~MemoryWriter() override { journal_.close(life_); }

    [[nodiscard]] Term term() const override { return life_->term; }
    Result<void> append(record::Record draft) override {
        CHOPMARK_TRY(check_draft(draft, life_->partition));
        return journal_.enqueue(life_, std::move(draft));
    }

  private:
    MemoryJournal& journal_;
    const TermLifePtr life_;
};

Result<std::unique_ptr<MemoryJournal>> MemoryJournal::open(std::shared_ptr<MemoryLog> log,
                                                           const Founding& founding,
                                                           const Surroundings& surroundings,
                                                           Options options) {
    if (log->partitions() != founding.partitions) {
        return Error(foreign_log, "another number of partitions");
    }
    std::unique_ptr<MemoryJournal> journal(
        new MemoryJournal(std::move(log), founding, surroundings, std::move(options)));
    CHOPMARK_TRY(journal->found());
    if (journal->options_.own_thread) {
        journal->thread_ = std::thread([self = journal.get()] { self->run(); });
    }
    return journal;
}

MemoryJournal::MemoryJournal(std::shared_ptr<MemoryLog> log, const Founding& founding,
                             const Surroundings& surroundings, Options options)
    : log_(std::move(log)),
      founding_(founding),
      surroundings_(surroundings),
      options_(std::move(options)),
      bell_(std::make_shared<Bell>()) {
    for (std::uint16_t i = 0; i <= founding_.partitions; ++i) {
        lanes_.push_back(std::make_unique<Lane>(PartitionId(i), founding_, surroundings_));
    }
    bell_->wake = options_.wake;
    watch_ = log_->watch([bell = bell_] { bell->ring(); });
}

MemoryJournal::~MemoryJournal() {
    watch_.reset();
    if (thread_.joinable()) {
        {
            const std::lock_guard lock(bell_->mutex);
            bell_->stop = true;
        }
        bell_->rung_changed.notify_one();
        thread_.join();
    }
}

Result<void> MemoryJournal::found() {
    for (const auto& lane : lanes_) {
        while (read_more(*lane)) {
        }
        if (lane->rule.head().next != Sequence(0)) {
            continue;
        }
        if (lane->foreign_opening) {
            return Error(foreign_log, "record 0 names another genesis");
        }
        const auto opening =
            partition_opened_record(founding_, lane->partition, surroundings_.clock.now(),
                                    surroundings_.entropy.draw<EventId>());
        if (!opening) {
            return opening.error();
        }
        log_->submit(lane->partition, {encode(*opening)});
        while (read_more(*lane)) {
        }
        if (lane->rule.head().next == Sequence(0)) {
            return Error(foreign_log, "record 0 is not accepted");
        }
    }
    return {};
}

bool MemoryJournal::known(PartitionId partition) const { return partition.value() < lanes_.size(); }

void MemoryJournal::run() {
    while (bell_->wait()) {
        while (step()) {
        }
    }
}

bool MemoryJournal::step() {
    const std::lock_guard lock(step_mutex_);
    bool progressed = log_->tick();
    for (const auto& lane : lanes_) {
        progressed = read_more(*lane) || progressed;
    }
    for (const auto& lane : lanes_) {
        progressed = write_more(*lane) || progressed;
    }
    return progressed;
}

// ---- reading
// ---------------------------------------------------------------------------------------

bool MemoryJournal::read_more(Lane& lane) {
    const auto page = log_->read(lane.partition, lane.offset, options_.batch_records);
    std::vector<EntryPtr> accepted;
    for (const auto& stored : page) {
        ++lane.offset;
        auto record = record::decode_record(*stored);
        const auto prelude =
            record ? record::decode_prelude(record->leaf) : Result<record::Prelude>(record.error());
        if (!prelude) {
            count_skipped(lane, *stored, nullptr, Skipped::malformed);
            continue;
        }
        const bool opens_term = prelude->type == term_opened;
        if (opens_term) {
            publish(lane, accepted);
        }
        const auto verdict = lane.rule.offer(record->leaf);
        if (!verdict) {
            count_skipped(lane, *stored, &*prelude, verdict.error());
            continue;
        }
        accepted.push_back(std::make_shared<const Entry>(
            Entry{lane.partition, Sequence(lane.rule.head().next.value() - 1), *verdict,
                  std::move(*record)}));
        if (opens_term) {
            take_term(lane, prelude->writer);
            publish(lane, accepted);
            settle_opening(lane, prelude->writer, {});
        }
    }
    publish(lane, accepted);
    return !page.empty();
}

void MemoryJournal::count_skipped(Lane& lane, const Bytes& stored, const record::Prelude* prelude,
                                  Skipped why) {
    const auto record = record::decode_record(stored);
    SkippedRecord skipped{lane.offset - 1, crypto::sha256(record ? record->leaf : stored),
                          std::string(to_string(why))};
    {
        const std::lock_guard lock(mutex_);
        ++probe_.skipped;
        lane.skipped.add(std::move(skipped));
    }
    lane.foreign_opening = lane.foreign_opening || why == Skipped::wrong_genesis;
    if (prelude != nullptr && prelude->type == term_opened) {
        settle_opening(lane, prelude->writer,
                       Error(term_ended, "TermOpened was skipped: " + std::string(to_string(why))));
    }
}

void MemoryJournal::publish(Lane& lane, std::vector<EntryPtr>& entries) {
    if (entries.empty()) {
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        lane.entries.insert(lane.entries.end(), entries.begin(), entries.end());
        lane.head = lane.rule.head();
    }
    lane.in_flight -= std::min(lane.in_flight, entries.size());
    lane.audience.accepted(entries);
    lane.followers.announce(lane.rule.head().next);
    entries.clear();
}

/// A TermOpened was accepted and is about to be published: whoever wrote here before is deposed.
void MemoryJournal::take_term(Lane& lane, const WriterId& writer) {
    const Head& head = lane.rule.head();
    end_life(lane, Error(term_ended, "term " + std::to_string(head.term.value()) +
                                         " was opened by " + head.endpoint));
    std::optional<Opening> own;
    {
        const std::lock_guard lock(mutex_);
        if (lane.opening && lane.opening->sent_by(writer)) {
            own = lane.opening;
        }
    }
    if (own) {
        lane.audience.attach(*own->observer, own->life);
        const std::lock_guard lock(mutex_);
        lane.life = own->life;
    }
}

void MemoryJournal::settle_opening(Lane& lane, const WriterId& writer, Result<void> outcome) {
    const std::lock_guard lock(mutex_);
    if (lane.opening && lane.opening->sent_by(writer)) {
        lane.opening->outcome = std::move(outcome);
        opened_.notify_all();
    }
}

// ---- writing
// ---------------------------------------------------------------------------------------

bool MemoryJournal::write_more(Lane& lane) {
    bool opening = false;
    {
        const std::lock_guard lock(mutex_);
        if (!ready_) {
            return false;
        }
        opening = lane.opening && !lane.opening->life && !lane.opening->outcome;
    }
    if (opening) {
        send_opening(lane);
        return true;
    }
    std::vector<QueuedDraft> drafts = take_batch(lane);
    if (drafts.empty()) {
        return false;
    }
    record::Placement at{lane.rule.head().next, lane.rule.head().term, lane.rule.head().writer,
                         lane.rule.head().previous};
    std::vector<Bytes> batch;
    for (QueuedDraft& draft : drafts) {
        record::place(draft.record.leaf, at);
        at.sequence = Sequence(at.sequence.value() + 1);
        at.previous = record::leaf_hash(draft.record.leaf);
        batch.push_back(encode(draft.record));
    }
    lane.in_flight = batch.size();
    if (std::string why; !submit(lane, std::move(batch), why)) {
        end_life(lane, Error(term_ended, why));
    }
    return true;
}

void MemoryJournal::send_opening(Lane& lane) {
    const Head& head = lane.rule.head();
    end_life(lane, Error(term_ended, "this node opens its next term"));
    const auto life = std::make_shared<TermLife>(lane.partition, Term(head.term.value() + 1),
                                                 surroundings_.entropy.draw<WriterId>());
    const auto record = term_opened_record(
        founding_.hash, lane.partition, life->term, life->writer, surroundings_.node,
        next_instant(surroundings_.clock, head), surroundings_.entropy.draw<EventId>());
    {
        const std::lock_guard lock(mutex_);
        if (!lane.opening) {
            return;  // given up: the journal is no longer ready
        }
        lane.opening->life = life;
    }
    if (!record) {
        settle_opening(lane, life->writer, record.error());
    } else if (std::string why; !submit(lane, {encode(*record)}, why)) {
        settle_opening(lane, life->writer, Error(not_ready, why));
    }
}

std::vector<QueuedDraft> MemoryJournal::take_batch(Lane& lane) {
    std::vector<QueuedDraft> out;
    const std::lock_guard lock(mutex_);
    if (lane.in_flight > 0 || !lane.life) {
        return out;
    }
    out = journal::take_batch(lane.queue, options_.batch_records, options_.batch_bytes);
    queued_ -= out.size();
    return out;
}

bool MemoryJournal::submit(Lane& lane, std::vector<Bytes> batch, std::string& why) {
    const Fault fault = options_.faults ? options_.faults(lane.partition, batch.size()) : Fault();
    {
        const std::lock_guard lock(mutex_);
        ++probe_.batches;
        probe_.records += batch.size();
        probe_.puts += batch.size();
        for (const Bytes& record : batch) {
            probe_.bytes += record.size();
        }
    }
    switch (fault.what) {
        case Fault::What::none:
            log_->submit(lane.partition, std::move(batch));
            return true;
        case Fault::What::delayed:
            log_->submit(lane.partition, std::move(batch), fault.ticks);
            return true;
        case Fault::What::failed:
            why = "the write failed";
            return false;
        case Fault::What::failed_but_persisted:
            why = "the write failed, or so it seems";
            log_->submit(lane.partition, std::move(batch));
            return false;
        case Fault::What::failed_but_late:
            why = "the write was given up";
            log_->submit(lane.partition, std::move(batch), fault.ticks);
            return false;
    }
    ensure(false, "a fault of the list");
    return false;
}

void MemoryJournal::end_life(Lane& lane, const Error& error) {
    {
        const std::lock_guard lock(mutex_);
        lane.life.reset();
        queued_ -= lane.queue.size();
        lane.queue.clear();
    }
    lane.in_flight = 0;
    const std::size_t ended = lane.audience.end_terms(error);
    const std::lock_guard lock(mutex_);
    probe_.terms_ended += ended;
}

// ---- callers
// ---------------------------------------------------------------------------------------

Result<std::unique_ptr<Writer>> MemoryJournal::open_term(PartitionId partition,
                                                         Observer& observer) {
    if (!known(partition)) {
        return Error(beyond_end, "no such partition");
    }
    const std::lock_guard one_at_a_time(open_mutex_);
    Lane& lane = *lanes_[partition.value()];
    std::unique_lock lock(mutex_);
    if (!ready_) {
        return not_ready;
    }
    lane.opening.emplace(Opening{&observer, nullptr, std::nullopt});
    lock.unlock();
    bell_->ring();
    lock.lock();
    const auto settled = [&] { return lane.opening->outcome || !ready_; };
    while (!settled()) {
        if (options_.own_thread) {
            opened_.wait(lock);
            continue;
        }
        lock.unlock();
        const bool progressed = step();
        lock.lock();
        ensure(progressed || settled(), "a term that is being opened makes progress");
    }
    const Opening opening = std::move(*lane.opening);
    lane.opening.reset();
    if (!opening.outcome) {
        // Given up, but the stepper may just be seating the observer: wait for it, then unseat.
        lock.unlock();
        const std::lock_guard quiet(step_mutex_);
        if (opening.life) {
            close(opening.life);
        }
        return not_ready;
    }
    if (!*opening.outcome) {
        return opening.outcome->error();
    }
    return std::make_unique<MemoryWriter>(*this, opening.life);
}

Result<void> MemoryJournal::enqueue(const TermLifePtr& life, record::Record draft) {
    {
        const std::lock_guard lock(mutex_);
        if (!ready_) {
            return not_ready;
        }
        if (lanes_[life->partition.value()]->life != life) {
            return term_ended;
        }
        if (queued_ >= options_.queue_records) {
            return busy;
        }
        lanes_[life->partition.value()]->queue.push_back({life, std::move(draft)});
        ++queued_;
    }
    bell_->ring();
    return {};
}

void MemoryJournal::close(const TermLifePtr& life) {
    Lane& lane = *lanes_[life->partition.value()];
    life->over = true;
    {
        const std::lock_guard lock(mutex_);
        if (lane.life == life) {
            lane.life.reset();
            queued_ -= lane.queue.size();
            lane.queue.clear();
        }
    }
    lane.audience.detach(life);
}

void MemoryJournal::set_ready(bool ready) {
    {
        const std::lock_guard lock(mutex_);
        ready_ = ready;
        opened_.notify_all();
    }
    if (!ready) {
        const std::lock_guard lock(step_mutex_);
        for (const auto& lane : lanes_) {
            end_life(*lane, Error(not_ready, "the store is not ready"));
        }
    }
}

Result<Head> MemoryJournal::head(PartitionId partition) const {
    if (!known(partition)) {
        return Error(beyond_end, "no such partition");
    }
    const std::lock_guard lock(mutex_);
    return lanes_[partition.value()]->head;
}

Result<std::vector<EntryPtr>> MemoryJournal::read(PartitionId partition, Sequence from,
                                                  const ReadBudget& budget) const {
    if (!known(partition)) {
        return Error(beyond_end, "no such partition");
    }
    const std::lock_guard lock(mutex_);
    const auto& entries = lanes_[partition.value()]->entries;
    std::vector<EntryPtr> out;
    std::size_t bytes = 0;
    for (std::size_t at = from.value(); at < entries.size(); ++at) {
        bytes += entries[at]->record.size();
        if (!out.empty() && (out.size() >= budget.records || bytes > budget.bytes)) {
            break;
        }
        out.push_back(entries[at]);
    }
    return out;
}

std::unique_ptr<Subscription> MemoryJournal::follow(PartitionId partition, Sequence from,
                                                    std::function<void(Sequence next)> grown) {
    ensure(known(partition), "a partition of this journal");
    Lane& lane = *lanes_[partition.value()];
    return lane.followers.add(from, std::move(grown), [&] {
        const std::lock_guard lock(mutex_);
        return Sequence(lane.entries.size());
    });
}

SkippedRecords MemoryJournal::skipped(PartitionId partition) const {
    const std::lock_guard lock(mutex_);
    return known(partition) ? lanes_[partition.value()]->skipped : SkippedRecords();
}

JournalProbe MemoryJournal::probe() const {
    const std::lock_guard lock(mutex_);
    JournalProbe out = probe_;
    out.queued = queued_;
    out.ready = ready_;
    return out;
}

}  // namespace chopmark::journal
