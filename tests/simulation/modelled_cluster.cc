#include "tests/simulation/modelled_cluster.h"

#include "events/core/ensure.h"
#include "events/journal/journal.h"

namespace chopmark::test {

namespace kafka = journal::kafka;
using kafka::Message;

ModelledCluster::Counts& ModelledCluster::Counts::operator+=(const Counts& other) {
    failed += other.failed;
    written += other.written;
    in_part += other.in_part;
    late += other.late;
    doubled += other.doubled;
    lags += other.lags;
    old_leaders += other.old_leaders;
    unanswered += other.unanswered;
    cuts += other.cuts;
    cut_records += other.cut_records;
    return *this;
}

// ---- reading
// ---------------------------------------------------------------------------------------

class ModelledCluster::ModelledConsumer final : public kafka::Consumer {
  public:
    explicit ModelledConsumer(ModelledCluster& cluster) : cluster_(cluster) {}

    Result<void> assign(const std::map<PartitionId, std::int64_t>& offsets) override {
        places_.clear();
        for (const auto& [partition, offset] : offsets) {
            places_[partition].offset = static_cast<std::size_t>(offset);
        }
        return {};
    }
    Batch poll(Duration wait, std::size_t at_most) override;
    Result<std::int64_t> end(PartitionId partition, Duration wait) const override {
        CHOPMARK_ASSIGN(const auto marks, watermarks(partition, wait));
        return marks.high;
    }
    Result<kafka::Watermarks> watermarks(PartitionId partition, Duration wait) const override;
    std::int64_t known_end(PartitionId partition) const override {
        const auto place = places_.find(partition);
        return place == places_.end() ? -1 : place->second.known_end;
    }

  private:
    struct Place {
        std::size_t offset = 0;
        std::int64_t known_end = -1;
        bool end_told = false;
        bool out_of_range = false;  // nothing more comes
    };
    using Kept = std::vector<journal::MemoryLog::Stored>;
    void fetch(PartitionId partition, Place& place, std::size_t at_most, Kept& kept,
               std::vector<Message>& out);

    ModelledCluster& cluster_;
    std::map<PartitionId, Place> places_;
};

kafka::Consumer::Batch ModelledCluster::ModelledConsumer::poll(Duration wait, std::size_t at_most) {
    static_cast<void>(cluster_.log_.tick());
    const auto kept = std::make_shared<Kept>();
    std::vector<Message> out;
    for (auto& [partition, place] : places_) {
        if (cluster_.answers(partition) && !place.out_of_range) {
            fetch(partition, place, at_most, *kept, out);
        }
    }
    if (out.empty()) {
        cluster_.pass(wait);
    }
    return {std::move(out), kept};
}

void ModelledCluster::ModelledConsumer::fetch(PartitionId partition, Place& place,
                                              std::size_t at_most, Kept& kept,
                                              std::vector<Message>& out) {
    const std::size_t size = cluster_.log_.size(partition);
    place.known_end = static_cast<std::int64_t>(size);
    const auto at = [&] { return static_cast<std::int64_t>(place.offset); };
    if (place.offset > size) {
        place.out_of_range = true;
        out.push_back({Message::What::out_of_range, partition, at(), {}});
        return;
    }
    const std::size_t there = std::min(size - place.offset, at_most);
    const std::size_t taken = there == 0 ? 0 : cluster_.plan_.fetch(there);
    if (taken < there) {
        ++cluster_.counts_.lags;
        out.push_back({Message::What::trouble, partition, -1, "the fetch brought little"});
    }
    for (auto& stored : cluster_.log_.read(partition, place.offset, taken)) {
        out.push_back({Message::What::record, partition, at(), ByteView(*stored)});
        kept.push_back(std::move(stored));
        ++place.offset;
        place.end_told = false;
    }
    if (place.offset == size && !std::exchange(place.end_told, true)) {
        out.push_back({Message::What::end, partition, at(), {}});
    }
}

Result<kafka::Watermarks> ModelledCluster::ModelledConsumer::watermarks(PartitionId partition,
                                                                        Duration wait) const {
    if (!cluster_.answers(partition)) {
        cluster_.pass(wait);
        return Error(journal::not_ready, "no leader");
    }
    const std::size_t size = cluster_.log_.size(partition);
    const std::size_t behind = std::min(size, cluster_.plan_.behind());
    cluster_.counts_.old_leaders += behind > 0 ? 1 : 0;
    return kafka::Watermarks{0, static_cast<std::int64_t>(size - behind)};
}

// ---- writing
// ---------------------------------------------------------------------------------------

class ModelledCluster::ModelledProducer final : public kafka::Producer {
  public:
    explicit ModelledProducer(ModelledCluster& cluster) : cluster_(cluster) {}

