// What a backbone tells of itself: why it should get no traffic, and its figures.
#include "ops/backbone.h"

namespace chopmark::ops {

std::vector<std::string> Backbone::not_ready() const {
    auto reasons = attendance_ == nullptr ? std::vector<std::string>() : attendance_->not_ready();
    if (!storage_->journal().probe().ready) {
        reasons.emplace_back("journal.not_ready");
    }
    if (const journal::KafkaJournal* kafka = storage_->kafka()) {
        for (const journal::PartitionTrouble& trouble : kafka->troubles()) {
            reasons.push_back(std::string(trouble.error.reason.name) + "." +
                              std::to_string(trouble.partition.value()));
        }
    }
    const Deciding::Probe deciding = deciding_->probe();
    if (!deciding.executors.serving) {
        reasons.emplace_back("executor.not_serving");
    }
    if (deciding.differing > 0) {
        reasons.emplace_back("state.differs");
    }
    if (!storage_->rows().probe().ready) {
        reasons.emplace_back("rows.not_ready");
    }
    if (proving_->failing()) {
        reasons.emplace_back("proof.behind");
    }
    for (const fold::ViewStatus& view : views_runner_->status()) {
        if (view.stopped) {
            reasons.push_back("view.stopped." + view.name);
        }
    }
    return reasons;
}

void Backbone::probe_journal(telemetry::Samples& samples) const {
    const auto total = [&](const char* name, const char* help, std::uint64_t value) {
        samples.counter(name, help, static_cast<double>(value));
    };
    const journal::JournalProbe journal = storage_->journal().probe();
    total("chopmark_journal_records_total", "Records appended.", journal.records);
    total("chopmark_journal_batches_total", "Synced batches.", journal.batches);
    total("chopmark_journal_bytes_total", "Bytes appended.", journal.bytes);
    total("chopmark_journal_skipped_total", "Records that were not accepted.", journal.skipped);
    total("chopmark_journal_terms_ended_total", "Terms ended by an error.", journal.terms_ended);
    samples.gauge("chopmark_journal_queued_records", "Drafts waiting.",
                  static_cast<double>(journal.queued));
    for (std::uint32_t p = 0; p <= storage_->journal().partitions(); ++p) {
        const PartitionId partition(static_cast<std::uint16_t>(p));
        const std::string name = std::to_string(p);
        samples.gauge("chopmark_partition_served", "1 where this node owns the partition.",
                      deciding_->serves(partition) ? 1 : 0, {{"partition", name}});
        if (const auto head = storage_->journal().head(partition)) {
            samples.gauge("chopmark_partition_term", "The term that was accepted last.",
                          static_cast<double>(head->term.value()), {{"partition", name}});
        }
    }
    if (const journal::KafkaJournal* kafka = storage_->kafka()) {
        const journal::KafkaProbe counts = kafka->kafka_probe();
        total("chopmark_kafka_producer_errors_total", "Producers that were given up.",
              counts.producer_errors);
        total("chopmark_kafka_reader_errors_total", "Errors that reading told of.",
              counts.reader_errors);
        total("chopmark_kafka_relocations_total", "Times that the topic had lost its end.",
              counts.relocations);
        total("chopmark_kafka_mirror_failures_total", "Writes of the mirror that failed.",
              counts.mirror_failures);
        total("chopmark_kafka_regained_records_total",
              "Lost by the topic, and had from other nodes' mirrors.", counts.regained_records);
        total("chopmark_kafka_silent_peers_total",
              "Nodes that did not say what they have when a term was opened.", counts.silent_peers);
        samples.gauge("chopmark_kafka_lag_records", "Not yet read.",
                      static_cast<double>(counts.lag_records));
        samples.gauge("chopmark_kafka_short_records", "In the mirror, and lost by the topic.",
                      static_cast<double>(counts.short_records));
        for (std::size_t why = 0; why < counts.skipped.size(); ++why) {
            const auto reason = journal::to_string(static_cast<journal::Skipped>(why));
            samples.counter("chopmark_kafka_skipped_total", "Records that do not count.",
                            static_cast<double>(counts.skipped[why]),
                            {{"reason", std::string(reason)}});
        }
    }
}

void Backbone::probe(telemetry::Samples& samples) const {
    const auto total = [&](const char* name, const char* help, std::uint64_t value) {
        samples.counter(name, help, static_cast<double>(value));
    };
    probe_journal(samples);
    if (peers_ != nullptr) {
        peers_->probe(samples);
    }
    if (clock_watch_ != nullptr) {
        samples.gauge("chopmark_clock_ahead_seconds",
                      "How far this node's clock is off the brokers' at least.",
                      static_cast<double>(clock_watch_->offset().count()) / 1e6);
    }
    const Deciding::Probe deciding = deciding_->probe();
    total("chopmark_commands_accepted_total", "Commands recorded.", deciding.executors.accepted);
    total("chopmark_commands_refused_total", "Commands refused.", deciding.executors.refused);
    total("chopmark_commands_replayed_total", "Commands answered again.",
          deciding.executors.replayed);
    total("chopmark_commands_busy_total", "Commands not taken for want of room.",
          deciding.executors.busy);
    total("chopmark_state_flush_failures_total", "Writes of state rows that failed.",
          deciding.flush_failures);
    total("chopmark_state_attestations_total", "StateAttested recorded.", deciding.attested);
    samples.gauge("chopmark_state_differing_partitions",
                  "Partitions whose state is not what the log says it was.",
                  static_cast<double>(deciding.differing));
    total("chopmark_relying_party_counts_total", "RelyingPartyCounts recorded.", deciding.counted);
    total("chopmark_foreign_reports_total", "ForeignRecordsSeen recorded.",
          deciding.foreign_reported);
    total("chopmark_rows_recoveries_total", "Times that rows were opened again after an error.",
          storage_->row_recoveries());
    samples.gauge("chopmark_commands_in_flight", "Commands decided and not yet durable.",
                  static_cast<double>(deciding.executors.in_flight));
    for (const fold::ViewStatus& view : views_runner_->status()) {
        samples.gauge("chopmark_view_lag_records", "Records that a view has not folded yet.",
                      static_cast<double>(view.lag_records), {{"view", view.name}});
    }
    const FollowUps::Probe follow_ups = follow_ups_->probe();
    total("chopmark_follow_ups_done_total", "Answers from outside handed on.", follow_ups.done);
    total("chopmark_follow_ups_failed_total", "Attempts that failed.", follow_ups.failed);
    samples.gauge("chopmark_follow_ups_outstanding", "Answers waited for.",
                  static_cast<double>(follow_ups.known));
    const Erasures::Probe erasures = erasures_->probe();
    total("chopmark_erasures_completed_total", "Erasures with a receipt.", erasures.completed);
    total("chopmark_erasures_failed_total", "Steps tried again.", erasures.failed);
}

}  // namespace chopmark::ops
