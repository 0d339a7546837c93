// How many records a party may cause in an hour: failures of known parties are records up to a
// quota, then plain refusals that are only counted (design 6). Hours are counted from the epoch, in
// recorded time; an hour that is over is forgotten.
#pragma once

#include <map>

#include "events/core/ids.h"
#include "events/core/instant.h"
#include "events/core/limits.h"

namespace chopmark::citizen {

struct HourlyQuota {
    std::int64_t hour = 0;
    std::map<ClientId, std::uint32_t> used;  // limits::replaying_clients

    static constexpr std::int64_t hour_of(Instant at) { return at.seconds() / 3600; }

    /// Whether one more record of this client fits in.
    [[nodiscard]] bool has_room(const ClientId& client, std::uint32_t quota, Instant now) const {
        if (hour != hour_of(now)) {
            return quota > 0;
        }
        const auto at = used.find(client);
        return at == used.end() ? quota > 0 && used.size() < limits::replaying_clients
                                : at->second < quota;
    }
    void count(const ClientId& client, Instant now) {
        if (hour != hour_of(now)) {
            hour = hour_of(now);
            used.clear();
        }
        if (used.contains(client) || used.size() < limits::replaying_clients) {
            ++used[client];
        }
    }

    static void fields(auto& archive, HourlyQuota& row) { archive(row.hour, row.used); }
    friend bool operator==(const HourlyQuota&, const HourlyQuota&) = default;
};

}  // namespace chopmark::citizen
