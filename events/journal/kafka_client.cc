#include "events/journal/kafka_client.h"

#include <algorithm>
#include <thread>

#include "events/journal/journal.h"
#include "events/journal/kafka_handle.h"

namespace chopmark::journal::kafka {
namespace {

constexpr Duration retry_pause = std::chrono::milliseconds(20);
/// Of one question to a leader; it answers in milliseconds, or is gone.
constexpr Duration leader_answer = std::chrono::seconds(1);

struct ListDeleter {
    void operator()(rd_kafka_topic_partition_list_t* list) const {
        rd_kafka_topic_partition_list_destroy(list);
    }
};
using List = std::unique_ptr<rd_kafka_topic_partition_list_t, ListDeleter>;

}  // namespace

// ---- consumer
// ---------------------------------------------------------------------------------------

class LibrdkafkaConsumer final : public Consumer {
  public:
    ~LibrdkafkaConsumer() override;
    Result<void> open(const Settings& settings, std::string topic, Log log);

    Result<void> assign(const std::map<PartitionId, std::int64_t>& offsets) override;
    Batch poll(Duration wait, std::size_t at_most) override;
    Result<std::int64_t> end(PartitionId partition, Duration wait) const override;
    Result<Watermarks> watermarks(PartitionId partition, Duration wait) const override;
    std::int64_t known_end(PartitionId partition) const override;

  private:
    [[nodiscard]] Result<std::int64_t> offset(PartitionId partition, std::int64_t which,
                                              Duration wait) const;

    std::unique_ptr<Ears> ears_ = std::make_unique<Ears>();
    std::string topic_;
    rd_kafka_t* consumer_ = nullptr;
    rd_kafka_queue_t* queue_ = nullptr;
};

LibrdkafkaConsumer::~LibrdkafkaConsumer() {
    if (queue_ != nullptr) {
        rd_kafka_queue_destroy(queue_);
    }
    if (consumer_ != nullptr) {
        rd_kafka_destroy_flags(consumer_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    }
}

Result<std::unique_ptr<Consumer>> Consumer::open(const Settings& settings, std::string topic,
                                                 Log log) {
    auto consumer = std::make_unique<LibrdkafkaConsumer>();
    CHOPMARK_TRY(consumer->open(settings, std::move(topic), std::move(log)));
    return std::unique_ptr<Consumer>(std::move(consumer));
}

Result<void> LibrdkafkaConsumer::open(const Settings& settings, std::string topic, Log log) {
    ears_->log = std::move(log);
    topic_ = std::move(topic);
    Settings all = settings;
    // librdkafka wants a group's name even of who never joins one, and never commits.
    all.try_emplace("group.id", "chopmark.reader");
    CHOPMARK_ASSIGN(consumer_, open_handle(RD_KAFKA_CONSUMER, all, ears_));
    rd_kafka_poll_set_consumer(consumer_);
    queue_ = rd_kafka_queue_get_consumer(consumer_);
    return {};
}

Result<void> LibrdkafkaConsumer::assign(const std::map<PartitionId, std::int64_t>& offsets) {
    const List list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
    for (const auto& [partition, offset] : offsets) {
        rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition.value())->offset =
            offset;
    }
    const auto error = rd_kafka_assign(consumer_, list.get());
    return error == RD_KAFKA_RESP_ERR_NO_ERROR ? Result<void>() : unreachable(error);
}

Consumer::Batch::Batch() = default;
Consumer::Batch::Batch(std::vector<Message> messages, std::shared_ptr<const void> kept)
    : kept_(std::move(kept)), messages_(std::move(messages)) {}
Consumer::Batch::Batch(Batch&&) noexcept = default;
Consumer::Batch& Consumer::Batch::operator=(Batch&& other) noexcept {
    std::swap(held_, other.held_);
    std::swap(kept_, other.kept_);
    std::swap(messages_, other.messages_);
    return *this;
}
Consumer::Batch::~Batch() {
    for (void* message : held_) {
        rd_kafka_message_destroy(static_cast<rd_kafka_message_t*>(message));
    }
}

Consumer::Batch LibrdkafkaConsumer::poll(Duration wait, std::size_t at_most) {
    Batch out;
    std::vector<rd_kafka_message_t*> taken(at_most);
    // Asked for many, librdkafka waits until it has all of them or the time is over: so for one,
    // and without waiting for the rest.
    auto count = rd_kafka_consume_batch_queue(queue_, millis(wait), taken.data(), 1);
    if (count == 1 && at_most > 1) {
        count += std::max<ssize_t>(
            0, rd_kafka_consume_batch_queue(queue_, 0, &taken[1], taken.size() - 1));
    }
    for (std::size_t i = 0; count > 0 && i < static_cast<std::size_t>(count); ++i) {
        rd_kafka_message_t* message = taken[i];
        out.held_.push_back(message);
        Message news{
            Message::What::record,
            PartitionId(
                static_cast<std::uint16_t>(message->partition < 0 ? 0 : message->partition)),
            message->offset, ByteView(static_cast<const char*>(message->payload), message->len),
            ByteView(static_cast<const char*>(message->key), message->key_len)};
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            news.what = Message::What::end;
        } else if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
                   message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
            news.what = Message::What::out_of_range;
        } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            news.what = Message::What::trouble;
            news.payload = rd_kafka_message_errstr(message);
        }
        out.messages_.push_back(news);
    }
    return out;
}

