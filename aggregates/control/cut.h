// Cuts: control's record of every partition's size and root at one moment, the only order across
// partitions (design 3, A7). Sizes never fall; a cut names only partitions that grew, and growth of
// control by cuts alone makes none. Also the platform's own bookkeeping in control: refusals that
// were only counted, periods whose keys are gone, key epochs.
#pragma once

#include <map>
#include <set>
#include <variant>
#include <vector>

#include "aggregates/decision.h"

namespace chopmark::control {

struct Cuts {
    std::uint64_t number = 0;
    std::map<PartitionId, std::uint64_t> sizes;  // of the last cut that named the partition
    std::uint64_t epoch = 0;                     // of the keys
    std::set<std::pair<std::uint8_t, std::uint32_t>> expired;  // class and period

    static void fields(auto& archive, Cuts& row) {
        archive(row.number, row.sizes, row.epoch, row.expired);
    }
    friend bool operator==(const Cuts&, const Cuts&) = default;
};

inline constexpr Reason cut_no_growth{"cut.no_growth", Kind::refused};
inline constexpr Reason cut_shrinks{"cut.shrinks", Kind::internal};
inline constexpr Reason period_expired_already{"period.expired_already", Kind::conflict};
inline constexpr Reason epoch_not_next{"epoch.not_next", Kind::conflict};
inline constexpr Reason platform_only{"control.platform_only", Kind::forbidden};

struct PartitionRoot {
    PartitionId partition;
    std::uint64_t size = 0;
    Digest root;  // RFC 6962 tree head over `size` leaves
};
struct RecordCut {
    std::vector<PartitionRoot> partitions;  // all that have grown; control's own size included
};
struct RefusalCount {
    std::string reason;
    schema::KeyedToken network;  // keyed, of the caller's
    Bytes client_id;             // claimed, and known to control; empty: nobody's
    std::uint64_t count = 0;
};
struct CountRefusals {
    Instant minute;
    std::uint64_t total = 0;
    std::vector<RefusalCount> counts;  // the largest
};
struct ExpirePeriod {
    schema::Retention retention = schema::RETENTION_UNSPECIFIED;
    std::uint32_t period = 0;
};
struct OpenKeyEpoch {
    std::uint64_t epoch = 0;
    std::uint64_t destroyed_epoch = 0;
    std::vector<NodeId> nodes;
};
using PlatformCommand = std::variant<RecordCut, CountRefusals, ExpirePeriod, OpenKeyEpoch>;

Decision decide(const State& state, const PlatformCommand& command, const Context& context);
void evolve(State& state, const schema::CutRecorded& event, const record::Stamp& stamp);
void evolve(State& state, const schema::PeriodExpired& event, const record::Stamp& stamp);
void evolve(State& state, const schema::KeyEpochOpened& event, const record::Stamp& stamp);

}  // namespace chopmark::control
