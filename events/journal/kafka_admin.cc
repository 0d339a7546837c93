#include <algorithm>

#include "events/journal/journal.h"
#include "events/journal/kafka_handle.h"

namespace chopmark::journal::kafka {

struct Admin::Handle {
    std::unique_ptr<Ears> ears = std::make_unique<Ears>();
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
    handle->ears->log = std::move(log);
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
