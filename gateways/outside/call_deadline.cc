#include "gateways/outside/call_deadline.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <system_error>

namespace chopmark::outside {

CallDeadline::CallDeadline(Duration longest) : end_(std::chrono::steady_clock::now() + longest) {}

CallDeadline::~CallDeadline() {
    {
        const std::lock_guard lock(mutex_);
        done_ = true;
    }
    changed_.notify_one();
    if (watcher_.joinable()) {
        watcher_.join();
    }
    for (const int socket : sockets_) {
        ::close(socket);
    }
}

bool CallDeadline::is_over() const { return std::chrono::steady_clock::now() >= end_; }

void CallDeadline::watch(int socket) {
    const std::lock_guard lock(mutex_);
    try {
        sockets_.reserve(sockets_.size() + 1);
        if (!watcher_.joinable()) {
            watcher_ = std::thread([this] { wait(); });
        }
    } catch (const std::exception&) {  // no thread, no memory
        ::shutdown(socket, SHUT_RDWR);
        return;
    }
    const int ours = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
    if (ours < 0 || is_over()) {
        ::shutdown(socket, SHUT_RDWR);
    }
    if (ours >= 0) {
        sockets_.push_back(ours);
    }
}

void CallDeadline::wait() {
    std::unique_lock lock(mutex_);
    if (changed_.wait_until(lock, end_, [this] { return done_; })) {
        return;
    }
    for (const int socket : sockets_) {
        ::shutdown(socket, SHUT_RDWR);
    }
}

}  // namespace chopmark::outside
