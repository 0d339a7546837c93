#include "ops/publishing.h"

#include "events/keys/sealing.h"
#include "events/schema/codec.h"
#include "events/schema/event.h"
#include "gateways/http/trace.h"
#include "gateways/security/alert_messages.h"
#include "ops/kafka_cluster.h"

namespace chopmark::ops {
namespace {

namespace kafka = journal::kafka;

/// An item of a topic is not the record that this log has at its place.
constexpr Reason not_ours{"publish.not_ours", Kind::conflict};

constexpr Duration look_pause = std::chrono::milliseconds(25);
constexpr Duration retry_pause = std::chrono::seconds(1);
/// Every attempt to open a topic costs a client of the cluster.
constexpr Duration reopen_pause = std::chrono::seconds(5);
/// Also what stopping may have to wait for.
constexpr Duration answer_wait = std::chrono::seconds(3);
constexpr journal::ReadBudget budget{limits::batch_records, limits::batch_bytes};

bool is_unsafe(const Error& error) {
    return error == kafka::topic_unsafe || error == journal::foreign_log ||
           error == kafka::bad_setting;
}

}  // namespace

struct Publishing::Topic {
    const char* label;
    publish::Outlet::Options options;
    std::unique_ptr<publish::Outlet> outlet;
    kafka::Deadline open_at{};
    std::atomic<std::uint64_t> published{0};
    std::atomic<std::uint64_t> errors{0};
};

/// From a partition of the journal to that of the same number of a topic.
struct Publishing::Course {
    Course(Topic& onto, PartitionId of) : topic(onto), from(of) {}

