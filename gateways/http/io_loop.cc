#include "gateways/http/io_loop.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "events/core/ensure.h"
#include "gateways/http/connection.h"

namespace chopmark::http {
namespace {

constexpr std::size_t scratch_bytes = 64 * 1024;

/// Fine enough for the shortest time-out, coarse enough to cost nothing.
Duration tick_of(const TimeOptions& time) {
    const Duration shortest = std::min({time.handshake, time.idle, time.header, time.request,
                                        time.answer, time.write, time.heartbeat, time.linger});
    return std::clamp<Duration>(shortest / 8, std::chrono::milliseconds(5),
                                std::chrono::milliseconds(100));
}

}  // namespace

IoLoop::IoLoop(FrontContext& front)
    : front_(front),
      work_(io_.get_executor()),
      tick_(io_),
      tick_every_(tick_of(front.options.time)),
      scratch_(scratch_bytes),
      traces_(front.ports.entropy) {}

IoLoop::~IoLoop() { ensure(!thread_.joinable(), "an IoLoop is stopped before it goes"); }

void IoLoop::start() {
    arm_sweep();
    thread_ = std::thread([this] { io_.run(); });
}

void IoLoop::stop() {
    if (!thread_.joinable()) {
        return;
    }
    post([this] {
        while (!entries_.empty()) {
            const auto connection = entries_.back().connection;
            connection->close();
        }
        stopping_ = true;
        tick_.cancel();
        work_.reset();
    });
    thread_.join();
}

void IoLoop::post(Task task) { boost::asio::post(io_, std::move(task)); }

void IoLoop::post_after(Duration pause, Task task) {
    auto timer = std::make_shared<boost::asio::steady_timer>(io_, pause);
    timer->async_wait(
        [timer, task = std::move(task)](const boost::system::error_code&) { task(); });
}

void IoLoop::run_here_or_post(Task task) {
    if (io_.get_executor().running_in_this_thread()) {
        task();
    } else {
        post(std::move(task));
    }
}

void IoLoop::adopt(std::shared_ptr<Connection> connection) {
    connection->place = entries_.size();
    entries_.push_back({Time::max(), false, std::move(connection)});
}

void IoLoop::release(const Connection& connection) {
    const std::size_t place = connection.place;
    ensure(place < entries_.size() && entries_[place].connection.get() == &connection);
    std::swap(entries_[place], entries_.back());
    entries_[place].connection->place = place;
    entries_.pop_back();
}

void IoLoop::set_deadline(const Connection& connection, Time at, bool idle) {
    Entry& entry = entries_[connection.place];
    entry.deadline = at;
    entry.idle = idle;
}

bool IoLoop::evict_longest_idle() {
    const Entry* oldest = nullptr;
    for (const Entry& entry : entries_) {
        if (entry.idle && (oldest == nullptr || entry.deadline < oldest->deadline)) {
            oldest = &entry;
        }
    }
    if (oldest == nullptr) {
        return false;
    }
    const auto connection = oldest->connection;
    connection->close();
    return true;
}

void IoLoop::drain() {
    std::vector<std::shared_ptr<Connection>> all;
    for (const Entry& entry : entries_) {
        all.push_back(entry.connection);
    }
    for (const auto& connection : all) {
        connection->drain();
    }
}

void IoLoop::sweep() {
    const Time now = std::chrono::steady_clock::now();
    std::vector<std::shared_ptr<Connection>> due;
    for (const Entry& entry : entries_) {
        if (entry.deadline <= now) {
            due.push_back(entry.connection);
        }
    }
    for (const auto& connection : due) {
        connection->expire(now);
    }
}

void IoLoop::arm_sweep() {
    tick_.expires_after(tick_every_);
    tick_.async_wait([this](const boost::system::error_code& error) {
        // A tick that was due when stop() cancelled it comes without an error.
        if (!error && !stopping_) {
            sweep();
            arm_sweep();
        }
    });
}

}  // namespace chopmark::http
