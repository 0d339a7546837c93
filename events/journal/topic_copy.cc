#include "events/journal/topic_copy.h"

#include "events/core/limits.h"
#include "events/journal/kafka_peek.h"

namespace chopmark::journal {
namespace {

constexpr Duration poll_wait = std::chrono::milliseconds(100);
constexpr std::size_t poll_messages = 1024;
constexpr Duration batch_deadline = std::chrono::seconds(60);

std::string place_of(PartitionId partition, Sequence at) {
    return "partition " + std::to_string(partition.value()) + ", sequence " +
           std::to_string(at.value());
}

Error differs(PartitionId partition, Sequence at, const char* what) {
    // Record 0 names the genesis.
    return {at == Sequence(0) ? foreign_log : copy_differs, place_of(partition, at) + ": " + what};
}

/// One partition of a topic through the accept rule, in as many looks as are wanted.
class TopicWalk {
  public:
    using Take = std::function<Result<void>(EntryPtr entry, ByteView stored)>;

    TopicWalk(const CopyPlace& place, PartitionId partition)
        : place_(place), rule_(partition, place.genesis, place.authority) {}
    /// From an offset on, behind the head that lies before it.
    TopicWalk(const CopyPlace& place, PartitionId partition, Head before, std::int64_t offset)
        : place_(place),
          rule_(partition, place.genesis, place.authority, std::move(before)),
          offset_(offset) {}

    Result<void> open() {
        auto settings = kafka::reading_settings(place_.client);
        settings["queued.max.messages.kbytes"] = "16384";
        CHOPMARK_ASSIGN(consumer_, kafka::Consumer::open(settings, place_.topic, place_.log));
        return {};
    }

    /// Everything up to where the partition ends now, or until so many records are known.
    Result<void> to_end(const Take& take, Sequence enough = Sequence(UINT64_MAX)) {
        CHOPMARK_ASSIGN(const auto marks,
                        consumer_->watermarks(rule_.partition(), place_.answer_wait));
        if (marks.low > 0) {
            return Error(kafka::topic_unsafe, place_.topic + " has deleted records");
        }
        // Once only: librdkafka 2.0.2 aborts when an assignment is replaced while it begins.
        if (offset_ < marks.high && !std::exchange(assigned_, true)) {
            CHOPMARK_TRY(consumer_->assign({{rule_.partition(), offset_}}));
        }
        auto until = kafka::within(place_.answer_wait);
        while (offset_ < marks.high && next() < enough) {
            if (kafka::passed(until)) {
                return Error(not_ready, place_.topic + " could not be read");
            }
            const auto batch = consumer_->poll(poll_wait, poll_messages);
            for (const kafka::Message& message : batch.messages()) {
                if (message.what == kafka::Message::What::record && message.offset >= offset_) {
                    until = kafka::within(place_.answer_wait);
                    CHOPMARK_TRY(judge(message, take));
                } else if (message.what == kafka::Message::What::end) {
                    offset_ = std::max(offset_, message.offset);
                }
            }
        }
        return {};
    }

    [[nodiscard]] Sequence next() const { return rule_.head().next; }
    [[nodiscard]] std::uint64_t skipped() const { return skipped_; }

  private:
    Result<void> judge(const kafka::Message& message, const Take& take) {
        offset_ = message.offset + 1;
        auto record = record::decode_record(message.payload);
        const auto hash = record ? rule_.offer(record->leaf) : tl::unexpected(Skipped::malformed);
        if (!hash) {
            ++skipped_;
            if (next() == Sequence(0) && hash.error() == Skipped::wrong_genesis) {
                return differs(rule_.partition(), Sequence(0), "the topic is of another genesis");
            }
            return {};
        }
        const Sequence at(next().value() - 1);
        return take(
            std::make_shared<const Entry>(Entry{rule_.partition(), at, *hash, *std::move(record)}),
            message.payload);
    }