    Topic& topic;
    const PartitionId from;
    std::string source;
    /// Behind what can be told of now.
    std::function<Result<Sequence>()> end;
    /// Nothing for a record that the topic does not tell of.
    std::function<Result<std::optional<Outgoing>>(const journal::Entry&)> render;
    std::optional<Sequence> next;  // nothing: to be read from the topic
    kafka::Deadline retry_at{};
    bool complaining = false;
    std::atomic<std::uint64_t> lag{0};
};

Publishing::Publishing(const Surroundings& around) : around_(around) {}
Publishing::~Publishing() { stop(); }

Result<std::unique_ptr<Publishing>> Publishing::open(const config::KafkaConfig& kafka,
                                                     const Surroundings& around) {
    std::unique_ptr<Publishing> out(new Publishing(around));
    CHOPMARK_ASSIGN(const auto client, kafka_client(kafka));
    const std::uint16_t partitions = around.journal.partitions();
    if (!kafka.public_topic.empty()) {
        out->add_leaves(out->add_topic("public", public_topic(kafka, partitions), true, client));
    }
    if (!kafka.alert_topic.empty()) {
        out->add_alerts(out->add_topic("alerts", alert_topic(kafka), false, client));
    }
    if (!kafka.alert_state_topic.empty()) {
        out->add_alert_states(
            out->add_topic("alert_state", alert_state_topic(kafka), false, client));
    }
    for (const auto& topic : out->topics_) {
        auto outlet = publish::Outlet::open(topic->options);
        if (outlet) {
            topic->outlet = *std::move(outlet);
        } else if (is_unsafe(outlet.error())) {
            return Error(outlet.error().reason,
                         topic->options.topic.topic + ": " + outlet.error().detail);
        }
    }
    return out;
}

Publishing::Topic& Publishing::add_topic(const char* label, kafka::TopicRules rules, bool gapless,
                                         const kafka::Settings& client) {
    auto topic = std::make_unique<Topic>();
    topic->label = label;
    topic->options.client = client;
    topic->options.topic = std::move(rules);
    topic->options.gapless = gapless;
    topic->options.answer_wait = answer_wait;
    topic->options.log = kafka_log(around_.log);
    topics_.push_back(std::move(topic));
    return *topics_.back();
}

Publishing::Course& Publishing::add_course(Topic& topic, PartitionId partition,
                                           const std::string& what) {
    auto course = std::make_unique<Course>(topic, partition);
    course->source =
        publish::source_of(around_.origin + what, around_.journal.genesis_hash(), partition);
    course->end = [this, partition]() -> Result<Sequence> {
        CHOPMARK_ASSIGN(const auto head, around_.journal.head(partition));
        return head.next;
    };
    courses_.push_back(std::move(course));
    return *courses_.back();
}

void Publishing::add_leaves(Topic& topic) {
    for (std::uint32_t p = 0; p <= around_.journal.partitions(); ++p) {
        Course& course = add_course(topic, PartitionId(static_cast<std::uint16_t>(p)), "");
        course.render = [this,
                         &course](const journal::Entry& entry) -> Result<std::optional<Outgoing>> {
            return publish::public_leaf(entry, course.source, trace_of(entry));
        };
    }
}

void Publishing::add_alerts(Topic& topic) {
    Course& course = add_course(topic, control_partition, "/alerts");
    course.render = [this,
                     &course](const journal::Entry& entry) -> Result<std::optional<Outgoing>> {
        CHOPMARK_ASSIGN(const auto event, alert_event(entry));
        if (!event) {
            return std::optional<Outgoing>();
        }
        return security::alert_log_message(entry, *event, course.source);
    };
}

/// How an alert stands is what the view says, once that has the record.
void Publishing::add_alert_states(Topic& topic) {
    Course& course = add_course(topic, control_partition, "/alert-state");
    course.end = [this]() -> Result<Sequence> {
        CHOPMARK_ASSIGN(const auto rows, around_.tables.read(alerts_view::AlertsView::view_name));
        return rows.positions().at(control_partition);
    };
    course.render = [this, &course](const journal::Entry& entry) {
        return alert_state(entry, course.source);
    };
}

/// Not of what a citizen's own device asked for: it may name one trace in calls that concern
/// several services, and those must not be able to join what they read here (design-notes D1).
std::string Publishing::trace_of(const journal::Entry& entry) const {
    const auto prelude = record::decode_prelude(entry.record.leaf);
    if (!prelude || schema::find_event(prelude->type) == nullptr) {
        return {};
    }
    const auto event = around_.vault.open(entry.record);
    if (!event) {
        return {};  // the link key's period is over
    }
    const schema::LinkHead& link = schema::link_head(*event);
    const auto trace = http::TraceId::from_bytes(link.trace());
    const auto caller = link.caller().kind();
    if (!trace || trace->is_zero() || caller == schema::Party::CITIZEN ||
        caller == schema::Party::DEVICE) {
        return {};
    }
    // The record stands for the span that made it.
    return http::to_traceparent({*trace,
                                 http::SpanId(to_array<http::SpanId::size>(
                                     prelude->event_id.bytes().substr(0, http::SpanId::size))),
                                 false});
}

/// Nothing for other records, and for an alert whose link key's period is over.
Result<std::optional<schema::Event>> Publishing::alert_event(const journal::Entry& entry) const {
    CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(entry.record.leaf));
    if (prelude.type != schema::info<schema::AlertRaised>().type &&
        prelude.type != schema::info<schema::AlertAcknowledged>().type &&
        prelude.type != schema::info<schema::AlertClosed>().type) {
        return std::optional<schema::Event>();
    }
    auto event = around_.vault.open(entry.record);
    if (!event && event.error() == keys::expired) {
        return std::optional<schema::Event>();
    }
    if (!event) {
        return event.error();
    }
    return std::optional<schema::Event>(*std::move(event));
}

Result<std::optional<Publishing::Outgoing>> Publishing::alert_state(
    const journal::Entry& entry, const std::string& source) const {
    CHOPMARK_ASSIGN(const auto event, alert_event(entry));
    const auto alert = event ? security::alert_of(*event) : std::nullopt;
    if (!alert) {
        return std::optional<Outgoing>();
    }
    CHOPMARK_ASSIGN(const auto rows, around_.tables.read(alerts_view::AlertsView::view_name));
    const auto history =
        alerts_view::read_alert(rows, around_.vault, *alert, projections::Personal::leave_sealed);
    if (!history && history.error() == alerts_view::no_such_alert) {
        return std::optional<Outgoing>();  // its period is over
    }
    if (!history) {
        return history.error();
    }
    return security::alert_state_message(entry, history->alert, source);
}

void Publishing::start() {
    thread_ = std::thread([this] { run(); });
}

void Publishing::stop() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    stopping_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Publishing::run() {
    while (!stop_) {
        bool moved = false;
        for (const auto& course : courses_) {
            moved = (!stop_ && advance(*course)) || moved;
        }
        std::unique_lock lock(mutex_);
        if (!moved) {
            stopping_.wait_for(lock, look_pause, [this] { return stop_.load(); });
        }
    }
}

