#include "ops/figures/kafka_bare.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <thread>

#include "events/record/record.h"
#include "ops/figures/in_flight.h"

namespace chopmark::figures {
namespace {

namespace kafka = journal::kafka;

constexpr int poll_ms = 100;
constexpr std::size_t poll_messages = 1024;  // as the journal's reader
constexpr int ask_ms = 10'000;
constexpr auto silence_wait = std::chrono::seconds(30);
constexpr auto reader_start = std::chrono::milliseconds(500);

kafka::Settings reading(kafka::Settings client) {
    const kafka::Settings ours = {{"group.id", "chopmark.figures"},
                                  {"enable.auto.commit", "false"},
                                  {"enable.auto.offset.store", "false"},
                                  {"auto.offset.reset", "error"},
                                  {"check.crcs", "true"},
                                  {"fetch.wait.max.ms", "100"},
                                  {"fetch.min.bytes", "1"},
                                  {"fetch.error.backoff.ms", "50"},
                                  {"queued.min.messages", "1000000"},
                                  {"queued.max.messages.kbytes", "65536"},
                                  {"socket.nagle.disable", "true"}};
    client.insert(ours.begin(), ours.end());
    return client;
}

kafka::Settings writing(kafka::Settings client) {
    const kafka::Settings ours = {{"enable.idempotence", "true"},
                                  {"acks", "all"},
                                  {"linger.ms", "0"},
                                  {"max.in.flight.requests.per.connection", "1"},
                                  {"compression.type", "none"},
                                  {"socket.nagle.disable", "true"}};
    client.insert(ours.begin(), ours.end());
    return client;
}

Error trouble(const std::string& why) { return {not_answered, why}; }

struct HandleDeleter {
    void operator()(rd_kafka_t* handle) const {
        rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    }
};
using Handle = std::unique_ptr<rd_kafka_t, HandleDeleter>;

struct TopicDeleter {
    void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using Topic = std::unique_ptr<rd_kafka_topic_t, TopicDeleter>;

struct QueueDeleter {
    void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
using Queue = std::unique_ptr<rd_kafka_queue_t, QueueDeleter>;

Result<Handle> open_handle(rd_kafka_type_t type, const kafka::Settings& settings) {
    std::array<char, 512> text{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    for (const auto& [name, value] : settings) {
        if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size()) !=
            RD_KAFKA_CONF_OK) {
            rd_kafka_conf_destroy(conf);
            return Error(kafka::bad_setting, name);
        }
    }
    rd_kafka_t* handle = rd_kafka_new(type, conf, text.data(), text.size());
    if (handle == nullptr) {
        rd_kafka_conf_destroy(conf);
        return Error(kafka::bad_setting, text.data());
    }
    return Handle(handle);
}

/// A consumer that reads partitions from absolute offsets on, as batches.
class Reader {
  public:
    static Result<Reader> open(const kafka::Settings& client, const std::string& topic,
                               std::vector<PartitionId> partitions) {
        Reader out;
        CHOPMARK_ASSIGN(out.handle_, open_handle(RD_KAFKA_CONSUMER, reading(client)));
        rd_kafka_poll_set_consumer(out.handle_.get());
        out.queue_.reset(rd_kafka_queue_get_consumer(out.handle_.get()));
        out.topic_ = topic;
        out.partitions_ = std::move(partitions);
        return out;
    }

    Result<void> begin_at_ends() {
        std::vector<std::int64_t> ends;
        for (const PartitionId partition : partitions_) {
            std::int64_t low = 0;
            std::int64_t high = 0;
            const auto error = rd_kafka_query_watermark_offsets(
                handle_.get(), topic_.c_str(), partition.value(), &low, &high, ask_ms);
            if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
                return trouble(rd_kafka_err2str(error));
            }
            ends.push_back(high);
        }
        return begin_at(ends);
    }
    /// One offset for each partition.
    Result<void> begin_at(const std::vector<std::int64_t>& offsets) {
        auto* list = rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size()));
        for (std::size_t i = 0; i < offsets.size(); ++i) {
            rd_kafka_topic_partition_list_add(list, topic_.c_str(), partitions_[i].value())
                ->offset = offsets[i];
        }
        const auto error = rd_kafka_assign(handle_.get(), list);
        rd_kafka_topic_partition_list_destroy(list);
        return error == RD_KAFKA_RESP_ERR_NO_ERROR ? Result<void>()
                                                   : trouble(rd_kafka_err2str(error));
    }
    /// Calls `each` with what came within a short while; false on an error of the partition.
    template <typename Each>
    bool poll(const Each& each) {
        // Asked for many it would wait until it has all of them.
        auto count = rd_kafka_consume_batch_queue(queue_.get(), poll_ms, taken_.data(), 1);
        if (count == 1) {
            count += std::max<ssize_t>(
                0, rd_kafka_consume_batch_queue(queue_.get(), 0, &taken_[1], taken_.size() - 1));
        }
        bool sound = true;
        for (std::size_t i = 0; count > 0 && i < static_cast<std::size_t>(count); ++i) {
            if (taken_[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
                each(*taken_[i]);
            } else {
                sound = false;
            }
            rd_kafka_message_destroy(taken_[i]);
        }
        return sound;
    }

  private:
    Handle handle_;
    Queue queue_;  // gone before the handle
    std::string topic_;
    std::vector<PartitionId> partitions_;
    std::vector<rd_kafka_message_t*> taken_ = std::vector<rd_kafka_message_t*>(poll_messages);
};

}  // namespace

