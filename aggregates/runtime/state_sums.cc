#include "aggregates/runtime/state_sums.h"

#include "events/schema/event.h"

namespace chopmark::runtime {
namespace {

/// Documents are one row each, not one a class and period: a class names a table here.
void add_sum(schema::StateAttested& event, schema::Retention retention, const fold::RowSum& sum) {
    auto& row = *event.mutable_leaf()->add_sums();
    row.set_retention(retention);
    row.set_period(0);
    row.set_rows(sum.rows());
    row.set_row_sum(sum.value().to_bytes());
}

Result<void> compare_one(const schema::StateAttested& event, schema::Retention retention,
                         const fold::RowSum& sum, std::string_view name, Sequence at) {
    for (const auto& row : event.leaf().sums()) {
        if (row.retention() != retention) {
            continue;
        }
        if (row.rows() == sum.rows() && row.row_sum() == sum.value().bytes()) {
            return {};
        }
        return Error(state_differs,
                     std::string(name) + " at sequence " + std::to_string(at.value()) + ": " +
                         std::to_string(row.rows()) + " rows attested, " +
                         std::to_string(sum.rows()) + " here, of another sum; fold the rows anew");
    }
    return {};
}

}  // namespace

schema::StateAttested attestation(const StateSums& sums, Sequence position) {
    schema::StateAttested event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_leaf()->set_state_version(state_version);
    event.mutable_leaf()->set_position(position.value());
    add_sum(event, schema::IDENTITY, sums.citizens);
    add_sum(event, schema::ATTEMPT, sums.slots);
    add_sum(event, schema::PLATFORM, sums.rp_seq);
    return event;
}

Result<void> compare(const schema::StateAttested& event, const StateSums& sums, Sequence at,
                     const PartitionBooks& books) {
    if (event.leaf().state_version() != state_version || event.leaf().position() != at.value() ||
        books.expired > 0) {
        return {};
    }
    CHOPMARK_TRY(compare_one(event, schema::IDENTITY, sums.citizens, "citizens", at));
    CHOPMARK_TRY(compare_one(event, schema::ATTEMPT, sums.slots, "slots", at));
    return compare_one(event, schema::PLATFORM, sums.rp_seq, "rp_seq", at);
}

}  // namespace chopmark::runtime