    const CopyPlace& place_;
    AcceptRule rule_;
    std::unique_ptr<kafka::Consumer> consumer_;
    bool assigned_ = false;
    std::int64_t offset_ = 0;
    std::uint64_t skipped_ = 0;
};

/// What the topic has at an offset; nothing when no record lies there.
Result<std::optional<Bytes>> payload_at(const CopyPlace& place, PartitionId partition,
                                        std::int64_t offset) {
    auto settings = kafka::reading_settings(place.client);
    settings["queued.min.messages"] = "1";
    CHOPMARK_ASSIGN(const auto consumer, kafka::Consumer::open(settings, place.topic, place.log));
    CHOPMARK_ASSIGN(const auto marks, consumer->watermarks(partition, place.answer_wait));
    if (offset < marks.low || offset >= marks.high) {
        return std::optional<Bytes>();
    }
    const auto until = kafka::within(place.answer_wait);
    return kafka::peek(*consumer, partition, offset, [&] { return kafka::passed(until); });
}

/// The last place up to `at` where mirror and topic have the same record; the beginning if none is
/// known.
Result<Mirror::Place> common_place(const CopyPlace& place, const Mirror& mirror,
                                   PartitionId partition, Sequence at) {
    for (const Mirror::Place& known : mirror.places(partition)) {
        if (at < known.next || known.next == Sequence(0)) {
            continue;
        }
        CHOPMARK_ASSIGN(const auto ours, mirror.read(partition, Sequence(known.next.value() - 1),
                                                     known.next, {1, 0}));
        CHOPMARK_ASSIGN(const auto theirs, payload_at(place, partition, known.offset - 1));
        if (theirs && *theirs == encode(ours.front()->record)) {
            return known;
        }
    }
    return Mirror::Place{partition, Sequence(0), 0};
}

/// Writes what the cursor has, to its end, and leaves it there.
Result<std::uint64_t> append(RecordCursor& cursor, PartitionId partition, Sequence next,
                             kafka::Producer& producer) {
    const std::atomic<bool> never{false};
    std::uint64_t written = 0;
    std::vector<kafka::Outgoing> batch;
    std::size_t bytes = 0;
    const auto send = [&]() -> Result<void> {
        CHOPMARK_TRY(producer.deliver(partition, batch, kafka::within(batch_deadline), never));
        written += batch.size();
        batch.clear();
        bytes = 0;
        return {};
    };
    for (; cursor.valid(); cursor.next(), next = Sequence(next.value() + 1)) {
        CHOPMARK_ASSIGN(const auto record, record::view_record(cursor.stored()));
        CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(record.leaf));
        if (cursor.sequence() != next) {
            return Error(damaged, place_of(partition, next) + " is missing");
        }
        bytes += cursor.stored().size();
        batch.push_back({prelude.event_id.to_bytes(), Bytes(cursor.stored()), {}});
        if (batch.size() == limits::batch_records || bytes >= limits::batch_bytes) {
            CHOPMARK_TRY(send());
        }
    }
    CHOPMARK_TRY(cursor.status());
    if (!batch.empty()) {
        CHOPMARK_TRY(send());
    }
    return written;
}

}  // namespace

Result<Bytes> first_in_topic(const kafka::Settings& client, const std::string& topic,
                             Duration answer_wait, const kafka::Log& log) {
    CHOPMARK_ASSIGN(const auto consumer,
                    kafka::Consumer::open(kafka::reading_settings(client), topic, log));
    CHOPMARK_ASSIGN(const auto marks, consumer->watermarks(control_partition, answer_wait));
    if (marks.high == 0) {
        return Error(beyond_end, topic + " is empty");
    }
    CHOPMARK_TRY(consumer->assign({{control_partition, 0}}));
    for (const auto until = kafka::within(answer_wait); !kafka::passed(until);) {
        const auto batch = consumer->poll(poll_wait, 1);
        for (const kafka::Message& message : batch.messages()) {
            if (message.what == kafka::Message::What::record) {
                return Bytes(message.payload);
            }
        }
    }
    return Error(not_ready, topic + " could not be read");
}

