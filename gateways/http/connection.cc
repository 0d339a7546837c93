#include "gateways/http/connection.h"

#include <algorithm>

#include "gateways/http/target.h"

namespace chopmark::http {
namespace {

/// Steps before the loop's other connections get their turn.
constexpr int steps_in_a_row = 64;
constexpr std::string_view continue_text = "HTTP/1.1 100 Continue\r\n\r\n";

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
    const auto tls = front_->tls.get();
    if (!transport_.attach(socket_.native_handle(), tls.get())) {
        close();
        return;
    }
    if (front_->draining.load()) {
        close();
        return;
    }
    if (tls == nullptr) {
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
                if (!open_request(!rest.empty())) {
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
bool Connection::open_request(bool body_came_along) {
    RequestReader& reader = exchange_->reader();
    const httplib::Request& request = reader.request();
    Call& call = exchange_->call();
    call.trace = loop_.traces().begin(request.get_header_value("traceparent"));
    const auto target = parse_target(request.target);
    Match match = target ? front_->table.find(request.method, target->path) : Match();
    const bool limited = match.route == nullptr || match.route->limited;
    if (limited && !front_->peers.request(*peer_, std::chrono::steady_clock::now())) {
        refuse(refusals::too_many_requests);
        return false;
    }
    if (!target) {
        unread_ = true;  // who sends it and what stands before us may not agree on what it asks for
        refuse(refusals::bad_target);
        return false;
    }
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
    const bool waits = reader.stage() == RequestReader::Stage::body && reader.expects_continue();
    if (waits && !body_came_along) {
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
        unread_ = true;
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
    status_ = 0;
    reason_ = {};
    out_total_ = 0;
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

// ---- the end ----

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
