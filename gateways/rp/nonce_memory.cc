#include "gateways/rp/nonce_memory.h"

#include <utility>

namespace chopmark::rp {

bool NonceMemory::remember(const CommandId& id, Instant now) {
    std::unordered_set<CommandId> gone;  // freed after the lock
    const std::lock_guard lock(mutex_);
    if (younger_.size() >= per_generation_ || now >= began_ + life_) {
        gone = std::exchange(older_, std::exchange(younger_, {}));
        began_ = now;
    }
    return !older_.contains(id) && younger_.insert(id).second;
}

std::size_t NonceMemory::size() const {
    const std::lock_guard lock(mutex_);
    return younger_.size() + older_.size();
}

}  // namespace chopmark::rp
