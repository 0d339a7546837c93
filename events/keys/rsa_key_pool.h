// RSA keys made ahead of need, for making one takes about 0.3 s: a registration that needs one must
// not wait for it, and a rush takes what the pool holds and then the time it takes. One thread of
// a low priority refills. Keys wait in memory only. Safe from any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "events/crypto/rsa.h"

namespace chopmark::keys {

class RsaKeyPool {
  public:
    struct Options {
        /// Keys kept ready, 2 KB each. 0: no thread, every key is made when asked for.
        std::size_t capacity = 16;
    };
    struct Probe {
        std::size_t ready = 0;
        std::uint64_t taken_ready = 0;
        std::uint64_t made_on_demand = 0;
    };

    explicit RsaKeyPool(const Options& options);
    /// Waits for a key that is being made.
    ~RsaKeyPool();
    RsaKeyPool(const RsaKeyPool&) = delete;
    RsaKeyPool& operator=(const RsaKeyPool&) = delete;

    /// A key nobody else has: a ready one, or one made in this call.
    crypto::RsaPrivateKey take();
    [[nodiscard]] Probe probe() const;
    /// Returns once the pool is full; for start-up and tests.
    void wait_until_full() const;

  private:
    void refill();

    Options options_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::deque<crypto::RsaPrivateKey> ready_;
    Probe probe_;
    bool stopping_ = false;
    std::thread refiller_;
};

}  // namespace chopmark::keys
