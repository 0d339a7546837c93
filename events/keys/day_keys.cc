#include "events/keys/day_keys.h"

#include "events/crypto/hkdf.h"
#include "events/keys/period.h"

namespace chopmark::keys {

crypto::Secret32 DayKeys::at(Instant moment) const {
    const std::int64_t day = day_count(moment);
    const std::lock_guard lock(mutex_);
    Remembered& place = recent_[static_cast<std::size_t>(day) % recent_.size()];
    if (place.day != day) {
        place.key = crypto::hkdf_sha256<32>("", {root_.reveal()},
                                            {"chopmark/day/1", std::to_string(day_number(moment))});
        place.day = day;
    }
    return place.key;
}

std::int64_t day_count(Instant at) {
    return std::chrono::floor<std::chrono::days>(Duration(at.micros())).count();
}

}  // namespace chopmark::keys
