#include "events/journal/kafka_client.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <thread>

#include "events/core/ensure.h"
#include "events/journal/journal.h"

namespace chopmark::journal::kafka {
namespace {

constexpr Duration retry_pause = std::chrono::milliseconds(20);

using ErrorText = std::array<char, 512>;

/// What callbacks of a handle reach through its opaque.
struct Ears {
    Log log;
    // Of a producer's batch in flight; only the thread that polls touches them.
    std::vector<std::int64_t> offsets;
    std::size_t reported = 0;
    std::string failure;
};

void on_log(const rd_kafka_t* handle, int level, const char* facility, const char* text) {
    const auto* ears = static_cast<const Ears*>(rd_kafka_opaque(handle));
    if (ears != nullptr && ears->log) {
        ears->log(level, std::string(facility) + ": " + text);
    }
}

void on_error(rd_kafka_t* handle, int error, const char* why, void* /*opaque*/) {
    on_log(handle, 4, rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(error)), why);
}

void on_delivery(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message, void* opaque) {
    auto* ears = static_cast<Ears*>(opaque);
    ++ears->reported;
    const auto index = reinterpret_cast<std::uintptr_t>(message->_private);
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        ears->failure = rd_kafka_err2str(message->err);
    } else if (index < ears->offsets.size()) {
        ears->offsets[index] = message->offset;
    }
}

int millis(Duration time) {
    return static_cast<int>(
        std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(time).count()));
}

Error unreachable(rd_kafka_resp_err_t error) {
    return {error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                    error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC
                ? topic_missing
                : not_ready,
            rd_kafka_err2str(error)};
}

/// The new handle owns nothing of `ears`, which must outlive it.
Result<rd_kafka_t*> open_handle(rd_kafka_type_t type, const Settings& settings, Ears& ears) {
    ErrorText text{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set_opaque(conf, &ears);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, on_error);
    if (type == RD_KAFKA_PRODUCER) {
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    }
    for (const auto& [name, value] : settings) {
        if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size()) !=
            RD_KAFKA_CONF_OK) {
            rd_kafka_conf_destroy(conf);
            return Error(bad_setting, name);  // the text would show the value, maybe a password
        }
    }
    rd_kafka_t* handle = rd_kafka_new(type, conf, text.data(), text.size());
    if (handle == nullptr) {
        rd_kafka_conf_destroy(conf);
        return Error(bad_setting, text.data());
    }
    return handle;
}

struct ListDeleter {
    void operator()(rd_kafka_topic_partition_list_t* list) const {
        rd_kafka_topic_partition_list_destroy(list);
    }
};
using List = std::unique_ptr<rd_kafka_topic_partition_list_t, ListDeleter>;

}  // namespace

// ---- consumer
// ---------------------------------------------------------------------------------------

struct Consumer::Handle {
    Ears ears;
    std::string topic;
    rd_kafka_t* consumer = nullptr;
    rd_kafka_queue_t* queue = nullptr;