std::optional<ByteView> Consumer::Batch::header(std::size_t message, const char* name) const {
    if (held_.empty()) {
        return std::nullopt;
    }
    rd_kafka_headers_t* headers = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    auto* held = static_cast<rd_kafka_message_t*>(held_.at(message));
    if (rd_kafka_message_headers(held, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        value == nullptr) {
        return std::nullopt;
    }
    return ByteView(static_cast<const char*>(value), size);
}

/// librdkafka's own question for watermarks has no bound: it is put to a leader that died again and
/// again, each time for a socket's time-out, long after another one was elected. This one is given
/// up soon, and the next goes to whoever leads then.
Result<std::int64_t> LibrdkafkaConsumer::offset(PartitionId partition, std::int64_t which,
                                                Duration wait) const {
    const Deadline until = within(wait);
    for (;;) {
        const List list(rd_kafka_topic_partition_list_new(1));
        auto* asked =
            rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition.value());
        asked->offset = which;
        const auto left =
            std::chrono::duration_cast<Duration>(until - std::chrono::steady_clock::now());
        auto error = rd_kafka_offsets_for_times(
            consumer_, list.get(), std::max(1, millis(std::min(left, Duration(leader_answer)))));
        error = error == RD_KAFKA_RESP_ERR_NO_ERROR ? asked->err : error;
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR && asked->offset >= 0) {
            return asked->offset;
        }
        if (passed(until)) {
            return unreachable(error);
        }
        // A leader that has just come up, or just gone, refuses at once.
        std::this_thread::sleep_for(retry_pause);
    }
}

Result<std::int64_t> LibrdkafkaConsumer::end(PartitionId partition, Duration wait) const {
    return offset(partition, RD_KAFKA_OFFSET_END, wait);
}

Result<Watermarks> LibrdkafkaConsumer::watermarks(PartitionId partition, Duration wait) const {
    CHOPMARK_ASSIGN(const std::int64_t low, offset(partition, RD_KAFKA_OFFSET_BEGINNING, wait));
    CHOPMARK_ASSIGN(const std::int64_t high, offset(partition, RD_KAFKA_OFFSET_END, wait));
    return Watermarks{low, high};
}

std::int64_t LibrdkafkaConsumer::known_end(PartitionId partition) const {
    std::int64_t low = -1;
    std::int64_t high = -1;
    const auto error =
        rd_kafka_get_watermark_offsets(consumer_, topic_.c_str(), partition.value(), &low, &high);
    return error == RD_KAFKA_RESP_ERR_NO_ERROR ? std::max<std::int64_t>(high, -1) : -1;
}

// ---- producer
// ---------------------------------------------------------------------------------------

namespace {

class LibrdkafkaProducer final : public Producer {
  public:
    ~LibrdkafkaProducer() override;
    Result<void> open(const Settings& settings, const std::string& topic, Log log);

    Result<std::vector<std::int64_t>> deliver(PartitionId partition,
                                              std::span<const Outgoing> batch, Deadline deadline,
                                              const std::atomic<bool>& give_up) override;
    std::optional<Instant> appended_at() const override { return ears_->appended_at; }
    Result<void> idle() override;

