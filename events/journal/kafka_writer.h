// The writer of the Kafka journal: one term, one thread, one producer. For kafka_*.cc only.
#pragma once

#include "events/journal/kafka_lane.h"

namespace chopmark::journal {

class KafkaJournal::KafkaWriter final : public Writer {
  public:
    /// `next` is the place behind the accepted TermOpened, `producer` the one that wrote it.
    KafkaWriter(KafkaJournal& journal, Lane& lane, TermLifePtr life,
                std::unique_ptr<kafka::Producer> producer, const record::Placement& next);
    ~KafkaWriter() override;

    [[nodiscard]] Term term() const override { return life_->term; }
    Result<void> append(record::Record draft) override;

    /// Sends one batch, if there are drafts; false when there is nothing to do any more, or yet.
    /// Called by its own thread, or by step() where it has none.
    bool write_some();

  private:
    /// False when the term is over.
    bool send(std::vector<QueuedDraft> drafts);
    void take_delivered(std::span<const kafka::Outgoing> batch,
                        std::span<const std::int64_t> offsets);

    KafkaJournal& journal_;
    Lane& lane_;
    const TermLifePtr life_;
    std::unique_ptr<kafka::Producer> producer_;
    record::Placement next_;
    std::thread thread_;
};

}  // namespace chopmark::journal
