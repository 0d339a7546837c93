#include "gateways/http/stream_queue.h"

#include <utility>

#include "gateways/http/answer_text.h"

namespace chopmark::http {

void StreamQueue::wake(std::unique_lock<std::mutex>& lock) {
    if (std::exchange(woken_, true)) {
        return;
    }
    lock.unlock();
    wake_();
}

Sent StreamQueue::send(std::string bytes) {
    std::unique_lock lock(mutex_);
    if (ended_ || closed_) {
        return Sent::gone;
    }
    const std::size_t held = pending_.size() + in_flight_;
    // One piece may be larger than the bound, or it could never be sent.
    if (held > 0 && held + bytes.size() > bound_) {
        found_full_ = true;
        return Sent::full;
    }
    pending_.append(chunked_ ? chunk_text(bytes) : bytes);
    wake(lock);
    return Sent::taken;
}

void StreamQueue::close() {
    std::unique_lock lock(mutex_);
    if (ended_ || std::exchange(closed_, true)) {
        return;
    }
    if (chunked_) {
        pending_.append(last_chunk);
    }
    hooks_ = {};
    wake(lock);
}

StreamQueue::Taken StreamQueue::take() {
    std::function<void()> room;
    Taken out;
    {
        const std::lock_guard lock(mutex_);
        woken_ = false;
        out.bytes = std::exchange(pending_, {});
        out.last = closed_;
        in_flight_ = out.bytes.size();
        if (found_full_ && in_flight_ <= bound_ / 2) {
            found_full_ = false;
            room = hooks_.room;
        }
    }
    if (room) {
        room();
    }
    return out;
}

void StreamQueue::end(Ended why) {
    StreamHooks hooks;
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(ended_, true)) {
            return;
        }
        hooks = std::exchange(hooks_, {});
    }
    if (hooks.ended) {
        hooks.ended(why);
    }
}

}  // namespace chopmark::http
