#include "events/keys/rsa_key_pool.h"

#include <sys/resource.h>
#include <unistd.h>

namespace chopmark::keys {
namespace {

constexpr int nice_refilling = 10;

}  // namespace

RsaKeyPool::RsaKeyPool(const Options& options) : options_(options) {
    if (options_.capacity > 0) {
        refiller_ = std::thread([this] { refill(); });
    }
}

RsaKeyPool::~RsaKeyPool() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (refiller_.joinable()) {
        refiller_.join();
    }
}

crypto::RsaPrivateKey RsaKeyPool::take() {
    {
        const std::lock_guard lock(mutex_);
        if (!ready_.empty()) {
            crypto::RsaPrivateKey key = std::move(ready_.front());
            ready_.pop_front();
            ++probe_.taken_ready;
            changed_.notify_all();
            return key;
        }
        ++probe_.made_on_demand;
    }
    return crypto::RsaPrivateKey::generate();
}

RsaKeyPool::Probe RsaKeyPool::probe() const {
    const std::lock_guard lock(mutex_);
    Probe out = probe_;
    out.ready = ready_.size();
    return out;
}

void RsaKeyPool::wait_until_full() const {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ready_.size() >= options_.capacity; });
}

void RsaKeyPool::refill() {
    // A tenth of what others get, and not SCHED_IDLE: on a busy machine such a thread does not run
    // for ten seconds on end, and neither a stop nor the kernel's end of a killed process, locks
    // and all, comes before it has run.
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), nice_refilling);
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (ready_.size() >= options_.capacity) {
            changed_.wait(lock);
            continue;
        }
        lock.unlock();
        crypto::RsaPrivateKey key = crypto::RsaPrivateKey::generate();
        lock.lock();
        ready_.push_back(std::move(key));
        changed_.notify_all();
    }
}

}  // namespace chopmark::keys
