// The part of a connection that has no bytes of a request to read: parked requests, streams, what
// happens when time is up, and drain.
#include <algorithm>

#include "gateways/http/connection.h"

namespace chopmark::http {
namespace {

/// Read ahead of a parked request, so that its client's leaving is noticed behind a pipeline.
constexpr std::size_t watched_bytes = 16 * 1024;
constexpr std::string_view heartbeat = ":\n\n";

}  // namespace

void Connection::hold(Exchange& exchange, Duration wait) {
    if (state_ == State::waiting && exchange_.get() == &exchange) {
        wait_for(wait);
    }
}

/// Reads ahead a little, to learn that the client has left. A client that only ended its sending
/// side counts as gone: no browser and no HTTP library does that while it waits.
bool Connection::step_watch() {
    const RouteKind kind = exchange_->call().route->kind;
    if (kind != RouteKind::park && kind != RouteKind::stream) {
        return false;
    }
    if (in_.size() >= watched_bytes) {
        return false;
    }
    if (!readable_) {
        arm_read();
        return false;
    }
    const Moved moved = transport_.read(loop_.scratch());
    switch (moved.next) {
        case Moved::Next::more:
            in_.append(loop_.scratch().data(), moved.bytes);
            return true;
        case Moved::Next::wait_read:
            readable_ = false;
            return true;
        case Moved::Next::wait_write:
            arm_write();
            return false;
        case Moved::Next::closed:
        case Moved::Next::failed:
            close();
            return false;
    }
    return false;
}

bool Connection::begin_stream(Exchange& exchange, Rendered head, std::shared_ptr<StreamQueue> queue,
                              bool events) {
    if (state_ != State::waiting || exchange_.get() != &exchange) {
        return false;
    }
    stream_ = std::move(queue);
    stream_events_ = events;
    stream_last_ = false;
    stream_until_ = std::chrono::steady_clock::now() + exchange.call().route->wait;
    write(std::move(head));
    state_ = State::streaming;
    pump();
    return true;
}

void Connection::send_stream() {
    if (state_ == State::streaming) {
        pump();
    }
}

/// What the queue holds becomes what is written. False: nothing to write.
bool Connection::take_stream() {
    if (stream_last_) {
        state_ = State::writing;
        return true;
    }
    auto taken = stream_->take();
    stream_last_ = taken.last;
    const bool any = !taken.bytes.empty();
    const TimeOptions& time = front_->options.time;
    if (any) {
        out_total_ += taken.bytes.size();
        out_ = std::move(taken.bytes);
        wait_for(time.write);
    } else {
        std::string().swap(out_);
        const Time beat = std::chrono::steady_clock::now() + time.heartbeat;
        wait_until(stream_events_ ? std::min(beat, stream_until_) : stream_until_);
    }
    out_at_ = 0;
    return any || stream_last_;
}

void Connection::end_stream(Ended why) {
    stream_->end(why);
    stream_last_ = true;
    if (!exchange_->is_http_1_0()) {
        out_.erase(0, out_at_);
        out_at_ = 0;
        out_.append(last_chunk);
    }
    close_after_ = true;
    wait_for(front_->options.time.write);
    pump();
}

// ---- time ----

void Connection::expire(Time now) {
    switch (state_) {
        case State::handshaking:
            front_->counters.handshakes_failed.fetch_add(1);
            close();
            return;
        case State::reading:
            if (exchange_ == nullptr) {
                close();
                return;
            }
            unread_ = true;
            refuse(refusals::request_too_slow);
            break;
        case State::waiting: {
            if (!exchange_->end(Ended::time_over)) {
                wait_for(front_->options.time.write);  // the answer is on its way here
                return;
            }
            const bool parked = exchange_->is_parked();
            write(parked ? exchange_->render_wait_over()
                         : exchange_->render(refusals::answer_late));
            break;
        }
        case State::streaming:
            if (out_at_ < out_.size() || stream_last_) {
                close();  // it does not read
                return;
            }
            if (now >= stream_until_) {
                end_stream(Ended::time_over);
                return;
            }
            out_ = exchange_->is_http_1_0() ? std::string(heartbeat) : chunk_text(heartbeat);
            out_at_ = 0;
            out_total_ += out_.size();
            wait_for(front_->options.time.write);
            break;
        case State::writing:
        case State::lingering:
            close();
            return;
        case State::closed:
            return;
    }
    pump();
}

void Connection::drain() {
    switch (state_) {
        case State::handshaking:
            close();
            return;
        case State::reading:
            // What has arrived by now is still answered.
            readable_ = true;
            pump();
            if (state_ == State::reading && exchange_ == nullptr) {
                close();
            }
            return;
        case State::waiting:
            if (exchange_->call().route->kind == RouteKind::park &&
                exchange_->end(Ended::draining)) {
                write(exchange_->render(refusals::draining));
                pump();
            }
            return;
        case State::streaming:
            if (!stream_last_) {
                end_stream(Ended::draining);
            }
            return;
        case State::writing:
        case State::lingering:
        case State::closed:
            return;
    }
}

}  // namespace chopmark::http
