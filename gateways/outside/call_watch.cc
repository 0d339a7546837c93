#include "gateways/outside/call_watch.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <exception>

#include "events/core/ensure.h"

namespace chopmark::outside {

CallWatch::~CallWatch() {
    {
        const std::lock_guard lock(mutex_);
        ensure(calls_.empty(), "every call is over before its watch");
        done_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void CallWatch::run() {
    std::unique_lock lock(mutex_);
    while (!done_) {
        if (calls_.empty()) {
            changed_.wait(lock);
            continue;
        }
        const auto first = calls_.begin();
        if (std::chrono::steady_clock::now() < first->first) {
            changed_.wait_until(lock, Time(first->first));
            continue;
        }
        ::shutdown(first->second->socket_, SHUT_RDWR);
        calls_.erase(first);
    }
}

CallWatch::Seat::~Seat() {
    end();
    if (socket_ >= 0) {
        ::close(socket_);
    }
}

/// A client that finds its kept connection gone makes another in the middle of a call.
void CallWatch::Seat::hold(int socket) {
    const std::lock_guard lock(watch_.mutex_);
    if (socket_ >= 0) {
        ::close(socket_);
    }
    socket_ = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
    const bool watched = watch_.calls_.contains({until_, this});
    if (socket_ < 0 || !watched) {
        ::shutdown(socket, SHUT_RDWR);
    }
}

void CallWatch::Seat::begin(Time until) {
    bool earliest = false;
    {
        const std::lock_guard lock(watch_.mutex_);
        try {
            if (!watch_.thread_.joinable()) {
                watch_.thread_ = std::thread([&watch = watch_] { watch.run(); });
            }
            until_ = until;
            const auto place = watch_.calls_.insert({until, this}).first;
            earliest = place == watch_.calls_.begin();
        } catch (const std::exception&) {  // no thread, no memory: nothing may be waited for
            if (socket_ >= 0) {
                ::shutdown(socket_, SHUT_RDWR);
            }
        }
    }
    if (earliest) {
        watch_.changed_.notify_one();
    }
}

void CallWatch::Seat::end() {
    const std::lock_guard lock(watch_.mutex_);
    watch_.calls_.erase({until_, this});
}

}  // namespace chopmark::outside
