// What a rule has raised about a key, so that a burst is one alert with revisions and not one alert
// an event (facts: dedup). A new alert begins with each window, counted from the epoch, so that its
// id is the same however the events before it fared; within it a revision follows when the matter
// got worse or twice as large. Plain values.
#pragma once

#include "anomaly/finding.h"
#include "anomaly/state/state_rows.h"
#include "anomaly/state/window.h"

namespace chopmark::anomaly {

struct Raised {
    Bytes key;  // as the alert was named: a token's name may change under it
    Instant window_start;
    std::uint32_t revision = 0;  // 0: nothing
    schema::Severity severity = schema::SEVERITY_UNSPECIFIED;
    std::uint64_t again_at = 0;  // size from which on it is said again

    /// The alert to raise, with its key, window, revision and severity; nothing: it has been said.
    /// The row MUST live as long as the window.
    std::optional<Draft> due(const Key& matter, Instant now, Duration window,
                             schema::Severity grade, std::uint64_t size) {
        if (revision == 0 || now >= window_start + window) {
            *this = {matter.name, begin_of_step(now, window), 1, grade, size * 2};
        } else if (grade <= severity && size < again_at) {
            return std::nullopt;
        } else {
            ++revision;
            severity = std::max(severity, grade);
            again_at = std::max(again_at, size * 2);
        }
        Draft draft;
        draft.key = key;
        draft.window_start = window_start;
        draft.revision = revision;
        draft.severity = severity;
        return draft;
    }

    static void fields(auto& archive, Raised& row) {
        archive(row.key, row.window_start, row.revision, row.severity, row.again_at);
    }
    friend bool operator==(const Raised&, const Raised&) = default;
};

/// The newest evidence of a key; the first stays, for it tells when a matter began.
struct EvidenceList {
    std::vector<Evidence> records;

    void add(const Evidence& record, std::size_t most) {
        if (records.size() >= most && most > 1) {
            records.erase(records.begin() + 1);
        }
        records.push_back(record);
    }

    static void fields(auto& archive, EvidenceList& row) { archive(row.records); }
    friend bool operator==(const EvidenceList&, const EvidenceList&) = default;
};

}  // namespace chopmark::anomaly