    Result<std::vector<std::int64_t>> deliver(PartitionId partition,
                                              std::span<const kafka::Outgoing> batch,
                                              kafka::Deadline deadline,
                                              const std::atomic<bool>& give_up) override;
    std::optional<Instant> appended_at() const override { return std::nullopt; }
    Result<void> idle() override {
        return spent_ ? Result<void>(Error(kafka::producer_spent, "fatal")) : Result<void>();
    }

  private:
    Error fail(PartitionId partition, std::vector<Bytes> batch, const Fate& fate);

    ModelledCluster& cluster_;
    bool spent_ = false;
};

Result<std::vector<std::int64_t>> ModelledCluster::ModelledProducer::deliver(
    PartitionId partition, std::span<const kafka::Outgoing> batch, kafka::Deadline deadline,
    const std::atomic<bool>& give_up) {
    ensure(!spent_ && !give_up, "a producer is not used after an error");
    std::vector<Bytes> records;
    for (const kafka::Outgoing& outgoing : batch) {
        records.push_back(outgoing.payload);
    }
    const Fate fate = cluster_.plan_.produce(partition, batch.size());
    const bool later = fate.request == Request::late || fate.request == Request::doubled;
    if (!cluster_.answers(partition)) {
        spent_ = true;
        ++cluster_.counts_.unanswered;
        if (later) {
            cluster_.log_.submit(partition, std::move(records), fate.polls);
        }
        cluster_.now_ = std::max(cluster_.now_, deadline);
        return Error(journal::not_ready, "the cluster did not confirm in time");
    }
    if (fate.request != Request::confirmed && fate.request != Request::doubled) {
        spent_ = true;
        return fail(partition, std::move(records), fate);
    }
    std::vector<std::int64_t> offsets;
    for (std::size_t at = cluster_.log_.size(partition); offsets.size() < batch.size(); ++at) {
        offsets.push_back(static_cast<std::int64_t>(at));
    }
    if (later) {
        ++cluster_.counts_.doubled;
        cluster_.log_.submit(partition, records, fate.polls);
    }
    cluster_.log_.submit(partition, std::move(records));
    return offsets;
}

Error ModelledCluster::ModelledProducer::fail(PartitionId partition, std::vector<Bytes> batch,
                                              const Fate& fate) {
    Counts& counts = cluster_.counts_;
    switch (fate.request) {
        case Request::lost:
            ++counts.failed;
            return {kafka::producer_spent, "the request was lost"};
        case Request::written:
            ++counts.written;
            cluster_.log_.submit(partition, std::move(batch));
            break;
        case Request::written_in_part:
            ++counts.in_part;
            batch.resize((batch.size() + 1) / 2);
            cluster_.log_.submit(partition, std::move(batch));
            break;
        case Request::late:
            ++counts.late;
            cluster_.log_.submit(partition, std::move(batch), fate.polls);
            break;
        case Request::confirmed:
        case Request::doubled:
            ensure(false, "a request that failed");
    }
    return {kafka::producer_spent, "the answer was lost"};
}

// ---- the cluster
// ---------------------------------------------------------------------------------------

ModelledCluster::ModelledCluster(std::uint16_t citizen_partitions, Plan plan)
    : partitions_(citizen_partitions), plan_(std::move(plan)), log_(citizen_partitions) {}

Result<std::unique_ptr<kafka::Consumer>> ModelledCluster::open_consumer(const kafka::Settings&,
                                                                        const std::string&,
                                                                        const kafka::Log&) {
    return std::make_unique<ModelledConsumer>(*this);
}

Result<std::unique_ptr<kafka::Producer>> ModelledCluster::open_producer(const kafka::Settings&,
                                                                        const std::string&,
                                                                        const kafka::Log&) {
    return std::make_unique<ModelledProducer>(*this);
}

Result<kafka::TopicFacts> ModelledCluster::describe(const kafka::Settings&,
                                                    const std::string& topic, Duration,
                                                    const kafka::Log&) {
    kafka::TopicRules rules;
    rules.topic = topic;
    rules.partitions = partitions_;
    auto out = kafka::wanted_topic(rules);
    out.settings["max.message.bytes"] = "1048588";  // Kafka's default
    return out;
}

void ModelledCluster::land_all() {
    while (log_.tick()) {
    }
}

void ModelledCluster::set_answering(PartitionId partition, bool answering) {
    if (answering) {
        silent_.erase(partition);
    } else {
        silent_.insert(partition);
    }
}

void ModelledCluster::cut(PartitionId partition, std::size_t records) {
    const std::size_t size = log_.size(partition);
    ensure(records < size, "the first record stays");
    ++counts_.cuts;
    counts_.cut_records += records;
    log_.cut(partition, size - records);
}

}  // namespace chopmark::test
