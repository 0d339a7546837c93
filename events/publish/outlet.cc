#include "events/publish/outlet.h"

#include <algorithm>

namespace chopmark::publish {
namespace {

namespace kafka = journal::kafka;

/// Four batches: among so many of the newest items a batch of another writer cannot hide the order.
constexpr std::int64_t tail_messages = 1024;
constexpr std::size_t poll_messages = 256;
constexpr Duration poll_wait = std::chrono::milliseconds(100);

kafka::Settings reading(const kafka::Settings& client) {
    auto out = kafka::reading_settings(client);
    out["queued.max.messages.kbytes"] = "4096";
    return out;
}

/// Nothing for what no outlet wrote.
std::optional<Published> published(const kafka::Consumer::Batch& batch, std::size_t message) {
    const auto sequence = batch.header(message, sequence_header);
    const auto at = sequence ? parse_sequence(*sequence) : std::nullopt;
    const auto id = batch.header(message, id_header);
    const auto source = batch.header(message, source_header);
    if (!at || !id || !source) {
        return std::nullopt;
    }
    return Published{*at, std::string(*id), std::string(*source)};
}

}  // namespace

const Published* last_in_order(std::span<const Published> tail, bool whole, bool gapless) {
    if (tail.empty()) {
        return nullptr;
    }
    if (!gapless) {
        return &tail.back();
    }
    const Published* in_order = whole ? nullptr : &tail.front();
    for (const Published& item : tail) {
        const std::uint64_t next = in_order == nullptr ? 0 : in_order->at.value() + 1;
        if (item.at.value() == next) {
            in_order = &item;
        }
    }
    // Whoever was writing last may just have been giving again what was lost before.
    return in_order != nullptr && tail.back().at < in_order->at ? &tail.back() : in_order;
}

Outlet::~Outlet() = default;

Result<std::unique_ptr<Outlet>> Outlet::open(const Options& options) {
    std::unique_ptr<Outlet> outlet(new Outlet(options));
    {
        CHOPMARK_ASSIGN(const auto admin, kafka::Admin::open(options.client, options.log));
        CHOPMARK_ASSIGN(const auto facts,
                        admin->describe(options.topic.topic, options.answer_wait));
        CHOPMARK_TRY(kafka::check_topic(options.topic, facts));
    }
    CHOPMARK_ASSIGN(outlet->producer_,
                    kafka::Producer::open(kafka::writing_settings(options.client),
                                          options.topic.topic, options.log));
    return outlet;
}

Result<std::vector<Published>> Outlet::read_tail(kafka::Consumer& consumer, PartitionId partition,
                                                 std::int64_t from, std::int64_t to,
                                                 const std::string& source) const {
    std::vector<Published> out;
    CHOPMARK_TRY(consumer.assign({{partition, from}}));
    auto until = kafka::within(options_.answer_wait);
    while (!kafka::passed(until)) {
        const auto batch = consumer.poll(poll_wait, poll_messages);
        for (std::size_t i = 0; i < batch.messages().size(); ++i) {
            const kafka::Message& message = batch.messages()[i];
            if (message.what == kafka::Message::What::trouble || message.partition != partition) {
                continue;
            }
            if (message.what == kafka::Message::What::out_of_range) {
                return Error(journal::not_ready, "the topic ends before its end");
            }
            until = kafka::within(options_.answer_wait);
            if (message.what == kafka::Message::What::record && message.offset < to) {
                auto item = published(batch, i);
                if (item && item->source != source) {
                    return Error(journal::foreign_log,
                                 options_.topic.topic + " has events of " + item->source);
                }
                if (item) {
                    out.push_back(*std::move(item));
                }
            }
            // Compaction leaves holes: the end itself may be one.
            if (message.what == kafka::Message::What::end || message.offset + 1 >= to) {
                return out;
            }
        }
    }
    return Error(journal::not_ready, "the end of " + options_.topic.topic + " could not be read");
}

Result<std::optional<Published>> Outlet::last(PartitionId partition, const std::string& source) {
    const auto open = [this] {
        return kafka::Consumer::open(reading(options_.client), options_.topic.topic, options_.log);
    };
    CHOPMARK_ASSIGN(auto consumer, open());
    CHOPMARK_ASSIGN(const auto marks, consumer->watermarks(partition, options_.answer_wait));
    ends_[partition] = marks.high;
    if (marks.high == marks.low && marks.high > 0) {
        return Error(kafka::topic_unsafe, options_.topic.topic + " has deleted its records");
    }
    // Further back as long as there is nothing but what strangers wrote.
    for (std::int64_t from = marks.high, step = tail_messages; from > marks.low; step *= 4) {
        const std::int64_t to = from;
        if (to < marks.high) {
            // librdkafka 2.0.2 aborts when an assignment is replaced while it begins.
            CHOPMARK_ASSIGN(consumer, open());
        }
        from = std::max(marks.low, from - step);
        CHOPMARK_ASSIGN(const auto tail, read_tail(*consumer, partition, from, to, source));
        if (const Published* found = last_in_order(tail, from == 0, options_.gapless)) {
            return std::optional<Published>(*found);
        }
    }
    return std::optional<Published>();
}

Result<void> Outlet::publish(PartitionId partition, std::span<const Item> items,
                             const std::atomic<bool>& give_up) {
    std::vector<kafka::Outgoing> batch;
    batch.reserve(items.size());
    for (const Item& item : items) {
        batch.push_back(item.message);
    }
    if (batch.empty()) {
        return {};
    }
    CHOPMARK_ASSIGN(
        const auto offsets,
        producer_->deliver(partition, batch, kafka::within(options_.deadline), give_up));
    std::int64_t& end = ends_[partition];
    if (offsets.front() < end) {
        return Error(lost_end, options_.topic.topic + " has lost " +
                                   std::to_string(end - offsets.front()) + " items");
    }
    end = offsets.back() + 1;
    return {};
}

}  // namespace chopmark::publish
