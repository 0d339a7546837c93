// The loaded keys of a P256Verifier, least recently used first out. Private to p256.cc. A key that
// is thrown out while a thread verifies with it lives until that thread is done. Safe from any
// thread; loading happens outside the lock.
#pragma once

#include <list>
#include <mutex>
#include <unordered_map>

#include "events/crypto/p256.h"

namespace chopmark::crypto {

class P256Verifier::Cache {
  public:
    explicit Cache(std::size_t capacity) : capacity_(capacity) {}

    /// Null for bytes that are not a point. Those are not kept.
    std::shared_ptr<evp_pkey_st> get(const P256Point& point);
    [[nodiscard]] P256Probe probe() const;

  private:
    struct Item {
        P256Point point;
        std::shared_ptr<evp_pkey_st> key;
    };

    std::shared_ptr<evp_pkey_st> find(const P256Point& point);
    void keep(const P256Point& point, const std::shared_ptr<evp_pkey_st>& key);

    std::size_t capacity_;
    mutable std::mutex mutex_;
    std::list<Item> recent_;  // front: used last
    std::unordered_map<P256Point, std::list<Item>::iterator> by_point_;
    P256Probe probe_;
};

}  // namespace chopmark::crypto
