#include "events/journal/kafka_handle.h"

#include <algorithm>

#include "events/journal/journal.h"

namespace chopmark::journal::kafka {
namespace {

void on_log(const rd_kafka_t* handle, int level, const char* facility, const char* text) {
    auto* ears = static_cast<Ears*>(rd_kafka_opaque(handle));
    const std::lock_guard lock(ears->hearing);
    if (!ears->deaf && ears->log) {
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
        auto whose = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        const std::int64_t time = rd_kafka_message_timestamp(message, &whose);
        if (whose == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME) {
            ears->appended_at = Instant::from_millis(time);
        }
    }
}

void on_rebalance(rd_kafka_t* member, rd_kafka_resp_err_t what,
                  rd_kafka_topic_partition_list_t* list, void* opaque) {
    static_cast<Ears*>(opaque)->rebalanced(member, what, list);
}

/// The library waits a minute for its threads, by the machine's clock, which may be set meanwhile.
/// Then it gives no handle though they run, or will: what they reach must stay, and so must `conf`.
Error not_started(std::unique_ptr<Ears>& ears) {
    Ears* const left = ears.release();
    const std::lock_guard lock(left->hearing);
    left->deaf = true;
    return {not_ready, "the threads of the Kafka client did not start"};
}

}  // namespace

/// A broker that is gone or stands still is noticed, and one that is back is found, within seconds.
/// Another leader stands about three seconds after the old one fell silent; who waits much longer
/// on its connection is the one that holds everybody up.
Settings connecting(Settings out) {
    out["socket.timeout.ms"] = "3000";
    out["socket.nagle.disable"] = "true";
    out["topic.metadata.refresh.interval.ms"] = "2000";
    out["reconnect.backoff.ms"] = "20";
    out["reconnect.backoff.max.ms"] = "500";
    return out;
}

Settings reading_settings(Settings client) {
    auto out = connecting(std::move(client));
    const auto set = [&](const char* name, const char* value) { out[name] = value; };
    set("enable.auto.commit", "false");
    set("enable.auto.offset.store", "false");
    set("auto.offset.reset", "error");
    // A stranger's open transaction would else hide the end of a partition from every reader.
    set("isolation.level", "read_uncommitted");
    set("enable.partition.eof", "true");
    set("check.crcs", "true");
    set("fetch.wait.max.ms", "100");
    set("fetch.min.bytes", "1");
    set("fetch.error.backoff.ms", "50");
    return out;
}

Settings writing_settings(Settings client) {
    auto out = connecting(std::move(client));
    const auto set = [&](const char* name, const char* value) { out[name] = value; };
    set("enable.idempotence", "true");
    set("acks", "all");
    set("linger.ms", "0");
    set("max.in.flight.requests.per.connection", "1");
    set("compression.type", "none");
    // Deadlines of ours are shorter. A message that timed out inside would only make a gap.
    set("message.timeout.ms", "300000");
    set("request.timeout.ms", "2500");
    return out;
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

Result<rd_kafka_t*> open_handle(rd_kafka_type_t type, const Settings& settings,
                                std::unique_ptr<Ears>& ears) {
    ErrorText text{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set_opaque(conf, ears.get());
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, on_error);
    if (type == RD_KAFKA_PRODUCER) {
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    }
    if (ears->rebalanced) {
        rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
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
        if (rd_kafka_last_error() == RD_KAFKA_RESP_ERR__TIMED_OUT) {
            return not_started(ears);
        }
        rd_kafka_conf_destroy(conf);
        return Error(bad_setting, text.data());
    }
    return handle;
}

}  // namespace chopmark::journal::kafka
