#include "events/journal/kafka_journal.h"

#include <algorithm>

#include "events/core/ensure.h"
#include "events/journal/kafka_writer.h"

namespace chopmark::journal {

KafkaJournal::KafkaJournal(const Options& options, const Founding& founding,
                           const Surroundings& surroundings)
    : options_(options), founding_(founding), surroundings_(surroundings) {
    for (std::uint32_t i = 0; i <= founding_.partitions; ++i) {
        lanes_.push_back(std::make_unique<Lane>(PartitionId(static_cast<std::uint16_t>(i))));
    }
    fetched_.resize(lanes_.size());
}

KafkaJournal::~KafkaJournal() {
    {
        const std::lock_guard lock(stop_mutex_);
        stop_ = true;
    }
    stopping_.notify_all();
    for (std::thread* thread : {&reader_, &caretaker_}) {
        if (thread->joinable()) {
            thread->join();
        }
    }
    if (mirror_ && sync()) {
        mirror_->flush();
    }
}

bool KafkaJournal::step() {
    bool progressed = read_some(Duration(0));
    for (const auto& lane : lanes_) {
        KafkaWriter* writer = nullptr;
        {
            const std::lock_guard lock(lane->mutex);
            writer = lane->writer;
        }
        progressed = (writer != nullptr && writer->write_some()) || progressed;
    }
    if (passed(looked_after_until_)) {
        looked_after_until_ = within(options_.sync_every);
        look_after();
    }
    return progressed;
}

kafka::Deadline KafkaJournal::within(Duration time) const { return options_.cluster->now() + time; }

bool KafkaJournal::passed(kafka::Deadline deadline) const {
    return options_.cluster->now() >= deadline;
}

bool KafkaJournal::known(PartitionId partition) const { return partition.value() < lanes_.size(); }

std::shared_ptr<kafka::Consumer> KafkaJournal::consumer() const {
    const std::lock_guard lock(consumer_mutex_);
    return consumer_;
}

Result<Head> KafkaJournal::head(PartitionId partition) const {
    if (!known(partition)) {
        return Error(beyond_end, "no such partition");
    }
    const Lane& lane = *lanes_[partition.value()];
    const std::lock_guard lock(lane.mutex);
    return lane.head;
}

Result<std::vector<EntryPtr>> KafkaJournal::read(PartitionId partition, Sequence from,
                                                 const ReadBudget& budget) const {
    if (!known(partition)) {
        return Error(beyond_end, "no such partition");
    }
    const Lane& lane = *lanes_[partition.value()];
    Sequence end;
    {
        const std::lock_guard lock(lane.mutex);
        end = lane.head.next;
        if (auto recent = lane.recent.read(from, end, budget)) {
            return std::move(*recent);
        }
    }
    return mirror_->read(partition, from, end, budget);
}

std::unique_ptr<Subscription> KafkaJournal::follow(PartitionId partition, Sequence from,
                                                   std::function<void(Sequence next)> grown) {
    ensure(known(partition), "a partition of this journal");
    Lane& lane = *lanes_[partition.value()];
    return lane.followers.add(from, std::move(grown), [&] {
        const std::lock_guard lock(lane.mutex);
        return lane.head.next;
    });
}

// ---- how it stands
// ---------------------------------------------------------------------------------------

JournalProbe KafkaJournal::probe() const {
    const bool ready = std::all_of(lanes_.begin(), lanes_.end(), [](const auto& lane) {
        const std::lock_guard lock(lane->mutex);
        return !lane->failure;
    });
    const std::lock_guard lock(probe_mutex_);
    JournalProbe out = probe_;
    out.queued = queued_;
    out.ready = ready;
    return out;
}

KafkaProbe KafkaJournal::kafka_probe() const {
    KafkaProbe out;
    {
        const std::lock_guard lock(probe_mutex_);
        out = kafka_probe_;
    }
    const auto reading = consumer();
    for (const auto& lane : lanes_) {
        const std::int64_t end = reading->known_end(lane->partition);
        out.short_records += short_by(lane->partition);
        const std::lock_guard lock(lane->mutex);
        out.lag_records +=
            static_cast<std::uint64_t>(std::max<std::int64_t>(0, end - lane->read_to));
    }
    return out;
}

/// Offsets have no gaps in a topic without transactions that is never compacted, so what lies there
/// and was not accepted needs no counter that would have to outlive the process.
SkippedRecords KafkaJournal::skipped(PartitionId partition) const {
    if (!known(partition)) {
        return {};
    }
    const Lane& lane = *lanes_[partition.value()];
    const std::lock_guard lock(lane.mutex);
    SkippedRecords out = lane.skipped;
    const auto read = static_cast<std::uint64_t>(lane.read_to);
    out.count = read - std::min(read, lane.shown.value());
    return out;
}

Result<Sequence> KafkaJournal::read_to_end(PartitionId partition, Duration wait) {
    if (!known(partition)) {
        return Error(beyond_end, "no such partition");
    }
    Lane& lane = *lanes_[partition.value()];
    const auto until = within(wait);
    CHOPMARK_ASSIGN(const auto end, consumer()->end(partition, wait));
    std::unique_lock lock(lane.mutex);
    const bool read =
        await(lane, lock, until, [&] { return lane.read_to >= end || lane.failure || stop_; });
    if (lane.failure) {
        return *lane.failure;
    }
    return read && !stop_ ? Result<Sequence>(lane.head.next)
                          : Error(not_ready, "the topic is still being read");
}

bool KafkaJournal::caught_up() const {
    return std::all_of(lanes_.begin(), lanes_.end(),
                       [this](const auto& lane) { return caught_up(lane->partition); });
}

bool KafkaJournal::caught_up(PartitionId partition) const {
    const Lane& lane = *lanes_.at(partition.value());
    const std::int64_t end = consumer()->known_end(partition);
    const std::lock_guard lock(lane.mutex);
    return !lane.failure && lane.read_to >= std::max(end, lane.end_at_start) &&
           lane.shown >= lane.head.next;
}

bool KafkaJournal::read_all() const {
    return std::all_of(lanes_.begin(), lanes_.end(), [this](const auto& lane) {
        const std::int64_t end = consumer()->known_end(lane->partition);
        const std::lock_guard lock(lane->mutex);
        return !lane->failure && lane->read_to >= std::max(end, lane->end_at_start);
    });
}

std::uint64_t KafkaJournal::short_by(PartitionId partition) const {
    const Lane& lane = *lanes_.at(partition.value());
    const std::int64_t end = consumer()->known_end(partition);
    const std::lock_guard lock(lane.mutex);
    const bool read = lane.read_to >= std::max(end, lane.end_at_start);
    return read && lane.shown < lane.head.next ? lane.head.next.value() - lane.shown.value() : 0;
}

std::string KafkaJournal::failure(PartitionId partition) const {
    const Lane& lane = *lanes_.at(partition.value());
    const std::lock_guard lock(lane.mutex);
    return lane.failure ? to_string(*lane.failure) : "";
}

std::vector<PartitionTrouble> KafkaJournal::troubles() const {
    std::vector<PartitionTrouble> out;
    for (const auto& lane : lanes_) {
        const std::lock_guard lock(lane->mutex);
        if (lane->lasting) {
            out.push_back({lane->partition, *lane->failure});
        } else if (lane->missing) {
            out.push_back({lane->partition, *lane->missing});
        }
    }
    return out;
}

Sequence KafkaJournal::synced(PartitionId partition) const { return mirror_->synced(partition); }

Result<void> KafkaJournal::sync() {
    std::vector<Mirror::Place> places;
    for (const auto& lane : lanes_) {
        const std::lock_guard lock(lane->mutex);
        if (lane->unsaved) {
            places.push_back(*std::exchange(lane->unsaved, std::nullopt));
        }
    }
    return mirror_->sync(places);
}

}  // namespace chopmark::journal