    ~Handle() {
        if (queue != nullptr) {
            rd_kafka_queue_destroy(queue);
        }
        if (consumer != nullptr) {
            rd_kafka_destroy_flags(consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        }
    }
};

Consumer::Consumer(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Consumer::~Consumer() = default;

Result<std::unique_ptr<Consumer>> Consumer::open(const Settings& settings, std::string topic,
                                                 Log log) {
    auto handle = std::make_unique<Handle>();
    handle->ears.log = std::move(log);
    handle->topic = std::move(topic);
    Settings all = settings;
    // librdkafka wants a group's name even of who never joins one, and never commits.
    all.try_emplace("group.id", "chopmark.reader");
    CHOPMARK_ASSIGN(handle->consumer, open_handle(RD_KAFKA_CONSUMER, all, handle->ears));
    rd_kafka_poll_set_consumer(handle->consumer);
    handle->queue = rd_kafka_queue_get_consumer(handle->consumer);
    return std::unique_ptr<Consumer>(new Consumer(std::move(handle)));
}

Result<void> Consumer::assign(const std::map<PartitionId, std::int64_t>& offsets) {
    const List list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
    for (const auto& [partition, offset] : offsets) {
        rd_kafka_topic_partition_list_add(list.get(), handle_->topic.c_str(), partition.value())
            ->offset = offset;
    }
    const auto error = rd_kafka_assign(handle_->consumer, list.get());
    return error == RD_KAFKA_RESP_ERR_NO_ERROR ? Result<void>() : unreachable(error);
}

Consumer::Batch::Batch() = default;
Consumer::Batch::Batch(Batch&&) noexcept = default;
Consumer::Batch& Consumer::Batch::operator=(Batch&& other) noexcept {
    std::swap(held_, other.held_);
    std::swap(messages_, other.messages_);
    return *this;
}
Consumer::Batch::~Batch() {
    for (void* message : held_) {
        rd_kafka_message_destroy(static_cast<rd_kafka_message_t*>(message));
    }
}

Consumer::Batch Consumer::poll(Duration wait, std::size_t at_most) {
    Batch out;
    std::vector<rd_kafka_message_t*> taken(at_most);
    // Asked for many, librdkafka waits until it has all of them or the time is over: so for one,
    // and without waiting for the rest.
    auto count = rd_kafka_consume_batch_queue(handle_->queue, millis(wait), taken.data(), 1);
    if (count == 1 && at_most > 1) {
        count += std::max<ssize_t>(
            0, rd_kafka_consume_batch_queue(handle_->queue, 0, &taken[1], taken.size() - 1));
    }
    for (std::size_t i = 0; count > 0 && i < static_cast<std::size_t>(count); ++i) {
        rd_kafka_message_t* message = taken[i];
        out.held_.push_back(message);
        Message news{
            Message::What::record,
            PartitionId(
                static_cast<std::uint16_t>(message->partition < 0 ? 0 : message->partition)),
            message->offset, ByteView(static_cast<const char*>(message->payload), message->len)};
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

Result<Watermarks> Consumer::watermarks(PartitionId partition, Duration wait) const {
    const Deadline until = within(wait);
    for (;;) {
        Watermarks out{};
        const auto error =
            rd_kafka_query_watermark_offsets(handle_->consumer, handle_->topic.c_str(),
                                             partition.value(), &out.low, &out.high, millis(wait));
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
            return out;
        }
        if (passed(until)) {
            return unreachable(error);
        }
        // A leader that has just come up, or just gone, refuses at once.
        std::this_thread::sleep_for(retry_pause);
    }
}

std::int64_t Consumer::known_end(PartitionId partition) const {
    std::int64_t low = -1;
    std::int64_t high = -1;
    const auto error = rd_kafka_get_watermark_offsets(handle_->consumer, handle_->topic.c_str(),
                                                      partition.value(), &low, &high);
    return error == RD_KAFKA_RESP_ERR_NO_ERROR ? std::max<std::int64_t>(high, -1) : -1;
}

// ---- producer
// ---------------------------------------------------------------------------------------

struct Producer::Handle {
    Ears ears;
    rd_kafka_t* producer = nullptr;
    rd_kafka_topic_t* topic = nullptr;

    ~Handle() {
        if (topic != nullptr) {
            rd_kafka_topic_destroy(topic);
        }
        if (producer != nullptr) {
            rd_kafka_purge(producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                         RD_KAFKA_PURGE_F_NON_BLOCKING);
            rd_kafka_destroy(producer);
        }
    }
};

Producer::Producer(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Producer::~Producer() = default;

Result<std::unique_ptr<Producer>> Producer::open(const Settings& settings, std::string topic,
                                                 Log log) {
    auto handle = std::make_unique<Handle>();
    handle->ears.log = std::move(log);
    CHOPMARK_ASSIGN(handle->producer, open_handle(RD_KAFKA_PRODUCER, settings, handle->ears));
    handle->topic = rd_kafka_topic_new(handle->producer, topic.c_str(), nullptr);
    if (handle->topic == nullptr) {
        return Error(bad_setting, "topic");
    }
    return std::unique_ptr<Producer>(new Producer(std::move(handle)));
}

Result<std::vector<std::int64_t>> Producer::deliver(PartitionId partition,
                                                    std::span<const Outgoing> batch,
                                                    Deadline deadline,
                                                    const std::atomic<bool>& give_up) {
    Ears& ears = handle_->ears;
    ears.offsets.assign(batch.size(), -1);
    ears.reported = 0;
    ears.failure.clear();
    std::vector<rd_kafka_message_t> messages(batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
        rd_kafka_message_t& message = messages[i];
        message.key = const_cast<char*>(batch[i].key.data());
        message.key_len = batch[i].key.size();
        message.payload = const_cast<char*>(batch[i].payload.data());
        message.len = batch[i].payload.size();
        message._private = reinterpret_cast<void*>(i);
    }
    const int queued =
        rd_kafka_produce_batch(handle_->topic, partition.value(), RD_KAFKA_MSG_F_COPY,
                               messages.data(), static_cast<int>(messages.size()));
    if (queued != static_cast<int>(messages.size())) {
        const auto refused = std::find_if(
            messages.begin(), messages.end(),
            [](const auto& message) { return message.err != RD_KAFKA_RESP_ERR_NO_ERROR; });
        return Error(producer_spent, rd_kafka_err2str(refused->err));
    }
    while (ears.reported < batch.size() && ears.failure.empty()) {
        if (give_up) {
            return Error(producer_spent, "given up");
        }
        if (passed(deadline)) {
            return Error(not_ready, "the cluster did not confirm in time");
        }
        rd_kafka_poll(handle_->producer, 20);
    }
    CHOPMARK_TRY(idle());
    if (!ears.failure.empty()) {
        return Error(producer_spent, ears.failure);
    }
    return ears.offsets;
}

Result<void> Producer::idle() {
    rd_kafka_poll(handle_->producer, 0);
    ErrorText text{};
    if (rd_kafka_fatal_error(handle_->producer, text.data(), text.size()) !=
        RD_KAFKA_RESP_ERR_NO_ERROR) {
        return Error(producer_spent, text.data());
    }
    return {};
}

// ---- administration
// ---------------------------------------------------------------------------------------

struct Admin::Handle {
    Ears ears;
    rd_kafka_t* client = nullptr;

    ~Handle() {
        if (client != nullptr) {
            rd_kafka_destroy(client);
        }
    }
};

namespace {

/// One request and its answer, with all that is to be freed afterwards.
class Request {
  public:
    Request(rd_kafka_t* client, rd_kafka_admin_op_t operation, Duration wait)
        : queue_(rd_kafka_queue_new(client)),
          options_(rd_kafka_AdminOptions_new(client, operation)),
          wait_(wait) {
        ErrorText text{};
        rd_kafka_AdminOptions_set_request_timeout(options_, millis(wait), text.data(), text.size());
    }
    ~Request() {
        if (event_ != nullptr) {
            rd_kafka_event_destroy(event_);
        }
        rd_kafka_AdminOptions_destroy(options_);
        rd_kafka_queue_destroy(queue_);
    }
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;

    [[nodiscard]] rd_kafka_queue_t* queue() const { return queue_; }
    [[nodiscard]] rd_kafka_AdminOptions_t* options() const { return options_; }
    Result<rd_kafka_event_t*> answer() {
        event_ = rd_kafka_queue_poll(queue_, millis(wait_) + 1000);
        if (event_ == nullptr) {
            return Error(not_ready, "the cluster did not answer in time");
        }
        if (const auto error = rd_kafka_event_error(event_); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return unreachable(error);
        }
        return event_;
    }

  private:
    rd_kafka_queue_t* queue_;
    rd_kafka_AdminOptions_t* options_;
    Duration wait_;
    rd_kafka_event_t* event_ = nullptr;
};

Result<void> outcome_of(const rd_kafka_topic_result_t* const* topics, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        const auto error = rd_kafka_topic_result_error(topics[i]);
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR &&
            error != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
            return unreachable(error);
        }
    }
    return {};
}

}  // namespace

Admin::Admin(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Admin::~Admin() = default;

Result<std::unique_ptr<Admin>> Admin::open(const Settings& settings, Log log) {
    auto handle = std::make_unique<Handle>();
    handle->ears.log = std::move(log);
    CHOPMARK_ASSIGN(handle->client, open_handle(RD_KAFKA_PRODUCER, settings, handle->ears));
    return std::unique_ptr<Admin>(new Admin(std::move(handle)));
}

Result<TopicFacts> Admin::describe(const std::string& topic, Duration wait) const {
    TopicFacts out{0, 0, {}};
    rd_kafka_topic_t* asked = rd_kafka_topic_new(handle_->client, topic.c_str(), nullptr);
    const rd_kafka_metadata_t* metadata = nullptr;
    auto error = rd_kafka_metadata(handle_->client, 0, asked, &metadata, millis(wait));
    rd_kafka_topic_destroy(asked);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return unreachable(error);
    }
    for (int i = 0; i < metadata->topic_cnt; ++i) {
        const auto& found = metadata->topics[i];
        error = found.err;
        out.partitions = static_cast<std::size_t>(found.partition_cnt);
        for (int p = 0; p < found.partition_cnt; ++p) {
            const auto replicas = static_cast<std::size_t>(found.partitions[p].replica_cnt);
            out.replication = p == 0 ? replicas : std::min(out.replication, replicas);
        }
    }
    rd_kafka_metadata_destroy(metadata);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return unreachable(error);
    }
    Request request(handle_->client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, wait);
    rd_kafka_ConfigResource_t* resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
    rd_kafka_DescribeConfigs(handle_->client, &resource, 1, request.options(), request.queue());
    rd_kafka_ConfigResource_destroy(resource);
    CHOPMARK_ASSIGN(const rd_kafka_event_t* answer, request.answer());
    std::size_t count = 0;
    const auto* const* resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(const_cast<rd_kafka_event_t*>(answer)), &count);
    for (std::size_t i = 0; i < count; ++i) {
        if (const auto refused = rd_kafka_ConfigResource_error(resources[i]);
            refused != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return unreachable(refused);
        }
        std::size_t entries = 0;
        const auto* const* entry = rd_kafka_ConfigResource_configs(resources[i], &entries);
        for (std::size_t e = 0; e < entries; ++e) {
            const char* value = rd_kafka_ConfigEntry_value(entry[e]);
            out.settings[rd_kafka_ConfigEntry_name(entry[e])] = value == nullptr ? "" : value;
        }
    }
    return out;
}

