#include "events/journal/kafka_group.h"

#include <thread>

#include "events/journal/kafka_handle.h"

namespace chopmark::journal::kafka {
namespace {

constexpr int poll_ms = 100;

std::string in_millis(Duration time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

Settings group_settings(const Group::Options& options) {
    Settings out = connecting(options.client);
    out["group.id"] = options.group;
    out["partition.assignment.strategy"] = "range";
    out["session.timeout.ms"] = in_millis(options.session);
    out["heartbeat.interval.ms"] = in_millis(options.heartbeat);
    out["enable.auto.commit"] = "false";
    out["enable.auto.offset.store"] = "false";
    out["auto.offset.reset"] = "latest";
    return out;
}

}  // namespace

struct Group::Handle {
    Options options;
    Told told;
    Standing standing;  // of the polling thread
    std::unique_ptr<Ears> ears = std::make_unique<Ears>();
    rd_kafka_t* member = nullptr;
    std::thread thread;
    std::atomic<bool> leaving{false};

    void rebalance(rd_kafka_t* from, rd_kafka_resp_err_t what,
                   rd_kafka_topic_partition_list_t* list) {
        if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
            take(from, list);
        } else {
            rd_kafka_assign(from, nullptr);
            standing.settled = false;
        }
        if (!leaving) {
            told(standing);
        }
    }

    /// The topic is empty: it is not even fetched from.
    void take(rd_kafka_t* from, rd_kafka_topic_partition_list_t* list) {
        standing = {true, {}};
        for (int i = 0; i < list->cnt; ++i) {
            list->elems[i].offset = RD_KAFKA_OFFSET_END;
            standing.partitions.insert(
                PartitionId(static_cast<std::uint16_t>(list->elems[i].partition)));
        }
        rd_kafka_assign(from, list);
        rd_kafka_pause_partitions(from, list);
    }

    Result<void> open() {
        ears->log = options.log;
        ears->rebalanced = [this](auto* from, auto what, auto* list) {
            rebalance(from, what, list);
        };
        CHOPMARK_ASSIGN(member, open_handle(RD_KAFKA_CONSUMER, group_settings(options), ears));
        rd_kafka_poll_set_consumer(member);
        rd_kafka_topic_partition_list_t* topics = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(topics, options.topic.c_str(), RD_KAFKA_PARTITION_UA);
        const auto error = rd_kafka_subscribe(member, topics);
        rd_kafka_topic_partition_list_destroy(topics);
        return error == RD_KAFKA_RESP_ERR_NO_ERROR ? Result<void>()
                                                   : Error(bad_setting, rd_kafka_err2str(error));
    }

    void run() {
        while (!leaving) {
            if (rd_kafka_message_t* message = rd_kafka_consumer_poll(member, poll_ms)) {
                note(*message);
                rd_kafka_message_destroy(message);
            }
        }
    }

    void note(const rd_kafka_message_t& message) const {
        if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR && options.log) {
            options.log(4, "group: " + std::string(rd_kafka_message_errstr(&message)));
        }
    }

    /// The blocking close waits for a cluster that may never answer.
    void close() {
        rd_kafka_queue_t* queue = rd_kafka_queue_new(member);
        rd_kafka_error_t* refused = rd_kafka_consumer_close_queue(member, queue);
        const Deadline until = within(options.leave_wait);
        while (refused == nullptr && rd_kafka_consumer_closed(member) == 0 && !passed(until)) {
            if (rd_kafka_event_t* event = rd_kafka_queue_poll(queue, poll_ms)) {
                if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE) {
                    rd_kafka_assign(member, nullptr);
                }
                rd_kafka_event_destroy(event);
            }
        }
        if (refused != nullptr) {
            rd_kafka_error_destroy(refused);
        }
        rd_kafka_queue_destroy(queue);
    }

    ~Handle() {
        leaving = true;
        if (thread.joinable()) {
            thread.join();
            close();
        }
        if (member != nullptr) {
            rd_kafka_destroy_flags(member, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        }
    }
};

Group::Group(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Group::~Group() { leave(); }

Result<std::unique_ptr<Group>> Group::join(const Options& options, Told told) {
    auto handle = std::make_unique<Handle>();
    handle->options = options;
    handle->told = std::move(told);
    CHOPMARK_TRY(handle->open());
    handle->thread = std::thread([raw = handle.get()] { raw->run(); });
    return std::unique_ptr<Group>(new Group(std::move(handle)));
}

void Group::leave() { handle_.reset(); }

}  // namespace chopmark::journal::kafka