Result<Copied> copy_to_topic(const RecordSource& from, const CopyPlace& to, PartitionId partition,
                             const Accepted& accepted) {
    TopicWalk topic(to, partition);
    CHOPMARK_TRY(topic.open());
    auto source = from.walk(partition, Sequence(0));
    const auto compare = [&](const EntryPtr& entry, ByteView stored) -> Result<void> {
        if (!source->valid()) {
            return differs(partition, entry->sequence, "the topic has more than the folder");
        }
        if (source->sequence() != entry->sequence || source->stored() != stored) {
            return differs(partition, entry->sequence, "the topic has another record");
        }
        accepted(entry->sequence, entry->leaf_hash);
        source->next();
        return source->valid() ? Result<void>() : source->status();
    };
    CHOPMARK_TRY(topic.to_end(compare));
    Copied out;
    out.found = topic.next().value();
    {
        CHOPMARK_ASSIGN(
            const auto producer,
            kafka::Producer::open(kafka::writing_settings(to.client), to.topic, to.log));
        const auto rest = from.walk(partition, topic.next());
        CHOPMARK_ASSIGN(out.records, append(*rest, partition, topic.next(), *producer));
    }
    CHOPMARK_TRY(topic.to_end(compare));
    out.skipped = topic.skipped();
    if (source->valid() || topic.next().value() != out.found + out.records) {
        return differs(partition, topic.next(), "what was written is not what counts there");
    }
    return out;
}

Result<Copied> copy_from_topic(const CopyPlace& from, Mirror& to, PartitionId partition,
                               const Accepted& accepted) {
    TopicWalk topic(from, partition);
    CHOPMARK_TRY(topic.open());
    const Sequence there = to.heads()[partition.value()].next;
    std::vector<EntryPtr> batch;
    std::size_t bytes = 0;
    const auto keep = [&]() -> Result<void> {
        if (batch.empty()) {
            return {};
        }
        CHOPMARK_TRY(to.write(batch));
        batch.clear();
        bytes = 0;
        return {};
    };
    CHOPMARK_TRY(topic.to_end([&](const EntryPtr& entry, ByteView stored) -> Result<void> {
        accepted(entry->sequence, entry->leaf_hash);
        if (entry->sequence < there) {
            CHOPMARK_ASSIGN(
                const auto ours,
                to.read(partition, entry->sequence, Sequence(entry->sequence.value() + 1), {1, 0}));
            return !ours.empty() && encode(ours.front()->record) == stored
                       ? Result<void>()
                       : differs(partition, entry->sequence, "the folder has another record");
        }
        batch.push_back(entry);
        bytes += stored.size();
        return batch.size() == limits::batch_records || bytes >= limits::batch_bytes
                   ? keep()
                   : Result<void>();
    }));
    if (topic.next() < there) {
        return differs(partition, topic.next(), "the folder has more than the topic");
    }
    CHOPMARK_TRY(keep());
    CHOPMARK_TRY(to.sync({}));
    return Copied{topic.next().value() - there.value(), there.value(), topic.skipped()};
}

Result<std::uint64_t> compare_with_topic(const CopyPlace& place, const Mirror& mirror,
                                         PartitionId partition, Sequence from) {
    const Sequence end = mirror.heads()[partition.value()].next;
    CHOPMARK_ASSIGN(const Mirror::Place begin, common_place(place, mirror, partition, from));
    CHOPMARK_ASSIGN(Head before, mirror.head_before(partition, begin.next));
    TopicWalk topic(place, partition, std::move(before), begin.offset);
    CHOPMARK_TRY(topic.open());
    std::vector<EntryPtr> page;
    const auto compare = [&](const EntryPtr& entry, ByteView) -> Result<void> {
        if (entry->sequence >= end) {
            return {};
        }
        if (page.empty() || page.back()->sequence < entry->sequence) {
            CHOPMARK_ASSIGN(page, mirror.read(partition, entry->sequence, end, {}));
        }
        const std::size_t at = entry->sequence.value() - page.front()->sequence.value();
        return page[at]->record == entry->record
                   ? Result<void>()
                   : Error(not_in_topic,
                           place_of(partition, entry->sequence) + ": the topic has another record");
    };
    CHOPMARK_TRY(topic.to_end(compare, end));
    if (topic.next() < end) {
        return Error(not_in_topic, place_of(partition, topic.next()) + ": the topic has no such " +
                                       "record, and " + std::to_string(end.value()) +
                                       " are in the copy");
    }
    return end.value() - begin.next.value();
}

}  // namespace chopmark::journal