struct BareKafka::Parts {
    explicit Parts(Reader opened) : reader(std::move(opened)) {}

    void run() {
        std::vector<unsigned> slots;
        while (!stop) {
            slots.clear();
            const bool sound = reader.poll([&](const rd_kafka_message_t& message) {
                slots.push_back(get_big_endian<std::uint32_t>(
                    ByteView(static_cast<const char*>(message.key), message.key_len)));
            });
            if (!slots.empty()) {
                read(slots);
            }
            if (!sound) {
                broken(trouble("the bare consumer met an error"));
            }
        }
    }

    Reader reader;
    Read read;
    Broken broken;
    Handle producer;
    Topic topic;  // gone before its producer
    std::vector<rd_kafka_message_t> burst;
    std::atomic<bool> stop{false};
    std::thread thread;
};

BareKafka::BareKafka(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

BareKafka::~BareKafka() {
    parts_->stop = true;
    parts_->thread.join();
}

Result<std::unique_ptr<BareKafka>> BareKafka::open(const kafka::Settings& client,
                                                   const std::string& topic,
                                                   std::vector<PartitionId> partitions, Read read,
                                                   Broken broken) {
    CHOPMARK_ASSIGN(auto reader, Reader::open(client, topic, std::move(partitions)));
    CHOPMARK_TRY(reader.begin_at_ends());
    auto parts = std::make_unique<Parts>(std::move(reader));
    parts->read = std::move(read);
    parts->broken = std::move(broken);
    // Without a callback for delivery reports librdkafka makes none: it is the reader that tells.
    CHOPMARK_ASSIGN(parts->producer, open_handle(RD_KAFKA_PRODUCER, writing(client)));
    parts->topic.reset(rd_kafka_topic_new(parts->producer.get(), topic.c_str(), nullptr));
    parts->thread = std::thread([own = parts.get()] { own->run(); });
    auto out = std::unique_ptr<BareKafka>(new BareKafka(std::move(parts)));
    std::this_thread::sleep_for(reader_start);
    return out;
}

Result<void> BareKafka::produce(PartitionId partition,
                                std::span<const kafka::Outgoing* const> records) {
    auto& burst = parts_->burst;
    burst.assign(records.size(), {});
    for (std::size_t i = 0; i < records.size(); ++i) {
        burst[i].key = const_cast<char*>(records[i]->key.data());
        burst[i].key_len = records[i]->key.size();
        burst[i].payload = const_cast<char*>(records[i]->payload.data());
        burst[i].len = records[i]->payload.size();
    }
    const int queued =
        rd_kafka_produce_batch(parts_->topic.get(), partition.value(), RD_KAFKA_MSG_F_COPY,
                               burst.data(), static_cast<int>(burst.size()));
    return queued == static_cast<int>(burst.size()) ? Result<void>()
                                                    : trouble("the bare producer is full");
}

Result<BareCatchUp> read_bare(const kafka::Settings& client, const std::string& topic,
                              PartitionId partition, std::int64_t end, BareKeep* keep) {
    const auto begin = std::chrono::steady_clock::now();
    CHOPMARK_ASSIGN(auto reader, Reader::open(client, topic, {partition}));
    CHOPMARK_TRY(reader.begin_at({0}));
    BareCatchUp out;
    std::int64_t next = 0;
    bool good = true;
    auto until = std::chrono::steady_clock::now() + silence_wait;
    while (next < end && good) {
        const std::int64_t before = next;
        const bool sound = reader.poll([&](const rd_kafka_message_t& message) {
            const ByteView bytes(static_cast<const char*>(message.payload), message.len);
            const auto record = record::decode_record(bytes);
            good = good && record && record::decode_prelude(record->leaf) &&
                   record::leaf_hash(record->leaf) != Digest();
            if (keep != nullptr) {
                keep->add(bytes);
            }
            next = message.offset + 1;
            ++out.records;
        });
        if (keep != nullptr && next > before) {
            keep->write();
        }
        const auto now = std::chrono::steady_clock::now();
        until = next > before ? now + silence_wait : until;
        if (!sound || now > until) {
            return trouble("the bare consumer does not get on");
        }
    }
    if (!good) {
        return trouble("the bare consumer read what is no record");
    }
    out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return out;
}

}  // namespace chopmark::figures