Result<void> Admin::create(const std::string& topic, const TopicFacts& wanted, Duration wait) {
    ErrorText text{};
    rd_kafka_NewTopic_t* fresh =
        rd_kafka_NewTopic_new(topic.c_str(), static_cast<int>(wanted.partitions),
                              static_cast<int>(wanted.replication), text.data(), text.size());
    if (fresh == nullptr) {
        return Error(bad_setting, text.data());
    }
    for (const auto& [name, value] : wanted.settings) {
        rd_kafka_NewTopic_set_config(fresh, name.c_str(), value.c_str());
    }
    Request request(handle_->client, RD_KAFKA_ADMIN_OP_CREATETOPICS, wait);
    rd_kafka_AdminOptions_set_operation_timeout(request.options(), millis(wait), text.data(),
                                                text.size());
    rd_kafka_CreateTopics(handle_->client, &fresh, 1, request.options(), request.queue());
    rd_kafka_NewTopic_destroy(fresh);
    CHOPMARK_ASSIGN(rd_kafka_event_t * answer, request.answer());
    std::size_t count = 0;
    const auto* const* topics =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer), &count);
    return outcome_of(topics, count);
}

Result<void> Admin::remove(const std::string& topic, Duration wait) {
    Request request(handle_->client, RD_KAFKA_ADMIN_OP_DELETETOPICS, wait);
    rd_kafka_DeleteTopic_t* doomed = rd_kafka_DeleteTopic_new(topic.c_str());
    rd_kafka_DeleteTopics(handle_->client, &doomed, 1, request.options(), request.queue());
    rd_kafka_DeleteTopic_destroy(doomed);
    CHOPMARK_ASSIGN(rd_kafka_event_t * answer, request.answer());
    std::size_t count = 0;
    const auto* const* topics =
        rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(answer), &count);
    return outcome_of(topics, count);
}

}  // namespace chopmark::journal::kafka