bool Publishing::advance(Course& course) {
    if (!around_.serves(course.from)) {
        course.next.reset();
        course.lag = 0;
        return false;
    }
    const auto end = course.end();
    if (end) {
        course.lag = end->value() - std::min(*end, course.next.value_or(Sequence(0))).value();
    }
    const bool closed = course.topic.outlet == nullptr;
    if (!kafka::passed(course.retry_at) || (closed && !kafka::passed(course.topic.open_at))) {
        return false;
    }
    const auto moved = end ? step(course, *end) : end.error();
    if (!moved) {
        complain(course, moved.error());
        return false;
    }
    if (std::exchange(course.complaining, false)) {
        around_.log.info("publish.resumed",
                         {{"topic", course.topic.label}, {"partition", course.from}});
    }
    return *moved;
}

Result<bool> Publishing::step(Course& course, Sequence end) {
    if (course.topic.outlet == nullptr) {
        course.topic.open_at = kafka::within(reopen_pause);
        CHOPMARK_ASSIGN(course.topic.outlet, publish::Outlet::open(course.topic.options));
    }
    if (!course.next) {
        CHOPMARK_ASSIGN(course.next, place(course));
    }
    if (*course.next >= end) {
        return false;
    }
    CHOPMARK_ASSIGN(const auto entries, around_.journal.read(course.from, *course.next, budget));
    CHOPMARK_TRY(send(course, entries, end));
    return true;
}

/// Where the topic stands, if what it has is ours.
Result<Sequence> Publishing::place(Course& course) {
    const auto last = course.topic.outlet->last(course.from, course.source);
    if (!last) {
        drop_outlet(course.topic);
        return last.error();
    }
    if (!*last) {
        return Sequence(0);
    }
    const publish::Published& item = **last;
    CHOPMARK_ASSIGN(const auto entry, journal::read_one(around_.journal, course.from, item.at));
    CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(entry->record.leaf));
    if (prelude.event_id.hex() != item.id) {
        return Error(not_ours, course.topic.options.topic.topic + " has event " + item.id +
                                   " at sequence " + std::to_string(item.at.value()));
    }
    return Sequence(item.at.value() + 1);
}

Result<void> Publishing::send(Course& course, const std::vector<journal::EntryPtr>& entries,
                              Sequence end) {
    std::vector<publish::Outlet::Item> items;
    Result<void> rendered;
    Sequence next = *course.next;
    for (const auto& entry : entries) {
        if (entry->sequence >= end) {
            break;
        }
        auto message = course.render(*entry);
        if (!message) {
            rendered = message.error();  // what came before it goes out all the same
            break;
        }
        if (*message) {
            items.push_back({entry->sequence, **std::move(message)});
        }
        next = Sequence(entry->sequence.value() + 1);
    }
    CHOPMARK_TRY(publish(course, items));
    course.next = next;
    course.lag = end.value() - std::min(end, next).value();
    return rendered;
}

Result<void> Publishing::publish(Course& course, const std::vector<publish::Outlet::Item>& items) {
    const auto sent = course.topic.outlet->publish(course.from, items, stop_);
    if (!sent) {
        const bool again = sent.error() == publish::lost_end && !course.topic.options.gapless;
        drop_outlet(course.topic);
        if (again) {
            course.next = Sequence(0);  // which ones are missing, nobody can see
        }
        return sent.error();
    }
    course.topic.published += items.size();
    return {};
}

void Publishing::drop_outlet(Topic& topic) {
    topic.outlet.reset();
    for (const auto& course : courses_) {
        if (&course->topic == &topic) {
            course->next.reset();
        }
    }
}

void Publishing::complain(Course& course, const Error& error) {
    ++course.topic.errors;
    course.retry_at = kafka::within(retry_pause);
    if (!std::exchange(course.complaining, true) && !stop_) {
        around_.log.error(
            "publish.waiting",
            {{"topic", course.topic.label}, {"partition", course.from}, {"error", error}});
    }
}

void Publishing::probe(telemetry::Samples& samples) const {
    for (const auto& topic : topics_) {
        samples.counter("chopmark_published_total", "Events written to topics for outsiders.",
                        static_cast<double>(topic->published), {{"topic", topic->label}});
        samples.counter("chopmark_publish_errors_total", "Attempts to publish that failed.",
                        static_cast<double>(topic->errors), {{"topic", topic->label}});
    }
    for (const auto& course : courses_) {
        samples.gauge(
            "chopmark_publish_lag_records",
            "Accepted and not yet published, of what this node owns.",
            static_cast<double>(course->lag),
            {{"topic", course->topic.label}, {"partition", std::to_string(course->from.value())}});
    }
}

}  // namespace chopmark::ops
