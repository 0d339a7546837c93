#include "anomaly/rules/foreign_records.h"

#include <array>

#include "events/core/limits.h"

namespace chopmark::anomaly {
namespace {

struct PartitionStore {
    std::uint64_t count = 0;        // since genesis, as last reported
    std::uint64_t next_offset = 0;  // of the store; what lies before it has been judged
    std::uint64_t forged = 0;       // since the row began
    RecentCount late;
    Raised raised;
    EvidenceList evidence;

    static void fields(auto& archive, PartitionStore& row) {
        archive(row.count, row.next_offset, row.forged, row.late, row.raised, row.evidence);
    }
};

constexpr Duration minute = std::chrono::minutes(1);

/// Why a record of a node that had lost its term does not count (events/journal/accept.h). Every
/// other reason, one unknown here included, is no node's.
bool is_late(std::string_view reason) {
    constexpr std::array<std::string_view, 4> late{"stale_term", "wrong_term", "wrong_sequence",
                                                   "wrong_previous"};
    return std::find(late.begin(), late.end(), reason) != late.end();
}

/// How many of the records that are named are new and forged; the rest of what is new is late.
std::uint64_t forged_in(const schema::ForeignRecordsSeen& event, PartitionStore& known) {
    std::uint64_t forged = 0;
    std::uint64_t next = known.next_offset;
    for (const auto& record : event.leaf().skipped()) {
        if (record.offset() >= known.next_offset) {
            forged += is_late(record.reason()) ? 0 : 1;
            next = std::max(next, record.offset() + 1);
        }
    }
    known.next_offset = next;
    return forged;
}

}  // namespace

ForeignRecords::ForeignRecords(const Options& options)
    : options_(options),
      text_{
          "log.foreign_records",
          1,
          7,
          "",
          "T1565.001, T1078",
          "The store of a partition holds records that the accept rule left out. Where no node of "
          "this deployment writes such records it proves that somebody else can write to the "
          "store, or that a node is broken; it proves nothing about accepted records, which hold.",
          options.keys} {}

Result<void> ForeignRecords::on(const schema::ForeignRecordsSeen& event, StateRows& state,
                                const Observed& seen, std::vector<Draft>& findings) const {
    Bytes partition;
    append_big_endian(partition, seen.evidence().partition.value());
    CHOPMARK_ASSIGN(auto cell, state.open<PartitionStore>(Key{"o" + partition}));
    PartitionStore& known = cell.state;
    const std::uint64_t fresh = event.leaf().count() - std::min(event.leaf().count(), known.count);
    const std::uint64_t forged = forged_in(event, known);
    known.count = std::max(known.count, event.leaf().count());
    known.forged += forged;
    const std::uint64_t late = fresh - std::min(fresh, forged);
    known.late.add(seen.at(), minute, options_.late_window,
                   static_cast<std::uint32_t>(std::min<std::uint64_t>(late, UINT32_MAX)));
    known.evidence.add(seen.evidence(), limits::alert_evidence);

    const std::uint64_t late_lately = known.late.within(seen.at(), options_.late_window);
    const bool too_late = late_lately >= options_.late_records;
    const auto severity = forged > 0 ? schema::SEVERITY_HIGH : schema::SEVERITY_MEDIUM;
    auto draft = forged == 0 && !too_late
                     ? std::nullopt
                     : known.raised.due(cell.key, seen.at(), options_.window, severity,
                                        forged > 0 ? known.forged : late_lately);
    if (draft) {
        draft->grade = forged > 0 ? Grade::invariant : Grade::statistical;
        draft->entity = {schema::Entity::KIND_PLATFORM, partition};
        draft->score_permille = forged > 0 ? 950 : 700;
        draft->evidence = known.evidence.records;
        const auto count = [](std::uint64_t n) { return static_cast<std::int64_t>(n); };
        draft->measures = {{"forged", count(known.forged), 0, "count"},
                           {"late", count(late_lately), 0, "count an hour"},
                           {"records", count(known.count), 0, "count since genesis"}};
        draft->explanation =
            forged > 0 ? "A partition's store holds records that no node of this deployment writes."
                       : "A partition's store takes many records of a node that does not own it.";
        findings.push_back(*std::move(draft));
    }
    return state.store(cell, limits::detector_state_life);
}

}  // namespace chopmark::anomaly
