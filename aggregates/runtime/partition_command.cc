#include "aggregates/runtime/partition_command.h"

#include <algorithm>

#include "events/schema/event.h"

namespace chopmark::runtime {

Result<void> check_sender(const CommandHead& head) {
    if (head.actor.kind != schema::Party::NODE && head.actor.kind != schema::Party::TIMER) {
        return partition_command_forbidden;
    }
    return {};
}

Decision decide(const ReportForeignRecords& command, std::uint64_t reported) {
    if (command.count <= reported) {
        return foreign_reported_already;
    }
    schema::ForeignRecordsSeen event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_leaf()->set_count(command.count);
    const std::size_t named = std::min(command.skipped.size(), journal::skipped_records_kept);
    for (std::size_t at = command.skipped.size() - named; at < command.skipped.size(); ++at) {
        auto& row = *event.mutable_leaf()->add_skipped();
        row.set_offset(command.skipped[at].offset);
        row.set_digest(command.skipped[at].digest.to_bytes());
        row.set_reason(command.skipped[at].reason);
    }
    return schema::Event(std::move(event));
}

}  // namespace chopmark::runtime
