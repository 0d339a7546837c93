// How many answers with which code were given to calls that bore a client id, by the hour, for the
// last day: what a relying party's developer asks first. Of this node alone and since it started. A
// client id is a claim until the signature is found good, so a code for a wrong signature may be
// somebody else's doing; clients that control does not know are not counted. Safe from any thread.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <unordered_map>

#include "events/core/ids.h"
#include "events/core/instant.h"

namespace chopmark::rp {

class ErrorTally {
  public:
    static constexpr std::int64_t hours_kept = 24;

    void count(const ClientId& client, int code, Instant now) {
        const std::lock_guard lock(mutex_);
        Hour& hour = hours_[client][slot_of(now)];
        if (hour.number != number_of(now)) {
            hour = {number_of(now), {}};
        }
        ++hour.codes[code];  // as many codes as the wire has
    }
    /// Of the last day, by code.
    [[nodiscard]] std::map<int, std::uint64_t> of(const ClientId& client, Instant now) const {
        std::map<int, std::uint64_t> sum;
        const std::lock_guard lock(mutex_);
        const auto at = hours_.find(client);
        if (at == hours_.end()) {
            return sum;
        }
        for (const Hour& hour : at->second) {
            if (hour.number > number_of(now) - hours_kept) {
                for (const auto& [code, times] : hour.codes) {
                    sum[code] += times;
                }
            }
        }
        return sum;
    }

  private:
    struct Hour {
        std::int64_t number = -1;  // since 1970
        std::map<int, std::uint64_t> codes;
    };
    static std::int64_t number_of(Instant at) { return at.seconds() / 3600; }
    static std::size_t slot_of(Instant at) {
        return static_cast<std::size_t>(number_of(at) % hours_kept);
    }

    mutable std::mutex mutex_;
    std::unordered_map<ClientId, std::array<Hour, hours_kept>> hours_;
};

}  // namespace chopmark::rp
