// What lies in a partition's store and does not count (design 3, rule 4): how much of it there is,
// and the newest of it. A port of those back ends whose store others can write to; the embedded
// journal has none. Safe from any thread.
#pragma once

#include <string>
#include <vector>

#include "events/core/ids.h"

namespace chopmark::journal {

/// Records remembered of each partition; the newest.
inline constexpr std::size_t skipped_records_kept = 32;

struct SkippedRecord {
    std::uint64_t offset = 0;  // in the store, not a sequence
    Digest digest;             // SHA-256 of its leaf bytes; of all of it where there is no leaf
    std::string reason;        // to_string(Skipped)
    friend bool operator==(const SkippedRecord&, const SkippedRecord&) = default;
};

struct SkippedRecords {
    std::uint64_t count = 0;            // all since genesis
    std::vector<SkippedRecord> newest;  // oldest first; skipped_records_kept

    void add(SkippedRecord record) {
        ++count;
        if (newest.size() == skipped_records_kept) {
            newest.erase(newest.begin());
        }
        newest.push_back(std::move(record));
    }
};

class SkippedSource {
  public:
    virtual ~SkippedSource() = default;
    [[nodiscard]] virtual SkippedRecords skipped(PartitionId partition) const = 0;
};

}  // namespace chopmark::journal
