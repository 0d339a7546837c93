#include "events/journal/kafka_writer.h"

namespace chopmark::journal {

KafkaJournal::KafkaWriter::KafkaWriter(KafkaJournal& journal, Lane& lane, TermLifePtr life,
                                       std::unique_ptr<kafka::Producer> producer,
                                       const record::Placement& next)
    : journal_(journal),
      lane_(lane),
      life_(std::move(life)),
      producer_(std::move(producer)),
      next_(next) {
    if (journal_.options_.own_threads) {
        thread_ = std::thread([this] {
            while (write_some()) {
            }
        });
        return;
    }
    const std::lock_guard lock(lane_.mutex);
    lane_.writer = this;
}

KafkaJournal::KafkaWriter::~KafkaWriter() {
    journal_.close(lane_, life_);
    if (thread_.joinable()) {
        thread_.join();
    }
    const std::lock_guard lock(lane_.mutex);
    if (lane_.writer == this) {
        lane_.writer = nullptr;
    }
}

Result<void> KafkaJournal::KafkaWriter::append(record::Record draft) {
    CHOPMARK_TRY(check_draft(draft, life_->partition));
    return journal_.enqueue(lane_, life_, std::move(draft));
}

bool KafkaJournal::KafkaWriter::write_some() {
    if (!producer_) {
        return false;
    }
    auto drafts = journal_.next_batch(lane_, life_, next_.sequence, *producer_);
    const bool sent = !drafts.empty() && send(std::move(drafts));
    if (!sent && (life_->over || journal_.options_.own_threads)) {
        producer_.reset();  // with it goes what is not yet on the wire
    }
    return sent;
}

bool KafkaJournal::KafkaWriter::send(std::vector<QueuedDraft> drafts) {
    std::vector<kafka::Outgoing> batch;
    std::size_t bytes = 0;
    for (QueuedDraft& draft : drafts) {
        record::place(draft.record.leaf, next_);
        next_.sequence = Sequence(next_.sequence.value() + 1);
        next_.previous = record::leaf_hash(draft.record.leaf);
        bytes += draft.record.size();
        batch.push_back(
            {record::decode_prelude(draft.record.leaf)->event_id.to_bytes(), encode(draft.record)});
    }
    {
        const std::lock_guard lock(journal_.probe_mutex_);
        ++journal_.probe_.batches;
        journal_.probe_.records += batch.size();
        journal_.probe_.bytes += bytes;
    }
    const auto offsets = producer_->deliver(
        life_->partition, batch, journal_.within(journal_.options_.batch_deadline), life_->over);
    if (!offsets) {
        journal_.end_life(lane_, life_, offsets.error());
        return false;
    }
    if (journal_.options_.accept_on_delivery) {
        take_delivered(batch, *offsets);
    }
    return true;
}

void KafkaJournal::KafkaWriter::take_delivered(std::span<const kafka::Outgoing> batch,
                                               std::span<const std::int64_t> offsets) {
    std::vector<kafka::Message> messages;
    for (std::size_t i = 0; i < batch.size() && offsets[i] >= 0; ++i) {
        messages.push_back({kafka::Message::What::record, life_->partition, offsets[i],
                            ByteView(batch[i].payload)});
    }
    journal_.absorb(lane_, messages, true);
}

}  // namespace chopmark::journal
