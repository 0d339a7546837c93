#include "gateways/http/connection.h"

#include <algorithm>

#include "gateways/http/target.h"

namespace chopmark::http {
namespace {

/// Read ahead of a parked request, so that its client's leaving is noticed behind a pipeline.
constexpr std::size_t watched_bytes = 16 * 1024;
/// Swallowed after a refusal before the connection is cut.
constexpr std::size_t linger_bytes = 256 * 1024;
/// Steps before the loop's other connections get their turn.
constexpr int steps_in_a_row = 64;
constexpr std::string_view continue_text = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view heartbeat = ":\n\n";

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

Connection::Connection(std::shared_ptr<FrontContext> front, IoLoop& loop, Socket socket,
                       const std::optional<PeerKey>& peer)

    : front_(std::move(front)), loop_(loop), socket_(std::move(socket)), peer_(peer) {
    front_->counters.connections.fetch_add(1);
}

Connection::~Connection() {
    if (peer_) {
        front_->peers.close(*peer_);
    }
    if (front_->counters.connections.fetch_sub(1) == 1) {
        const std::lock_guard lock(front_->gone_mutex);
        front_->gone.notify_all();
    }
}

void Connection::start() {
    if (!transport_.attach(socket_.native_handle(), front_->tls.get())) {
        close();
        return;
    }
    if (front_->draining.load()) {
        close();
        return;
    }
    if (front_->tls == nullptr) {
        begin_reading();
    } else {
        wait_for(front_->options.time.handshake);
    }
    pump();
}

void Connection::turn_away(const Refusal& refusal) {
    if (!transport_.attach(socket_.native_handle(), nullptr)) {
        close();
        return;
    }
    exchange_ = std::make_shared<Exchange>(front_, loop_.weak_from_this(), weak_from_this(),
                                           std::chrono::steady_clock::now());
    unread_ = true;
    refuse(refusal);
    pump();
}

// ---- the machine ----

void Connection::pump() {
    if (pumping_) {
        return;
    }
    pumping_ = true;
    int steps = 0;
    while (step()) {
        if (++steps == steps_in_a_row) {
            loop_.post([self = shared_from_this()] { self->pump(); });
            break;
        }
    }
    pumping_ = false;
}

bool Connection::step() {
    switch (state_) {
        case State::handshaking:
            return step_handshake();
        case State::reading:
            return step_read();
        case State::waiting:
            return step_watch();
        case State::writing:
            return step_write();
        case State::streaming:
            return step_write() || (state_ == State::streaming && step_watch());
        case State::lingering:
            return step_linger();
        case State::closed:
            break;
    }
    return false;
}

bool Connection::step_handshake() {
    switch (transport_.handshake().next) {
        case Moved::Next::more:
            peer_certificate_ = transport_.peer_certificate();
            begin_reading();
            return true;
        case Moved::Next::wait_read:
            arm_read();
            return false;
        case Moved::Next::wait_write:
            arm_write();
            return false;
        case Moved::Next::closed:
        case Moved::Next::failed:
            front_->counters.handshakes_failed.fetch_add(1);
            close();
            return false;
    }
    return false;
}

void Connection::begin_reading() {
    state_ = State::reading;
    starved_ = false;
    readable_ = readable_ || transport_.has_buffered();
    if (in_.empty()) {
        std::string().swap(in_);  // an idle connection holds no buffer
    }
    wait_until(std::chrono::steady_clock::now() + front_->options.time.idle, in_.empty());
}

bool Connection::step_read() {
    if (!in_.empty() && !starved_) {
        return consume(0);
    }
    if (!readable_) {
        arm_read();
        return false;
    }
    const auto scratch = loop_.scratch();
    const Moved moved = transport_.read(scratch);
    switch (moved.next) {
        case Moved::Next::more:
            // A socket that filled less than the buffer is empty now; TLS has to be asked.
            readable_ = transport_.over_tls() || moved.bytes == scratch.size();
            return consume(moved.bytes);
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

/// Feeds the reader from scratch (`fresh_bytes` of it, behind what in_ holds) or from in_ alone.
bool Connection::consume(std::size_t fresh_bytes) {
    const std::string_view fresh(loop_.scratch().data(), fresh_bytes);
    const bool in_place = !in_.empty();
    if (in_place) {
        in_.append(fresh);
    }
    std::string_view rest = in_place ? std::string_view(in_) : fresh;
    starved_ = false;
    if (exchange_ == nullptr) {
        const Time now = std::chrono::steady_clock::now();
        exchange_ =
            std::make_shared<Exchange>(front_, loop_.weak_from_this(), weak_from_this(), now);
        request_until_ = now + front_->options.time.request;
        wait_until(std::min(now + front_->options.time.header, request_until_));
    }
    RequestReader& reader = exchange_->reader();
    for (;;) {
        rest.remove_prefix(reader.feed(rest));
        switch (reader.stage()) {
            case RequestReader::Stage::header:
            case RequestReader::Stage::body:
                keep(rest, in_place);
                starved_ = true;
                return true;
            case RequestReader::Stage::header_done:
                unread_ = reader.has_body();
                if (!open_request()) {
                    keep(unread_ ? std::string_view() : rest, in_place);
                    return true;
                }
                break;
            case RequestReader::Stage::complete:
                unread_ = false;
                keep(rest, in_place);
                dispatch();
                return true;
            case RequestReader::Stage::refused: {
                const Refusal why = reader.refusal();
                unread_ = true;
                keep({}, in_place);
                refuse(why);
                return true;
            }
        }
    }
}

void Connection::keep(std::string_view rest, bool in_place) {
    if (in_place) {
        in_.erase(0, in_.size() - rest.size());
    } else {
        in_.assign(rest);
    }
}

/// Between header and body: whether the body is wanted at all. False: refused.
bool Connection::open_request() {
    RequestReader& reader = exchange_->reader();
    const httplib::Request& request = reader.request();
    Call& call = exchange_->call();
    call.trace = loop_.traces().begin(request.get_header_value("traceparent"));
    const Time now = std::chrono::steady_clock::now();
    if (!front_->peers.request(*peer_, now)) {
        refuse(refusals::too_many_requests);
        return false;
    }
    const auto target = parse_target(request.target);
    if (!target) {
        refuse(refusals::bad_target);
        return false;
    }
    Match match = front_->table.find(request.method, target->path);
    const bool asks_for_options = request.method == "OPTIONS";
    if (asks_for_options && (!match.allow.empty() || target->path == "*")) {
        tell_options(match.allow);
        return false;
    }
    if (match.route == nullptr) {
        refuse(match.refusal, match.allow);
        return false;
    }
    const std::size_t body_limit = match.route->body_limit_bytes;
    exchange_->set_route(std::move(match));
    reader.allow_body(body_limit);
    if (reader.stage() == RequestReader::Stage::refused) {
        return true;  // the caller sees it
    }
    if (!exchange_->reserve_body(reader.content_length().value_or(body_limit))) {
        refuse(refusals::overloaded);
        return false;
    }
    wait_until(request_until_);
    if (reader.stage() == RequestReader::Stage::body && reader.expects_continue()) {
        const Moved sent = transport_.write(continue_text);
        if (sent.next != Moved::Next::more || sent.bytes != continue_text.size()) {
            close();  // a socket that cannot take 25 bytes in front of an answer is dead
            return false;
        }
    }
    return true;
}

void Connection::dispatch() {
    exchange_->take_request();
    Call& call = exchange_->call();
    const auto target = parse_target(call.request.target);
    auto params = parse_form(target->query);
    if (!params) {
        refuse(refusals::bad_target);
        return;
    }
    call.request.params = *std::move(params);
    call.request.path = std::string(target->path);
    call.over_tls = transport_.over_tls();
    call.peer_certificate = peer_certificate_;
    boost::system::error_code none;
    const auto remote = socket_.remote_endpoint(none);
    call.request.remote_addr = remote.address().to_string();
    call.request.remote_port = remote.port();
    const Route& route = *call.route;
    if (!exchange_->admit()) {
        refuse(refusals::too_many_waiting);
        return;
    }
    state_ = State::waiting;
    wait_for(front_->options.time.answer);
    const auto exchange = exchange_;
    if (route.run == Run::on_loop) {
        exchange->run();
        return;
    }
    const BoundOptions& bounds = front_->options.bounds;
    const std::size_t room =
        route.kind == RouteKind::query ? bounds.worker_queue_for_queries : bounds.worker_queue;
    if (!front_->pool->try_post([exchange] { exchange->run(); }, room)) {
        exchange->end(Ended::time_over);
        write(exchange->render(refusals::overloaded));
    }
}

// ---- answering ----

void Connection::refuse(const Refusal& refusal, std::string_view allow) {
    Call& call = exchange_->call();
    if (call.trace.trace.is_zero()) {
        call.trace = loop_.traces().begin({});
    }
    exchange_->take_request();
    exchange_->end(Ended::client_gone);
    write(exchange_->render(refusal, allow));
}

void Connection::tell_options(std::string_view allow) {
    httplib::Response response;
    response.status = 204;
    if (!allow.empty()) {
        response.headers.emplace("Allow", allow);
    }
    exchange_->take_request();
    exchange_->end(Ended::client_gone);
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
                client_left();
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

// ---- waiting and streaming ----

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
            client_left();
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

void Connection::client_left() {
    status_ = state_ == State::waiting ? 0 : status_;
    close();
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
                client_left();  // it does not read
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

void Connection::close() {
    if (state_ == State::closed) {
        return;
    }
    const auto self = shared_from_this();
    if (exchange_ != nullptr) {
        if (state_ == State::waiting || state_ == State::streaming || state_ == State::writing) {
            note_answer();
        }
        exchange_->end(Ended::client_gone);
        exchange_->release();
    }
    if (const auto stream = std::exchange(stream_, nullptr)) {
        stream->end(Ended::client_gone);
    }
    state_ = State::closed;
    exchange_.reset();
    std::string().swap(in_);
    std::string().swap(out_);
    boost::system::error_code ignored;
    socket_.close(ignored);
    loop_.release(*this);
}

void Connection::wait_until(Time at, bool idle) { loop_.set_deadline(*this, at, idle); }

void Connection::arm_read() {
    if (std::exchange(read_armed_, true)) {
        return;
    }
    socket_.async_wait(Socket::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                           self->read_armed_ = false;
                           if (!error && self->state_ != State::closed) {
                               self->readable_ = true;
                               self->pump();
                           }
                       });
}

void Connection::arm_write() {
    if (std::exchange(write_armed_, true)) {
        return;
    }
    socket_.async_wait(Socket::wait_write,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                           self->write_armed_ = false;
                           if (!error && self->state_ != State::closed) {
                               self->pump();
                           }
                       });
}

}  // namespace chopmark::http
