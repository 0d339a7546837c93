// Terms of the Kafka journal: how one is opened, what it is given to write, how it ends, and what
// looks after partitions that are not ready.
#include <algorithm>

#include "events/journal/kafka_writer.h"

namespace chopmark::journal {
namespace {

constexpr Duration idle_look = std::chrono::milliseconds(500);
constexpr Duration heal_wait = std::chrono::milliseconds(250);

}  // namespace

Result<std::unique_ptr<Writer>> KafkaJournal::open_term(PartitionId partition, Observer& observer) {
    if (!known(partition)) {
        return Error(beyond_end, "no such partition");
    }
    Lane& lane = *lanes_[partition.value()];
    const std::lock_guard one_at_a_time(lane.opening_terms);
    {
        const std::lock_guard lock(lane.mutex);
        if (lane.failure) {
            return *lane.failure;
        }
    }
    end_all(lane, Error(term_ended, "this node opens its next term"));
    const auto until = within(options_.term_deadline);
    CHOPMARK_ASSIGN(auto producer, options_.cluster->open_producer(
                                       writer_settings(), options_.topic.topic, options_.log));
    CHOPMARK_TRY(catch_up(lane, until));
    const auto whole = regain(lane, *producer, until);
    note_missing(lane, whole);
    CHOPMARK_TRY(whole);

    kafka::Outgoing opening;
    CHOPMARK_ASSIGN(const auto life, announce(lane, observer, opening.payload, opening.key));
    // A producer that does not get through in the time of a batch will not; the next one may.
    const auto sent = producer->deliver(partition, std::span(&opening, 1), soon(until), stop_);
    auto outcome = sent ? await_opening(lane, life, soon(until)) : sent.error();
    {
        std::unique_lock lock(lane.mutex);
        // Once it was read as accepted it is told, whatever the producer said.
        lane.changed.wait(lock, [&] { return !lane.opening->seated || lane.opening->outcome; });
        if (!outcome && lane.opening->outcome) {
            outcome = *lane.opening->outcome;
        }
        lane.opening.reset();
    }
    if (!outcome) {
        if (outcome.error() == not_ready) {
            fail(lane, outcome.error(), false);
        }
        return outcome.error() == not_ready ? outcome.error()
                                            : Error(term_ended, outcome.error().detail);
    }
    {
        const std::lock_guard lock(probe_mutex_);
        ++probe_.batches;
        ++probe_.records;
        probe_.bytes += opening.payload.size();
    }
    return std::make_unique<KafkaWriter>(*this, lane, life, std::move(producer), *outcome);
}

kafka::Deadline KafkaJournal::soon(kafka::Deadline until) const {
    return std::min(until, within(options_.batch_deadline));
}

/// A term that is not the next is skipped: first everything that is there is read.
Result<void> KafkaJournal::catch_up(Lane& lane, kafka::Deadline until) {
    const auto end = consumer()->end(lane.partition, options_.answer_wait);
    if (!end) {
        const Error error(not_ready, end.error().detail);
        fail(lane, error, false);
        return error;
    }
    CHOPMARK_TRY(await_reading(lane, *end, until));
    return check_history(lane);
}

/// Where the leader has more and none of it comes, whatever keeps it away has to be ended: another
/// consumer goes on.
Result<void> KafkaJournal::await_reading(Lane& lane, std::int64_t high, kafka::Deadline until) {
    std::unique_lock lock(lane.mutex);
    for (;;) {
        const std::int64_t before = lane.read_to;
        const auto look = std::min(until, within(options_.answer_wait));
        const bool read =
            await(lane, lock, look, [&] { return lane.read_to >= high || lane.failure || stop_; });
        if (lane.failure) {
            return *lane.failure;
        }
        if (read && !stop_) {
            return {};
        }
        if (stop_ || passed(until)) {
            return Error(not_ready, "the topic is still being read");
        }
        if (lane.read_to == before) {
            break;
        }
    }
    lock.unlock();
    say(4, lane.partition, "there is more, and nothing comes; another consumer goes on");
    const std::lock_guard reading(lane.reading);
    lane.doubt = lane.doubt == Doubt::out_of_range ? lane.doubt : Doubt::stalled;
    return Error(not_ready, "reading stands still");
}

/// A TermOpened behind a lost end would begin another history. The reader may not have noticed the
/// loss yet, so the topic is asked once more whether it has what was read last.
Result<void> KafkaJournal::check_history(Lane& lane) {
    std::optional<Mirror::Place> last;
    {
        const std::lock_guard lock(lane.reading);
        last = lane.last_place;
    }
    if (!last) {
        return {};
    }
    CHOPMARK_ASSIGN(const auto end, consumer()->end(lane.partition, options_.answer_wait));
    CHOPMARK_ASSIGN(const bool same, agree(*last, end));
    if (same) {
        return {};
    }
    const Error error(not_ready, "the topic has lost its end");
    fail(lane, error, false);
    const std::lock_guard lock(lane.reading);
    lane.doubt = Doubt::out_of_range;
    return error;
}

/// Makes the TermOpened and tells the reader whom it is for.
Result<TermLifePtr> KafkaJournal::announce(Lane& lane, Observer& observer, Bytes& stored,
                                           Bytes& key) {
    const std::lock_guard lock(lane.mutex);
    const auto life = std::make_shared<TermLife>(lane.partition, Term(lane.head.term.value() + 1),
                                                 surroundings_.entropy.draw<WriterId>());
    const auto event = surroundings_.entropy.draw<EventId>();
    CHOPMARK_ASSIGN(const auto record,
                    term_opened_record(founding_.hash, lane.partition, life->term, life->writer,
                                       surroundings_.node,
                                       next_instant(surroundings_.clock, lane.head), event));
    stored = encode(record);
    key = event.to_bytes();
    lane.opening.emplace(Opening{&observer, life, false, std::nullopt});
    return life;
}

Result<record::Placement> KafkaJournal::await_opening(Lane& lane, const TermLifePtr& life,
                                                      kafka::Deadline until) {
    std::unique_lock lock(lane.mutex);
    await(lane, lock, until, [&] { return lane.opening->outcome || lane.lasting || stop_; });
    if (lane.opening->outcome) {
        return *lane.opening->outcome;
    }
    return Error(not_ready, "TermOpened of term " + std::to_string(life->term.value()) +
                                " was not read back in time");
}

// ---- drafts
// ---------------------------------------------------------------------------------------

Result<void> KafkaJournal::enqueue(Lane& lane, const TermLifePtr& life, record::Record draft) {
    const std::lock_guard lock(lane.mutex);
    if (lane.failure) {
        return *lane.failure;
    }
    if (lane.life != life) {
        return term_ended;
    }
    if (queued_.fetch_add(1) >= options_.queue_records) {
        --queued_;
        return busy;
    }
    lane.queue.push_back({life, std::move(draft)});
    if (lane.queue.size() == 1) {
        lane.changed.notify_all();
    }
    return {};
}

/// Waits for drafts, on a thread of the writer's own; nothing once the term is over. No more is
/// sent while a whole batch has not been read back: a reader that falls behind slows the writer
/// down.
std::vector<QueuedDraft> KafkaJournal::next_batch(Lane& lane, const TermLifePtr& life,
                                                  Sequence sent, kafka::Producer& producer) {
    std::vector<QueuedDraft> out;
    for (;;) {
        {
            std::unique_lock lock(lane.mutex);
            const auto come_now = [&] {
                return lane.life != life ||
                       (!lane.queue.empty() &&
                        sent.value() - lane.head.next.value() < options_.batch_records);
            };
            const bool come = options_.own_threads
                                  ? lane.changed.wait_for(lock, idle_look, come_now)
                                  : come_now();
            if (lane.life != life) {
                return out;
            }
            if (come) {
                out = take_batch(lane.queue, options_.batch_records, options_.batch_bytes);
            }
            queued_ -= out.size();
        }
        if (!out.empty()) {
            return out;
        }
        const auto sound = producer.idle();
        if (!sound) {
            end_life(lane, life, sound.error());
        }
        if (!sound || !options_.own_threads) {
            return out;
        }
    }
}

// ---- endings
// ---------------------------------------------------------------------------------------

/// One life ends by its own producer. Nothing happens when it was over already.
void KafkaJournal::end_life(Lane& lane, const TermLifePtr& life, const Error& error) {
    const bool unreachable = error == not_ready;
    {
        const std::lock_guard lock(lane.mutex);
        if (lane.life != life) {
            return;
        }
        lane.life.reset();
        queued_ -= lane.queue.size();
        lane.queue.clear();
        if (unreachable && !lane.failure) {
            lane.failure = error;
        }
        lane.changed.notify_all();
    }
    const bool ended =
        lane.audience.end_term(life, unreachable ? error : Error(term_ended, error.detail));
    const std::lock_guard lock(probe_mutex_);
    ++kafka_probe_.producer_errors;
    probe_.terms_ended += ended ? 1 : 0;
}

void KafkaJournal::end_all(Lane& lane, const Error& error) {
    {
        const std::lock_guard lock(lane.mutex);
        lane.life.reset();
        queued_ -= lane.queue.size();
        lane.queue.clear();
        lane.changed.notify_all();
    }
    const std::size_t ended = lane.audience.end_terms(error);
    const std::lock_guard lock(probe_mutex_);
    probe_.terms_ended += ended;
}

void KafkaJournal::fail(Lane& lane, const Error& error, bool lasting) {
    {
        const std::lock_guard lock(lane.mutex);
        if (lane.lasting) {
            return;
        }
        lane.failure = error;
        lane.lasting = lasting;
        lane.changed.notify_all();
    }
    if (lasting) {
        say(3, lane.partition, to_string(error));
    }
    end_all(lane, error);
}

void KafkaJournal::close(Lane& lane, const TermLifePtr& life) {
    life->over = true;
    {
        const std::lock_guard lock(lane.mutex);
        if (lane.life == life) {
            lane.life.reset();
            queued_ -= lane.queue.size();
            lane.queue.clear();
        }
        lane.changed.notify_all();
    }
    lane.audience.detach(life);
}

// ---- looking after
// ---------------------------------------------------------------------------------------

void KafkaJournal::run_caretaker() {
    std::unique_lock waiting(stop_mutex_);
    while (!stopping_.wait_for(waiting, options_.sync_every, [this] { return stop_.load(); })) {
        waiting.unlock();
        look_after();
        waiting.lock();
    }
}

void KafkaJournal::look_after() {
    if (const auto synced = sync(); !synced && options_.log) {
        options_.log(3, "mirror: " + synced.error().detail);
    }
    heal();
}

/// A partition whose leader answers again is ready again. One that does not is asked again in the
/// next round, and those behind it first: each question costs its whole wait, and one leader that
/// stays away must not keep the others' partitions down.
void KafkaJournal::heal() {
    if (mirror_failing_) {
        return;
    }
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        Lane& lane = *lanes_[(heal_first_ + i) % lanes_.size()];
        {
            const std::lock_guard lock(lane.mutex);
            if (!lane.failure || lane.lasting) {
                continue;
            }
        }
        if (!consumer()->end(lane.partition, heal_wait)) {
            heal_first_ = lane.partition.value() + 1U;
            return;
        }
        const std::lock_guard lock(lane.mutex);
        if (!lane.lasting) {
            lane.failure.reset();
            lane.changed.notify_all();
        }
    }
}

}  // namespace chopmark::journal
