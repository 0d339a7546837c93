// What a topic lost, and where it is had from: this node's mirror, and those of others.
#include <algorithm>

#include "events/journal/kafka_lane.h"

namespace chopmark::journal {

/// Nothing is opened behind records that a node which can be reached knows of, and the topic does
/// not show (design-notes A11). What is asked for first is whether the others agree with what this
/// node has, so that nothing is appended into a quarrel.
Result<void> KafkaJournal::regain(Lane& lane, kafka::Producer& producer, kafka::Deadline until) {
    PeerTails* const peers = options_.peers ? options_.peers() : nullptr;
    std::optional<LongerTail> longer;
    if (peers != nullptr) {
        CHOPMARK_ASSIGN(longer, ask_peers(lane, *peers));
    }
    if (longer) {
        // An owner that still writes is ahead of who only reads. What it told of before it answered
        // was in the topic by then, and is there now unless it was lost.
        CHOPMARK_TRY(catch_up(lane, until));
    }
    CHOPMARK_TRY(restore(lane, producer, until));
    if (longer) {
        CHOPMARK_TRY(fetch(lane, *peers, *longer, producer, until));
    }
    lane.longer.reset();
    return {};
}

Result<std::optional<LongerTail>> KafkaJournal::ask_peers(Lane& lane, PeerTails& peers) {
    Head ours;
    bool lost = false;
    {
        const std::lock_guard lock(lane.mutex);
        ours = lane.head;
        lost = lane.shown < ours.next || lane.longer;
    }
    CHOPMARK_ASSIGN(
        const TailSurvey survey,
        survey_tails(peers, lane.partition, ours, lost ? Patience::after_loss : Patience::usual));
    for (const ToldTail& silent : survey.silent) {
        say(5, lane.partition,
            "a term is opened without asking node " + silent.node.hex() + ": " +
                to_string(silent.page.error()));
    }
    {
        const std::lock_guard lock(probe_mutex_);
        kafka_probe_.silent_peers += survey.silent.size();
    }
    CHOPMARK_TRY(remember(lane, survey));
    return survey.longer;
}

/// A node that told of more and says nothing now still has it.
Result<void> KafkaJournal::remember(Lane& lane, const TailSurvey& survey) {
    if (survey.longer) {
        lane.longer = survey.longer;
        lane.longer_until = within(told_wait);
        return {};
    }
    const bool silent =
        lane.longer && std::ranges::any_of(survey.silent, [&](const ToldTail& told) {
            return told.node == lane.longer->node;
        });
    if (silent && !passed(lane.longer_until)) {
        return Error(tail_missing, "partition " + std::to_string(lane.partition.value()) +
                                       ": node " + lane.longer->node.hex() +
                                       " told of more, and says nothing now");
    }
    lane.longer.reset();
    return {};
}

/// Appends what the mirror has and the topic lost. Where several nodes do so, the accept rule takes
/// the first copy.
Result<void> KafkaJournal::restore(Lane& lane, kafka::Producer& producer, kafka::Deadline until) {
    for (;;) {
        Sequence from;
        Sequence end;
        {
            const std::lock_guard lock(lane.mutex);
            from = lane.shown;
            end = lane.head.next;
        }
        if (from >= end) {
            return {};
        }
        const ReadBudget budget{options_.batch_records, options_.batch_bytes};
        CHOPMARK_ASSIGN(const auto page, mirror_->read(lane.partition, from, end, budget));
        std::vector<record::Record> records;
        for (const EntryPtr& entry : page) {
            records.push_back(entry->record);
        }
        const Sequence behind(from.value() + records.size());
        CHOPMARK_TRY(append_again(lane, records, behind, producer, until));
    }
}

/// Appends what another node's mirror has beyond ours; it comes into ours by being read.
Result<void> KafkaJournal::fetch(Lane& lane, PeerTails& peers, const LongerTail& longer,
                                 kafka::Producer& producer, kafka::Deadline until) {
    Head ours;
    {
        const std::lock_guard lock(lane.mutex);
        ours = lane.head;
    }
    MissingTail tail(peers, longer,
                     AcceptRule(lane.partition, founding_.hash, surroundings_.authority, ours));
    while (!tail.complete()) {
        CHOPMARK_ASSIGN(const auto records, tail.next());
        CHOPMARK_TRY(append_again(lane, records, tail.at(), producer, until));
        const std::lock_guard lock(probe_mutex_);
        kafka_probe_.regained_records += records.size();
    }
    return {};
}

/// Returns when the topic shows all records below `behind`.
Result<void> KafkaJournal::append_again(Lane& lane, const std::vector<record::Record>& records,
                                        Sequence behind, kafka::Producer& producer,
                                        kafka::Deadline until) {
    std::vector<kafka::Outgoing> batch;
    for (const record::Record& record : records) {
        batch.push_back({record::decode_prelude(record.leaf)->event_id.to_bytes(), encode(record)});
    }
    const auto sent = producer.deliver(lane.partition, batch, soon(until), stop_);
    if (!sent) {
        return Error(not_ready, sent.error().detail);
    }
    std::unique_lock lock(lane.mutex);
    const bool read = await(lane, lock, soon(until),
                            [&] { return lane.shown >= behind || lane.failure || stop_; });
    if (lane.failure) {
        return *lane.failure;
    }
    return read && !stop_ ? Result<void>()
                          : Error(not_ready, "restored records were not read back");
}

/// Whoever waits for the partition can do nothing about it, so it is told to operators: once.
void KafkaJournal::note_missing(Lane& lane, const Result<void>& outcome) {
    const bool missing =
        !outcome && (outcome.error() == tail_missing || outcome.error() == tail_contradicted);
    if (!outcome && !missing) {
        return;  // nothing was learned
    }
    const auto now = missing ? std::optional(outcome.error()) : std::nullopt;
    std::optional<Error> before;
    {
        const std::lock_guard lock(lane.mutex);
        before = std::exchange(lane.missing, now);
    }
    if (now && (!before || before->reason != now->reason)) {
        say(3, lane.partition, "no term is opened: " + to_string(*now));
    } else if (before && !now) {
        say(5, lane.partition, "what was missing is there, or nobody knows of it any more");
    }
}

void KafkaJournal::say(int level, PartitionId partition, const std::string& text) const {
    if (options_.log) {
        options_.log(level, "partition " + std::to_string(partition.value()) + ": " + text);
    }
}

/// What another node may rely on: synced, and no byte of it changed since.
Result<TailPage> KafkaJournal::tail(PartitionId partition, Sequence from, std::size_t at_most) {
    if (!known(partition)) {
        return Error(beyond_end, "no such partition");
    }
    CHOPMARK_TRY(sync());
    TailPage out;
    out.end = mirror_->synced(partition);
    if (from > out.end) {
        return out;
    }
    if (from > Sequence(0)) {
        const Sequence before(from.value() - 1);
        CHOPMARK_ASSIGN(const auto last, mirror_->read(partition, before, from, {}));
        if (last.empty()) {
            return Error(damaged, "the mirror lacks a record below its end");
        }
        out.previous = last.front()->leaf_hash;
    }
    const std::size_t records = std::min(at_most, tail_page_records);
    if (records == 0) {
        return out;
    }
    CHOPMARK_ASSIGN(const auto page,
                    mirror_->read(partition, from, out.end, {records, tail_page_bytes}));
    for (const EntryPtr& entry : page) {
        out.records.push_back(encode(entry->record));
    }
    return out;
}

}  // namespace chopmark::journal
