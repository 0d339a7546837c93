#include "aggregates/runtime/partition_upkeep.h"

#include <algorithm>

namespace chopmark::runtime {
namespace {

Instant begin_of(Instant at, Duration period) {
    const std::int64_t length = period.count();
    return Instant::from_micros(at.micros() / length * length);
}

}  // namespace

std::vector<PartitionCommand> PartitionUpkeep::due(const PartitionBooks& books,
                                                   const std::set<ClientId>& uncounted,
                                                   Instant now) {
    std::vector<PartitionCommand> out;
    count_clients(uncounted, now, out);
    if (!attesting_ && books.changed && books.attested_at + options_.attest_every <= now) {
        attesting_ = true;
        out.emplace_back(AttestState());
    }
    return out;
}

/// After the end of an hour in which something was used. Who has used nothing since the last count
/// is in none: that count holds.
void PartitionUpkeep::count_clients(const std::set<ClientId>& uncounted, Instant now,
                                    std::vector<PartitionCommand>& out) {
    if (counting_ > 0) {
        return;
    }
    const Instant hour = begin_of(now, options_.count_every);
    if (uncounted.empty()) {
        counting_hour_.reset();
        return;
    }
    if (!counting_hour_) {
        counting_hour_ = hour;
    }
    if (!count_again_ && hour <= *counting_hour_) {
        return;
    }
    count_again_ = false;
    counting_hour_ = hour;
    const std::vector<ClientId> clients(uncounted.begin(), uncounted.end());
    const std::size_t parts =
        (clients.size() + counted_clients_of_a_part - 1) / counted_clients_of_a_part;
    for (std::size_t part = 0; part < parts; ++part) {
        CountRelyingParties command;
        command.hour = hour - options_.count_every;
        command.part = static_cast<std::uint32_t>(part + 1);
        command.parts = static_cast<std::uint32_t>(parts);
        const std::size_t begin = part * counted_clients_of_a_part;
        const std::size_t end = std::min(clients.size(), begin + counted_clients_of_a_part);
        command.clients.assign(clients.begin() + static_cast<std::ptrdiff_t>(begin),
                               clients.begin() + static_cast<std::ptrdiff_t>(end));
        out.emplace_back(std::move(command));
    }
    counting_ = parts;
}

std::optional<PartitionCommand> PartitionUpkeep::due(std::uint64_t reported,
                                                     const journal::SkippedRecords& skipped,
                                                     Instant now) {
    if (reporting_ || skipped.count <= reported ||
        (reported_at_ && now < *reported_at_ + options_.report_every)) {
        return std::nullopt;
    }
    reporting_ = true;
    reported_at_ = now;
    return PartitionCommand(ReportForeignRecords{skipped.count, skipped.newest});
}

void PartitionUpkeep::settled(const PartitionCommand& command, bool again) {
    if (std::holds_alternative<AttestState>(command)) {
        attesting_ = false;
    } else if (std::holds_alternative<CountRelyingParties>(command)) {
        --counting_;
        count_again_ = count_again_ || again;
    } else {
        reporting_ = false;
        if (again) {
            reported_at_.reset();
        }
    }
}

}  // namespace chopmark::runtime
