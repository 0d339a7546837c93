#include "gateways/http/exchange.h"

#include "events/core/ensure.h"
#include "gateways/http/connection.h"
#include "gateways/http/io_loop.h"
#include "gateways/http/problem.h"

namespace chopmark::http {
namespace {

/// About what a node is behind another that commits.
constexpr Duration pause_before_again = std::chrono::milliseconds(5);

}  // namespace

void Exchange::take_request() {
    if (reader_ == nullptr) {
        return;
    }
    http_1_0_ = reader_->http_1_0();
    keep_alive_ = reader_->keep_alive();
    call_.request = std::move(reader_->request());
    bytes_in_ = call_.request.body.size();
    reader_.reset();
}

void Exchange::set_route(Match match) {
    call_.route = match.route;
    call_.path_params = std::move(match.params);
    route_index_ = match.index;
}

bool Exchange::reserve_body(std::size_t bytes) {
    auto& reserved = front_->counters.body_bytes;
    if (reserved.fetch_add(bytes) + bytes > front_->options.bounds.body_bytes) {
        reserved.fetch_sub(bytes);
        return false;
    }
    reserved_bytes_ = bytes;
    return true;
}

bool Exchange::admit() {
    const BoundOptions& bounds = front_->options.bounds;
    const bool parks = call_.route->kind == RouteKind::park;
    if (parks || call_.route->kind == RouteKind::stream) {
        FrontCounters::Number& taken = parks ? front_->counters.parked : front_->counters.streams;
        if (taken.fetch_add(1) >= (parks ? bounds.parked : bounds.streams)) {
            taken.fetch_sub(1);
            return false;
        }
        slot_ = &taken;
    }
    admitted_ = true;
    front_->counters.in_flight.fetch_add(1);
    return true;
}

void Exchange::release() {
    front_->counters.body_bytes.fetch_sub(std::exchange(reserved_bytes_, 0));
    if (std::exchange(admitted_, false)) {
        front_->counters.in_flight.fetch_sub(1);
    }
    if (auto* slot = std::exchange(slot_, nullptr)) {
        slot->fetch_sub(1);
    }
}

void Exchange::run() {
    try {
        const Route& route = *call_.route;
        if (route.permission != public_access && !call_.again) {
            auto principal = front_->ports.authorizer->authorize(call_, route.permission);
            if (!principal) {
                fail(principal.error());
                return;
            }
            call_.principal = *std::move(principal);
            if (!std::holds_alternative<std::monostate>(call_.principal.who)) {
                vouch();
            }
        }
        if (const auto* handler = std::get_if<Handler>(&route.handler)) {
            auto outcome = (*handler)(call_);
            if (outcome) {
                answer(*std::move(outcome));
            } else {
                fail(outcome.error());
            }
            return;
        }
        std::get<AsyncHandler>(route.handler)(CallPtr(shared_from_this(), &call_),
                                              Reply(shared_from_this()));
    } catch (...) {
        // Handlers promise not to throw; one that does must not take the process along.
        if (claim()) {
            deliver(render(refusals::handler_threw));
        }
    }
}

// ---- ending ----

bool Exchange::claim() {
    State expected = State::open;
    return state_.compare_exchange_strong(expected, State::answered);
}

bool Exchange::end(Ended why) {
    State expected = State::open;
    ended_ = why;
    if (!state_.compare_exchange_strong(expected, State::ended)) {
        return false;
    }
    if (auto hook = std::exchange(park_.ended, nullptr)) {
        hook(why);
    }
    return true;
}

void Exchange::on_loop(Task task) {
    if (const auto loop = loop_.lock()) {
        loop->run_here_or_post(std::move(task));
    }
}

void Exchange::deliver(Rendered rendered) {
    on_loop([connection = connection_, self = shared_from_this(),
             answer = std::move(rendered)]() mutable {
        self->park_.ended = nullptr;
        if (const auto to = connection.lock()) {
            to->deliver(*self, std::move(answer));
        }
    });
}

void Exchange::answer(httplib::Response response) {
    if (claim()) {
        deliver(render(response, {}));
    }
}

bool Exchange::may_pass(const Error& error) const {
    const RouteKind kind = call_.route->kind;
    return front_->ports.passing && error == *front_->ports.passing && kind != RouteKind::park &&
           kind != RouteKind::stream &&
           std::chrono::steady_clock::now() - began_ < front_->options.time.passing;
}

void Exchange::run_again() {
    if (!is_open()) {
        return;
    }
    call_.again = true;
    if (call_.route->run == Run::on_loop) {
        run();
    } else if (!front_->pool->try_post([self = shared_from_this()] { self->run(); },
                                       front_->options.bounds.worker_queue) &&
               claim()) {
        deliver(render(refusals::overloaded));
    }
}

void Exchange::fail(const Error& error) {
    if (may_pass(error)) {
        if (const auto loop = loop_.lock()) {
            loop->post_after(pause_before_again,
                             [self = shared_from_this()] { self->run_again(); });
        }
        return;
    }
    if (!claim()) {
        return;
    }
    auto* const strangers = front_->ports.strangers;
    if (strangers != nullptr && is_strangers_failure(call_, error.kind())) {
        strangers->failed(call_, error.reason);
    }
    const auto& render_error = call_.route->render_error;
    deliver(render(render_error ? render_error(error, call_) : problem(error, call_.trace),
                   error.reason.name));
}

void Exchange::drop() {
    if (claim()) {
        deliver(render(refusals::reply_dropped));
    }
}

// ---- waiting ----

void Exchange::park(Park park) {
    ensure(call_.route->kind == RouteKind::park, "park() is for routes of kind park");
    on_loop([self = shared_from_this(), how = std::move(park)]() mutable {
        self->begin_park(std::move(how));
    });
}

void Exchange::begin_park(Park park) {
    switch (state_.load()) {
        case State::answered:
            return;
        case State::ended:
            if (park.ended) {
                park.ended(ended_);
            }
            return;
        case State::open:
            break;
    }
    parked_ = true;
    const Duration wait = std::min(park.wait, call_.route->wait);
    park_ = std::move(park);
    if (const auto connection = connection_.lock()) {
        connection->hold(*this, wait);
    }
}

Stream Exchange::open_stream(httplib::Response head, StreamHooks hooks) {
    ensure(call_.route->kind == RouteKind::stream, "stream() is for routes of kind stream");
    auto queue = std::make_shared<StreamQueue>(front_->options.bounds.stream_queue_bytes,
                                               !http_1_0_, std::move(hooks),
                                               [weak_loop = loop_, connection = connection_] {
                                                   if (const auto loop = weak_loop.lock()) {
                                                       loop->post([connection] {
                                                           if (const auto to = connection.lock()) {
                                                               to->send_stream();
                                                           }
                                                       });
                                                   }
                                               });
    if (!claim()) {
        queue->end(Ended::client_gone);
        return Stream(queue);
    }
    AnswerFrame shape = frame();
    shape.endless = true;
    shape.keep_alive = shape.keep_alive && !http_1_0_;
    auto text = answer_text(head, shape);
    if (!text) {
        deliver(render(refusals::bad_answer));
        queue->end(Ended::client_gone);
        return Stream(queue);
    }
    const int status = head.status == -1 ? 200 : head.status;
    const bool events = head.get_header_value("Content-Type").starts_with("text/event-stream");
    on_loop([connection = connection_, self = shared_from_this(), queue, events,
             answer = Rendered{*std::move(text), status, {}, shape.keep_alive}]() mutable {
        const auto to = connection.lock();
        if (to == nullptr || !to->begin_stream(*self, std::move(answer), queue, events)) {
            queue->end(Ended::client_gone);
        }
    });
    return Stream(queue);
}

// ---- rendering ----

AnswerFrame Exchange::frame() const {
    AnswerFrame out;
    out.date = front_->date();
    out.trace = call_.trace;
    out.http_1_0 = http_1_0_;
    out.keep_alive = keep_alive_ && !front_->draining.load(std::memory_order_relaxed);
    out.head_only = call_.request.method == "HEAD";
    return out;
}

Rendered Exchange::render(const httplib::Response& response, std::string_view reason) {
    const AnswerFrame shape = frame();
    auto text = answer_text(response, shape);
    if (!text) {
        return render(refusals::bad_answer);
    }
    return {*std::move(text), response.status == -1 ? 200 : response.status, reason,
            shape.keep_alive};
}

Rendered Exchange::render(const Refusal& refusal, std::string_view allow) {
    front_->counters.refused(refusal);
    httplib::Response response = problem(refusal, call_.trace);
    if (!allow.empty()) {
        response.headers.emplace("Allow", allow);
    }
    return render(response, refusal.reason.name);
}

Rendered Exchange::render_wait_over() {
    if (park_.when_over.status == -1) {
        return render(refusals::wait_over);
    }
    return render(park_.when_over, {});
}

}  // namespace chopmark::http