  private:
    std::unique_ptr<Ears> ears_ = std::make_unique<Ears>();
    rd_kafka_t* producer_ = nullptr;
    rd_kafka_topic_t* topic_ = nullptr;
};

class LibrdkafkaCluster final : public Cluster {
  public:
    Result<std::unique_ptr<Consumer>> open_consumer(const Settings& settings,
                                                    const std::string& topic,
                                                    const Log& log) override {
        return Consumer::open(settings, topic, log);
    }
    Result<std::unique_ptr<Producer>> open_producer(const Settings& settings,
                                                    const std::string& topic,
                                                    const Log& log) override {
        return Producer::open(settings, topic, log);
    }
    Result<TopicFacts> describe(const Settings& settings, const std::string& topic, Duration wait,
                                const Log& log) override {
        CHOPMARK_ASSIGN(const auto admin, Admin::open(settings, log));
        return admin->describe(topic, wait);
    }
    Deadline now() const override { return std::chrono::steady_clock::now(); }
};

Error refused(rd_kafka_resp_err_t error) { return {producer_spent, rd_kafka_err2str(error)}; }

Result<void> hand_over_plain(rd_kafka_topic_t* topic, PartitionId partition,
                             std::span<const Outgoing> batch) {
    std::vector<rd_kafka_message_t> messages(batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
        rd_kafka_message_t& message = messages[i];
        message.key = const_cast<char*>(batch[i].key.data());
        message.key_len = batch[i].key.size();
        message.payload = const_cast<char*>(batch[i].payload.data());
        message.len = batch[i].payload.size();
        message._private = reinterpret_cast<void*>(i);
    }
    const int queued = rd_kafka_produce_batch(topic, partition.value(), RD_KAFKA_MSG_F_COPY,
                                              messages.data(), static_cast<int>(messages.size()));
    if (queued != static_cast<int>(messages.size())) {
        const auto first = std::find_if(messages.begin(), messages.end(), [](const auto& message) {
            return message.err != RD_KAFKA_RESP_ERR_NO_ERROR;
        });
        return refused(first->err);
    }
    return {};
}

/// The batch call knows no headers.
Result<void> hand_over_with_headers(rd_kafka_t* producer, rd_kafka_topic_t* topic,
                                    PartitionId partition, const Outgoing& outgoing,
                                    std::size_t index) {
    rd_kafka_headers_t* headers = rd_kafka_headers_new(outgoing.headers.size());
    for (const auto& [name, value] : outgoing.headers) {
        rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                            static_cast<ssize_t>(value.size()));
    }
    std::array<rd_kafka_vu_t, 7> parts{};
    parts[0].vtype = RD_KAFKA_VTYPE_RKT;
    parts[0].u.rkt = topic;
    parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    parts[1].u.i32 = partition.value();
    parts[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[2].u.i = RD_KAFKA_MSG_F_COPY;
    parts[3].vtype = RD_KAFKA_VTYPE_KEY;
    parts[3].u.mem = {const_cast<char*>(outgoing.key.data()), outgoing.key.size()};
    parts[4].vtype = RD_KAFKA_VTYPE_VALUE;
    parts[4].u.mem = {const_cast<char*>(outgoing.payload.data()), outgoing.payload.size()};
    parts[5].vtype = RD_KAFKA_VTYPE_OPAQUE;
    parts[5].u.ptr = reinterpret_cast<void*>(index);
    parts[6].vtype = RD_KAFKA_VTYPE_HEADERS;
    parts[6].u.headers = headers;
    rd_kafka_error_t* error = rd_kafka_produceva(producer, parts.data(), parts.size());
    if (error == nullptr) {
        return {};
    }
    rd_kafka_headers_destroy(headers);  // taken only with the message
    const auto code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    return refused(code);
}

Result<void> hand_over(rd_kafka_t* producer, rd_kafka_topic_t* topic, PartitionId partition,
                       std::span<const Outgoing> batch) {
    const bool plain = std::all_of(batch.begin(), batch.end(),
                                   [](const Outgoing& one) { return one.headers.empty(); });
    if (plain) {
        return hand_over_plain(topic, partition, batch);
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
        CHOPMARK_TRY(hand_over_with_headers(producer, topic, partition, batch[i], i));
    }
    return {};
}

}  // namespace

LibrdkafkaProducer::~LibrdkafkaProducer() {
    if (topic_ != nullptr) {
        rd_kafka_topic_destroy(topic_);
    }
    if (producer_ != nullptr) {
        rd_kafka_purge(producer_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                      RD_KAFKA_PURGE_F_NON_BLOCKING);
        rd_kafka_destroy(producer_);
    }
}

Result<void> LibrdkafkaProducer::open(const Settings& settings, const std::string& topic, Log log) {
    ears_->log = std::move(log);
    CHOPMARK_ASSIGN(producer_, open_handle(RD_KAFKA_PRODUCER, settings, ears_));
    topic_ = rd_kafka_topic_new(producer_, topic.c_str(), nullptr);
    return topic_ == nullptr ? Result<void>(Error(bad_setting, "topic")) : Result<void>();
}

Result<std::unique_ptr<Producer>> Producer::open(const Settings& settings, std::string topic,
                                                 Log log) {
    auto producer = std::make_unique<LibrdkafkaProducer>();
    CHOPMARK_TRY(producer->open(settings, topic, std::move(log)));
    return std::unique_ptr<Producer>(std::move(producer));
}

std::shared_ptr<Cluster> librdkafka_cluster() { return std::make_shared<LibrdkafkaCluster>(); }

Result<std::vector<std::int64_t>> LibrdkafkaProducer::deliver(PartitionId partition,
                                                              std::span<const Outgoing> batch,
                                                              Deadline deadline,
                                                              const std::atomic<bool>& give_up) {
    ears_->offsets.assign(batch.size(), -1);
    ears_->appended_at.reset();
    ears_->reported = 0;
    ears_->failure.clear();
    CHOPMARK_TRY(hand_over(producer_, topic_, partition, batch));
    while (ears_->reported < batch.size() && ears_->failure.empty()) {
        if (give_up) {
            return Error(producer_spent, "given up");
        }
        if (passed(deadline)) {
            return Error(not_ready, "the cluster did not confirm in time");
        }
        rd_kafka_poll(producer_, 20);
    }
    CHOPMARK_TRY(idle());
    if (!ears_->failure.empty()) {
        return Error(producer_spent, ears_->failure);
    }
    return ears_->offsets;
}

Result<void> LibrdkafkaProducer::idle() {
    rd_kafka_poll(producer_, 0);
    ErrorText text{};
    if (rd_kafka_fatal_error(producer_, text.data(), text.size()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return Error(producer_spent, text.data());
    }
    return {};
}

}  // namespace chopmark::journal::kafka
