// The keys of single days under one root: HKDF-SHA-256(root, "chopmark/day/1" ‖ yyyymmdd), the day
// in UTC. Any node derives them for any day, so nothing is stored or handed over; the last few are
// remembered. Safe from any thread.
#pragma once

#include <array>
#include <mutex>

#include "events/core/instant.h"
#include "events/crypto/secret.h"

namespace chopmark::keys {

class DayKeys {
  public:
    explicit DayKeys(const crypto::Secret32& root) : root_(root) {}

    [[nodiscard]] crypto::Secret32 at(Instant moment) const;

  private:
    struct Remembered {
        std::int64_t day = -1;  // since 1970
        crypto::Secret32 key;
    };

    crypto::Secret32 root_;
    mutable std::mutex mutex_;
    mutable std::array<Remembered, 4> recent_;  // day n at n mod 4
};

/// Days since 1970-01-01 in UTC.
std::int64_t day_count(Instant at);

}  // namespace chopmark::keys
