// The part of a connection that sends: answers, refusals, and the silence after a refusal.
#include <algorithm>

#include "gateways/http/connection.h"

namespace chopmark::http {
namespace {

/// Swallowed after a refusal before the connection is cut.
constexpr std::size_t linger_bytes = 256 * 1024;

std::string_view known_method(std::string_view method) {
    for (const std::string_view known :
         {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
        if (method == known) {
            return known;
        }
    }
    return "-";
}

}  // namespace

/// No handler will be asked. An answer behind which the connection closes says so (RFC 9112 9.6).
void Connection::end_unasked() {
    exchange_->take_request();
    if (unread_) {
        exchange_->close_after();
    }
    exchange_->end(Ended::client_gone);
}

void Connection::refuse(const Refusal& refusal, std::string_view allow) {
    Call& call = exchange_->call();
    if (call.trace.trace.is_zero()) {
        call.trace = loop_.traces().begin({});
    }
    end_unasked();
    write(exchange_->render(refusal, allow));
}

void Connection::tell_options(std::string_view allow) {
    httplib::Response response;
    response.status = 204;
    if (!allow.empty()) {
        response.headers.emplace("Allow", allow);
    }
    end_unasked();
    write(exchange_->render(response, {}));
}

void Connection::write(Rendered answer) {
    out_ = std::move(answer.text);
    out_at_ = 0;
    out_total_ = out_.size();
    status_ = answer.status;
    reason_ = answer.reason;
    close_after_ = !answer.keep_alive || unread_;
    state_ = State::writing;
    const TimeOptions& time = front_->options.time;
    wait_for(time.write +
             std::chrono::seconds(out_.size() /
                                  std::max<std::size_t>(time.min_write_bytes_per_second, 1)));
}

void Connection::deliver(Exchange& exchange, Rendered answer) {
    if (state_ != State::waiting || exchange_.get() != &exchange) {
        return;
    }
    if (exchange.vouched()) {
        front_->peers.vouch(*peer_, std::chrono::steady_clock::now());
    }
    write(std::move(answer));
    pump();
}

bool Connection::step_write() {
    while (out_at_ < out_.size()) {
        const Moved moved = transport_.write(std::string_view(out_).substr(out_at_));
        switch (moved.next) {
            case Moved::Next::more:
                out_at_ += moved.bytes;
                break;
            case Moved::Next::wait_write:
                arm_write();
                return false;
            case Moved::Next::wait_read:
                arm_read();
                return false;
            case Moved::Next::closed:
            case Moved::Next::failed:
                close();
                return false;
        }
    }
    if (state_ == State::streaming) {
        return take_stream();
    }
    finish_answer();
    return true;
}

void Connection::finish_answer() {
    note_answer();
    std::string().swap(out_);
    out_at_ = 0;
    exchange_.reset();
    stream_.reset();
    if (!close_after_ && !front_->draining.load(std::memory_order_relaxed)) {
        begin_reading();
        return;
    }
    transport_.finish();
    if (!unread_) {
        close();
        return;
    }
    // Closing over unread bytes would send a reset, which may destroy the answer on its way.
    state_ = State::lingering;
    out_total_ = 0;
    in_.clear();
    readable_ = true;
    wait_for(front_->options.time.linger);
}

void Connection::note_answer() {
    if (exchange_ == nullptr) {
        return;
    }
    exchange_->release();
    const Call& call = exchange_->call();
    const auto took =
        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - exchange_->began());
    front_->counters.answered(exchange_->route_index(), status_, took, exchange_->bytes_in(),
                              out_total_);
    if (front_->ports.log != nullptr) {
        RequestLine line;
        line.method = known_method(call.request.method);
        line.route = call.route == nullptr ? std::string_view("-") : call.route->name;
        line.status = status_;
        line.reason = reason_;
        line.took = took;
        line.bytes_in = exchange_->bytes_in();
        line.bytes_out = out_total_;
        line.trace = call.trace;
        front_->ports.log->note(line);
    }
}

bool Connection::step_linger() {
    const Moved moved = transport_.read(loop_.scratch());
    if (moved.next == Moved::Next::wait_read) {
        arm_read();
        return false;
    }
    out_total_ += moved.bytes;
    if (moved.next != Moved::Next::more || out_total_ > linger_bytes) {
        close();
        return false;
    }
    return true;
}

}  // namespace chopmark::http
