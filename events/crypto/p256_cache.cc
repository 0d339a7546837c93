#include "events/crypto/p256_cache.h"

namespace chopmark::crypto {

std::shared_ptr<evp_pkey_st> P256Verifier::Cache::get(const P256Point& point) {
    if (auto found = find(point)) {
        return found;
    }
    auto loaded = load_p256(point);
    if (!loaded) {
        return nullptr;
    }
    std::shared_ptr<evp_pkey_st> key = *std::move(loaded);
    keep(point, key);
    return key;
}

P256Probe P256Verifier::Cache::probe() const {
    const std::lock_guard lock(mutex_);
    return probe_;
}

std::shared_ptr<evp_pkey_st> P256Verifier::Cache::find(const P256Point& point) {
    const std::lock_guard lock(mutex_);
    const auto found = by_point_.find(point);
    if (found == by_point_.end()) {
        ++probe_.misses;
        return nullptr;
    }
    ++probe_.hits;
    recent_.splice(recent_.begin(), recent_, found->second);
    return found->second->key;
}

void P256Verifier::Cache::keep(const P256Point& point, const std::shared_ptr<evp_pkey_st>& key) {
    const std::lock_guard lock(mutex_);
    if (capacity_ == 0 || by_point_.contains(point)) {
        return;  // another thread was faster
    }
    if (recent_.size() == capacity_) {
        by_point_.erase(recent_.back().point);
        recent_.pop_back();
    }
    recent_.push_front({point, key});
    by_point_.emplace(point, recent_.begin());
}

}  // namespace chopmark::crypto
