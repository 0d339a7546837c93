// How a Kafka journal opens: the topic is what it must be, it is ours, and the place to go on
// reading is one where topic and mirror agree.
#include <algorithm>

#include "events/journal/kafka_lane.h"
#include "events/journal/kafka_peek.h"

namespace chopmark::journal {
namespace {

std::string place_name(PartitionId partition, std::int64_t offset) {
    return "partition " + std::to_string(partition.value()) + ", offset " + std::to_string(offset);
}

}  // namespace

Result<std::unique_ptr<KafkaJournal>> KafkaJournal::open(const Options& options,
                                                         const Founding& founding,
                                                         const Surroundings& surroundings) {
    std::unique_ptr<KafkaJournal> journal(new KafkaJournal(options, founding, surroundings));
    CHOPMARK_TRY(journal->start());
    return journal;
}

kafka::Settings KafkaJournal::reader_settings() const {
    auto out = kafka::reading_settings(options_.client);
    out["queued.min.messages"] = "1000000";
    const std::size_t share = options_.fetched_bytes / lanes_.size() / 1024;
    out["queued.max.messages.kbytes"] = std::to_string(std::clamp<std::size_t>(share, 4096, 65536));
    return out;
}

kafka::Settings KafkaJournal::writer_settings() const {
    return kafka::writing_settings(options_.client);
}

Result<void> KafkaJournal::start() {
    {
        CHOPMARK_ASSIGN(const auto facts,
                        options_.cluster->describe(options_.client, options_.topic.topic,
                                                   options_.answer_wait, options_.log));
        auto rules = options_.topic;
        rules.partitions = founding_.partitions;
        CHOPMARK_TRY(kafka::check_topic(rules, facts));
    }
    CHOPMARK_ASSIGN(mirror_, Mirror::open(options_.mirror, founding_.hash, founding_.partitions,
                                          surroundings_.authority));
    CHOPMARK_TRY(place_lanes());
    CHOPMARK_TRY(connect_reader());
    if (options_.own_threads) {
        reader_ = std::thread([this] { run_reader(); });
        caretaker_ = std::thread([this] { run_caretaker(); });
    }
    // Nothing is written before all that is there has been seen to be ours.
    CHOPMARK_ASSIGN(const auto empty, wait_for_openings());
    if (empty.empty()) {
        return {};
    }
    CHOPMARK_TRY(found(empty));
    CHOPMARK_ASSIGN(const auto still_empty, wait_for_openings());
    return still_empty.empty() ? Result<void>() : Error(foreign_log, "record 0 is not accepted");
}

Result<void> KafkaJournal::place_lanes() {
    CHOPMARK_ASSIGN(const auto asking, options_.cluster->open_consumer(
                                           reader_settings(), options_.topic.topic, options_.log));
    for (const auto& lane : lanes_) {
        const auto marks = asking->watermarks(lane->partition, options_.answer_wait);
        if (!marks) {
            return marks.error();
        }
        const Head& mirrored = mirror_->heads()[lane->partition.value()];
        if (marks->low > 0) {
            return Error(kafka::topic_unsafe, "the topic has deleted records: " +
                                                  place_name(lane->partition, marks->low) +
                                                  " is the first");
        }
        if (marks->high == 0 && mirrored.next > Sequence(0) && !options_.restore_from_mirror) {
            return Error(topic_lost, "partition " + std::to_string(lane->partition.value()) +
                                         " is empty, the mirror has " +
                                         std::to_string(mirrored.next.value()) + " records");
        }
        lane->head = mirrored;
        lane->end_at_start = marks->high;
        CHOPMARK_ASSIGN(const auto place, locate(lane->partition, marks->high));
        CHOPMARK_TRY(stand_at(*lane, place));
    }
    return {};
}

/// Whether the topic has, directly before a place, what the mirror has.
Result<bool> KafkaJournal::agree(const Mirror::Place& place, std::int64_t high) const {
    if (place.offset > high) {
        return false;
    }
    auto settings = reader_settings();
    settings["queued.min.messages"] = "1";
    CHOPMARK_ASSIGN(const auto peeking,
                    options_.cluster->open_consumer(settings, options_.topic.topic, options_.log));
    const Sequence last(place.next.value() - 1);
    CHOPMARK_ASSIGN(const auto ours, mirror_->read(place.partition, last, place.next, {}));
    const auto until = within(options_.answer_wait);
    CHOPMARK_ASSIGN(const auto theirs, kafka::peek(*peeking, place.partition, place.offset - 1,
                                                   [&] { return passed(until); }));
    return theirs && !ours.empty() && *theirs == encode(ours.front()->record);
}

/// The newest known place where both agree; the topic's beginning if there is none.
Result<Mirror::Place> KafkaJournal::locate(PartitionId partition, std::int64_t high) const {
    for (const Mirror::Place& place : mirror_->places(partition)) {
        CHOPMARK_ASSIGN(const bool same, agree(place, high));
        if (same) {
            return place;
        }
    }
    return Mirror::Place{partition, Sequence(0), 0};
}

Result<void> KafkaJournal::stand_at(Lane& lane, const Mirror::Place& place) {
    CHOPMARK_ASSIGN(auto head, mirror_->head_before(lane.partition, place.next));
    lane.rule.emplace(lane.partition, founding_.hash, surroundings_.authority, std::move(head));
    lane.offset = place.offset;
    lane.known.clear();
    lane.ahead.clear();
    lane.last_place = place.next > Sequence(0) ? std::optional(place) : std::nullopt;
    lane.saved.reset();
    const std::lock_guard lock(lane.mutex);
    lane.mirrored = lane.head.next;
    lane.shown = place.next;
    lane.read_to = place.offset;
    lane.unsaved.reset();
    return {};
}

Result<void> KafkaJournal::connect_reader() {
    CHOPMARK_ASSIGN(
        std::shared_ptr<kafka::Consumer> fresh,
        options_.cluster->open_consumer(reader_settings(), options_.topic.topic, options_.log));
    std::map<PartitionId, std::int64_t> offsets;
    for (const auto& lane : lanes_) {
        const std::lock_guard lock(lane->reading);
        offsets[lane->partition] = lane->offset;
    }
    CHOPMARK_TRY(fresh->assign(offsets));
    const std::lock_guard lock(consumer_mutex_);
    consumer_ = std::move(fresh);
    return {};
}

/// Partitions that have no record 0 though all that was there has been read.
Result<std::vector<PartitionId>> KafkaJournal::wait_for_openings() {
    std::vector<PartitionId> empty;
    for (const auto& lane : lanes_) {
        std::unique_lock lock(lane->mutex);
        const bool settled = await(*lane, lock, within(options_.answer_wait), [&] {
            return lane->failure || lane->head.next > Sequence(0) ||
                   lane->read_to >= lane->end_at_start;
        });
        if (lane->failure && lane->lasting) {
            return *lane->failure;
        }
        if (!settled) {
            return Error(not_ready, "the beginning of the topic could not be read");
        }
        if (lane->head.next == Sequence(0)) {
            empty.push_back(lane->partition);
        }
    }
    return empty;
}

Result<void> KafkaJournal::found(const std::vector<PartitionId>& empty) {
    CHOPMARK_ASSIGN(
        const auto producer,
        options_.cluster->open_producer(writer_settings(), options_.topic.topic, options_.log));
    const std::atomic<bool> never{false};
    for (const PartitionId partition : empty) {
        const auto event = surroundings_.entropy.draw<EventId>();
        CHOPMARK_ASSIGN(
            const auto record,
            partition_opened_record(founding_, partition, surroundings_.clock.now(), event));
        const kafka::Outgoing opening{event.to_bytes(), encode(record)};
        CHOPMARK_ASSIGN(const auto offsets, producer->deliver(partition, std::span(&opening, 1),
                                                              within(options_.answer_wait), never));
        Lane& lane = *lanes_[partition.value()];
        const std::lock_guard lock(lane.mutex);
        lane.end_at_start = offsets.front() + 1;
    }
    return {};
}

}  // namespace chopmark::journal
