// The reader of the Kafka journal: from messages to accepted records, into the mirror, and then to
// those who wait.
#include <algorithm>

#include "events/core/ensure.h"
#include "events/crypto/digest.h"
#include "events/journal/kafka_lane.h"

namespace chopmark::journal {
namespace {

constexpr std::size_t poll_messages = 1024;
constexpr Duration doubt_pause = std::chrono::seconds(1);
constexpr Duration doubt_wait = std::chrono::seconds(2);

/// A record that fits nowhere although it seems to come from an owner: it may belong to another
/// history of this partition than the one we read.
bool is_suspicious(Skipped why, const record::Prelude& prelude, const Head& head) {
    switch (why) {
        case Skipped::wrong_sequence:
        case Skipped::wrong_previous:
            return true;
        case Skipped::wrong_term:
            return prelude.term > head.term;
        case Skipped::stale_term:
            return prelude.term.value() > head.term.value() + 1;
        default:
            return false;
    }
}

}  // namespace

void KafkaJournal::run_reader() {
    while (!stop_) {
        read_some(reader_wait);
    }
}

/// False when the cluster had nothing to tell.
bool KafkaJournal::read_some(Duration wait) {
    if (reconnect_) {
        reconnect_reader();
        return false;
    }
    bool told = false;
    bool doubted = false;
    {
        const auto batch = consumer_->poll(wait, poll_messages);
        told = !batch.messages().empty();
        for (const kafka::Message& message : batch.messages()) {
            if (message.what == kafka::Message::What::trouble) {
                const std::lock_guard lock(probe_mutex_);
                ++kafka_probe_.reader_errors;
            } else if (known(message.partition)) {
                fetched_[message.partition.value()].push_back(message);
            }
        }
        for (std::size_t i = 0; i < lanes_.size(); ++i) {
            if (!fetched_[i].empty()) {
                absorb(*lanes_[i], fetched_[i], false);
                fetched_[i].clear();
            }
            const std::lock_guard lock(lanes_[i]->reading);
            doubted = doubted || lanes_[i]->doubt != Doubt::none;
        }
    }
    // Behind the batch, which goes before its consumer, and before anything more is read: the
    // consumer that is there goes on behind the places that reading has to go back to.
    if (doubted && !stop_) {
        settle_doubts();
    }
    if (reconnect_ && !stop_) {
        reconnect_reader();
    }
    return told;
}

/// Takes what was read, or – `delivered` – what a delivery report proves to be the next: in the
/// latter case nothing happens unless it really is.
void KafkaJournal::absorb(Lane& lane, std::span<const kafka::Message> messages, bool delivered) {
    const std::lock_guard lock(lane.reading);
    std::vector<Step> steps;
    for (const kafka::Message& message : messages) {
        if (message.what == kafka::Message::What::out_of_range) {
            lane.doubt = Doubt::out_of_range;
        }
        if (lane.doubt == Doubt::out_of_range || lane.faulted) {
            break;
        }
        if (message.what == kafka::Message::What::end) {
            lane.offset = std::max(lane.offset, message.offset);
        } else if (delivered && message.offset != lane.offset) {
            break;
        } else {
            const Sequence before = lane.rule->head().next;
            judge(lane, message, steps);
            if (delivered && before < lane.rule->head().next && !steps.empty()) {
                lane.ahead.emplace_back(message.offset, steps.back().entries.back());
            }
        }
    }
    if (!steps.empty()) {
        steps.back().head = lane.rule->head();
        keep(steps);
        if (stop_) {
            return;  // the mirror has not got them: they are read again after the next start
        }
        lane.mirrored = std::max(lane.mirrored, lane.rule->head().next);
    }
    for (const Step& step : steps) {
        publish(lane, step);
    }
    const std::lock_guard seen(lane.mutex);
    lane.shown = lane.rule->head().next;
    lane.read_to = lane.offset;
    if (lane.last_place && (!lane.saved || *lane.saved < lane.last_place->next)) {
        lane.unsaved = lane.last_place;
        lane.saved = lane.last_place->next;
    }
    lane.changed.notify_all();
}

void KafkaJournal::judge(Lane& lane, const kafka::Message& message, std::vector<Step>& steps) {
    auto record = record::decode_record(message.payload);
    while (!lane.ahead.empty() && lane.ahead.front().first < message.offset) {
        lane.ahead.pop_front();
    }
    if (message.offset < lane.offset) {
        if (!lane.ahead.empty() && lane.ahead.front().first == message.offset) {
            const bool same = record && *record == lane.ahead.front().second->record;
            lane.doubt = same ? lane.doubt : Doubt::out_of_range;
            lane.ahead.pop_front();
        }
        return;
    }
    lane.offset = message.offset + 1;
    const auto prelude =
        record ? record::decode_prelude(record->leaf) : Result<record::Prelude>(record.error());
    const auto skipped = [&](ByteView bytes) {
        return SkippedRecord{static_cast<std::uint64_t>(message.offset), crypto::sha256(bytes), {}};
    };
    if (!prelude) {
        skip(lane, skipped(record ? ByteView(record->leaf) : message.payload), nullptr,
             Skipped::malformed);
        return;
    }
    const bool opens_term = prelude->type == term_opened;
    if (opens_term && !steps.empty()) {
        steps.back().head = lane.rule->head();
    }
    const auto verdict = lane.rule->offer(record->leaf);
    if (!verdict) {
        skip(lane, skipped(record->leaf), &*prelude, verdict.error());
        return;
    }
    const Sequence next = lane.rule->head().next;
    const auto entry = std::make_shared<const Entry>(
        Entry{lane.partition, Sequence(next.value() - 1), *verdict, std::move(*record)});
    lane.last_place = Mirror::Place{lane.partition, next, lane.offset};
    if (entry->sequence < lane.mirrored) {
        compare(lane, *entry);
        return;
    }
    if (opens_term || steps.empty()) {
        steps.emplace_back();
    }
    steps.back().entries.push_back(entry);
}

/// A record that the mirror has already, read again: it has to be the same.
void KafkaJournal::compare(Lane& lane, const Entry& entry) {
    if (lane.known.empty() || lane.known.front()->sequence > entry.sequence ||
        lane.known.back()->sequence < entry.sequence) {
        auto page = mirror_->read(lane.partition, entry.sequence, lane.mirrored, {});
        if (!page) {
            lane.faulted = true;
            fail(lane, page.error(), true);
            return;
        }
        lane.known = std::move(*page);
    }
    const std::size_t at = entry.sequence.value() - lane.known.front()->sequence.value();
    if (lane.known[at]->record != entry.record) {
        lane.last_place.reset();
        lane.faulted = true;
        fail(lane,
             Error(damaged, "partition " + std::to_string(lane.partition.value()) + ", sequence " +
                                std::to_string(entry.sequence.value()) +
                                ": the topic has another record than the mirror"),
             true);
    }
}

void KafkaJournal::skip(Lane& lane, SkippedRecord skipped, const record::Prelude* prelude,
                        Skipped why) {
    skipped.reason = to_string(why);
    {
        const std::lock_guard lock(probe_mutex_);
        ++probe_.skipped;
        ++kafka_probe_.skipped.at(static_cast<std::size_t>(why));
    }
    {
        const std::lock_guard lock(lane.mutex);
        lane.skipped.add(std::move(skipped));
    }
    const Head& head = lane.rule->head();
    if (why == Skipped::wrong_genesis && head.next == Sequence(0)) {
        lane.faulted = true;
        fail(lane, Error(foreign_log, "record 0 of the topic names another genesis"), true);
    }
    if (prelude != nullptr && lane.doubt == Doubt::none && is_suspicious(why, *prelude, head)) {
        lane.doubt = Doubt::suspected;
    }
    if (prelude != nullptr && prelude->type == term_opened) {
        settle_opening(lane, prelude->writer,
                       Error(term_ended, "TermOpened was skipped: " + std::string(to_string(why))));
    }
}

/// Writes into the mirror, and does not return before it could, or the journal closes: what nobody
/// keeps must not be told.
void KafkaJournal::keep(const std::vector<Step>& steps) {
    std::vector<EntryPtr> entries;
    for (const Step& step : steps) {
        entries.insert(entries.end(), step.entries.begin(), step.entries.end());
    }
    auto pause = limits::reopen_pause_min;
    bool lasting = false;
    for (;;) {
        const auto written = lasting ? Result<void>(damaged) : mirror_->write(entries);
        if (written) {
            break;
        }
        mirror_failing_ = true;
        {
            const std::lock_guard lock(probe_mutex_);
            ++kafka_probe_.mirror_failures;
        }
        for (const auto& lane : lanes_) {
            fail(*lane, Error(not_ready, "the mirror: " + written.error().detail), lasting);
        }
        std::unique_lock waiting(stop_mutex_);
        if (stopping_.wait_for(waiting, pause, [this] { return stop_.load(); })) {
            return;
        }
        waiting.unlock();
        pause = std::min(2 * pause, Duration(limits::reopen_pause_max));
        const auto reopened = lasting ? Result<void>(damaged) : mirror_->reopen();
        lasting = !reopened && reopened.error() == damaged;
    }
    mirror_failing_ = false;
    const std::lock_guard lock(probe_mutex_);
    probe_.puts += entries.size();
}

void KafkaJournal::publish(Lane& lane, const Step& step) {
    const auto prelude = record::decode_prelude(step.entries.front()->record.leaf);
    const bool opens_term = prelude->type == term_opened;
    if (opens_term) {
        take_term(lane, step);
    }
    {
        const std::lock_guard lock(lane.mutex);
        lane.recent.keep(step.entries, options_.recent_bytes);
        lane.head = step.head;
        lane.changed.notify_all();
    }
    lane.audience.accepted(step.entries);
    lane.followers.announce(step.head.next);
    if (opens_term) {
        const Entry& opening = *step.entries.front();
        settle_opening(lane, prelude->writer,
                       record::Placement{Sequence(opening.sequence.value() + 1), prelude->term,
                                         prelude->writer, opening.leaf_hash});
    }
}

/// A TermOpened was accepted and is about to be told: whoever wrote here before is deposed.
void KafkaJournal::take_term(Lane& lane, const Step& step) {
    end_all(lane, Error(term_ended, "term " + std::to_string(step.head.term.value()) +
                                        " was opened by " + step.head.endpoint));
    Observer* observer = nullptr;
    TermLifePtr life;
    {
        const std::lock_guard lock(lane.mutex);
        lane.missing.reset();
        if (!lane.opening || lane.opening->life->writer != step.head.writer) {
            return;
        }
        lane.opening->seated = true;
        observer = lane.opening->observer;
        life = lane.opening->life;
    }
    lane.audience.attach(*observer, life);
    const std::lock_guard lock(lane.mutex);
    lane.life = life;
}

void KafkaJournal::settle_opening(Lane& lane, const WriterId& writer,
                                  Result<record::Placement> outcome) {
    const std::lock_guard lock(lane.mutex);
    if (lane.opening && lane.opening->life->writer == writer && !lane.opening->outcome) {
        lane.opening->outcome = std::move(outcome);
        lane.changed.notify_all();
    }
}

/// Looks whether doubted partitions still have what we read, and goes on elsewhere where not.
void KafkaJournal::settle_doubts() {
    for (const auto& lane : lanes_) {
        const std::lock_guard lock(lane->reading);
        if (lane->doubt == Doubt::none || lane->faulted || !passed(lane->doubted_until)) {
            continue;
        }
        lane->doubted_until = within(doubt_pause);
        const auto settled = settle_doubt(*lane);
        if (settled) {
            lane->doubt = Doubt::none;
            reconnect_ = reconnect_ || *settled;
        } else {
            fail(*lane, Error(not_ready, settled.error().detail), false);
        }
    }
}

/// Until it can, nothing is read at all.
void KafkaJournal::reconnect_reader() {
    const auto connected = connect_reader();
    reconnect_ = !connected;
    if (connected) {
        return;
    }
    if (options_.log) {
        options_.log(3, to_string(connected.error()));
    }
    if (options_.own_threads) {
        std::unique_lock waiting(stop_mutex_);
        stopping_.wait_for(waiting, doubt_pause, [this] { return stop_.load(); });
    }
}

/// True when reading has to go on elsewhere: the partition no longer reaches where we read, or has
/// something else there. What is missing then is restored by the next open_term().
Result<bool> KafkaJournal::settle_doubt(Lane& lane) {
    CHOPMARK_ASSIGN(const auto end, consumer()->end(lane.partition, doubt_wait));
    if (lane.doubt != Doubt::out_of_range && lane.last_place) {
        CHOPMARK_ASSIGN(const bool same, agree(*lane.last_place, end));
        if (same) {
            return lane.doubt == Doubt::stalled;
        }
    }
    {
        const std::lock_guard lock(probe_mutex_);
        ++kafka_probe_.relocations;
    }
    fail(lane, Error(not_ready, "the topic has lost its end"), false);
    CHOPMARK_ASSIGN(const auto place, locate(lane.partition, end));
    CHOPMARK_TRY(stand_at(lane, place));
    const std::lock_guard lock(lane.mutex);
    lane.end_at_start = std::min(lane.end_at_start, end);  // what is lost is not waited for
    return true;
}

}  // namespace chopmark::journal
