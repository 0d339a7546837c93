#include "ops/callbacks.h"

#include <map>
#include <memory>
#include <mutex>

#include "ops/owed_answers.h"
#include "projections/eme_view/query.h"

namespace chopmark::ops {
namespace {

/// Pauses double from one second to five minutes: about twenty minutes.
constexpr unsigned attempts_at_most = 11;
/// A receiver that understands and says no changes its mind rarely.
constexpr unsigned attempts_refused = 3;

constexpr std::size_t requests_in_mind = 4096;  // of several callbacks; beyond it they begin anew

/// Which callback of a request is the next one, where some have arrived.
class Arrived {
  public:
    std::uint32_t next(const EventId& asked) {
        const std::lock_guard lock(mutex_);
        const auto at = next_.find(asked);
        return at == next_.end() ? 1 : at->second;
    }
    void set(const EventId& asked, std::uint32_t next) {
        const std::lock_guard lock(mutex_);
        if (next_.size() >= requests_in_mind) {
            next_.clear();
        }
        next_[asked] = next;
    }
    void forget(const EventId& asked) {
        const std::lock_guard lock(mutex_);
        next_.erase(asked);
    }

  private:
    std::mutex mutex_;
    std::map<EventId, std::uint32_t> next_;
};

/// What attempts share; outlives the handler.
struct Sending {
    Sending(const CallbackParts& with, WorkPool& pool) : parts(with), work(pool) {}

    const CallbackParts parts;
    WorkPool& work;
    Arrived arrived;
};
using SendingPtr = std::shared_ptr<Sending>;

struct Attempt {
    bool delivered = false;
    bool final = false;  // another would not do better
    bool more = false;   // callbacks after this one
    std::uint32_t status = 0;
    Error error = Error({"rp.callback_unanswered", Kind::unavailable});
};

bool may_pass(const Error& error) {
    return error.kind() == Kind::unavailable || error.kind() == Kind::busy ||
           error == eme_view::no_such_source;
}

Attempt send(const CallbackParts& parts, const OwedAnswer& owed, const citizen::State& state,
             const RequestId& request, std::uint32_t sequence) {
    constexpr int ok = 200;
    constexpr int redirection = 300;
    constexpr int client_error = 400;
    constexpr int timeout = 408;
    constexpr int too_many = 429;
    constexpr int server_error = 500;
    const auto callback = parts.contents.render(owed.account, state, request, sequence);
    if (!callback) {
        return {false, !may_pass(callback.error()), false, 0, callback.error()};
    }
    const auto status = parts.sender.send(*callback);
    if (!status) {
        return {false, !may_pass(status.error()), false, 0, status.error()};
    }
    Attempt attempt;
    attempt.status = static_cast<std::uint32_t>(*status);
    attempt.more = sequence < callback->total;
    attempt.delivered = *status >= ok && *status < redirection;
    const bool refused = *status >= client_error && *status < server_error && *status != timeout &&
                         *status != too_many;
    attempt.final = attempt.delivered || (refused && owed.failures + 1 >= attempts_refused);
    return attempt;
}

void note(const CallbackParts& parts, const OwedAnswer& owed, const ClientId& client,
          std::uint32_t sequence, const Attempt& attempt) {
    rp::CallbackAttempt made;
    made.at = parts.clock.now();
    made.sequence = sequence;
    made.status = attempt.status;
    made.error = attempt.status == 0 ? attempt.error.reason.name : std::string_view();
    parts.sent.note(owed.account, client, owed.follow_up.cause, std::move(made));
}

void settle(const CallbackParts& parts, const OwedAnswer& owed, const RequestId& request,
            const Attempt& attempt, FollowUps::Done done) {
    citizen::SettleCallback command;
    command.request = request;
    command.delivered = attempt.delivered;
    command.attempts = owed.failures + 1;
    command.last_status = attempt.status;
    parts.commands.submit(owed.account, citizen::RequestCommand(command),
                          head_of(owed.follow_up, parts.clock.now()), answered(std::move(done)));
}

void attempt_callback(const SendingPtr& sending, const OwedAnswer& owed,
                      const citizen::State& state, FollowUps::Done done);

/// With a thread's turn for each of many, so that other requests' callbacks come in between.
void go_on(const SendingPtr& sending, const OwedAnswer& owed, FollowUps::Done done) {
    with_state(sending->parts.commands, sending->work, owed.account, std::move(done),
               [sending, owed](const citizen::State& state, FollowUps::Done ended) {
                   attempt_callback(sending, owed, state, std::move(ended));
               });
}

void attempt_callback(const SendingPtr& sending, const OwedAnswer& owed,
                      const citizen::State& state, FollowUps::Done done) {
    const EventId& asked = owed.follow_up.cause;
    const auto request = citizen::request_asked_by(state.requests, asked);
    if (!request) {
        sending->arrived.forget(asked);
        sending->parts.sent.settle(asked);
        done({});
        return;
    }
    const std::uint32_t sequence = sending->arrived.next(asked);
    const Attempt attempt = send(sending->parts, owed, state, *request, sequence);
    note(sending->parts, owed, state.requests.requests.at(*request).client, sequence, attempt);
    if (attempt.delivered && attempt.more) {
        sending->arrived.set(asked, sequence + 1);
        go_on(sending, owed, std::move(done));
    } else if (attempt.delivered || attempt.final || owed.failures + 1 >= attempts_at_most) {
        sending->arrived.forget(asked);
        sending->parts.sent.settle(asked);
        settle(sending->parts, owed, *request, attempt, std::move(done));
    } else {
        done(attempt.error);
    }
}

}  // namespace

void handle_callbacks(FollowUps& follow_ups, WorkPool& work, const CallbackParts& parts) {
    const auto sending = std::make_shared<Sending>(parts, work);
    follow_ups.handle(std::string(citizen::callback),
                      [sending](const OwedAnswer& owed, FollowUps::Done done) {
                          go_on(sending, owed, std::move(done));
                      });
}

}  // namespace chopmark::ops
