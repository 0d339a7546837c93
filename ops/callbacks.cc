#include "ops/callbacks.h"

#include "ops/owed_answers.h"
#include "projections/eme_view/query.h"

namespace chopmark::ops {
namespace {

/// Pauses double from one second to five minutes: about twenty minutes.
constexpr unsigned attempts_at_most = 11;
/// A receiver that understands and says no changes its mind rarely.
constexpr unsigned attempts_refused = 3;

struct Attempt {
    bool delivered = false;
    bool final = false;  // another would not do better
    std::uint32_t status = 0;
    Error error = Error({"rp.callback_unanswered", Kind::unavailable});
};

bool may_pass(const Error& error) {
    return error.kind() == Kind::unavailable || error.kind() == Kind::busy ||
           error == eme_view::no_such_source;
}

Attempt send(const CallbackParts& parts, const OwedAnswer& owed, const citizen::State& state,
             const RequestId& request) {
    constexpr int ok = 200;
    constexpr int redirection = 300;
    constexpr int client_error = 400;
    constexpr int timeout = 408;
    constexpr int too_many = 429;
    constexpr int server_error = 500;
    const auto callback = parts.contents.render(owed.account, state, request);
    if (!callback) {
        return {false, !may_pass(callback.error()), 0, callback.error()};
    }
    const auto status = parts.sender.send(*callback);
    if (!status) {
        return {false, !may_pass(status.error()), 0, status.error()};
    }
    Attempt attempt;
    attempt.status = static_cast<std::uint32_t>(*status);
    attempt.delivered = *status >= ok && *status < redirection;
    const bool refused = *status >= client_error && *status < server_error && *status != timeout &&
                         *status != too_many;
    attempt.final = attempt.delivered || (refused && owed.failures + 1 >= attempts_refused);
    return attempt;
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

void attempt_callback(const CallbackParts& parts, const OwedAnswer& owed,
                      const citizen::State& state, FollowUps::Done done) {
    const auto request = citizen::request_asked_by(state.requests, owed.follow_up.cause);
    if (!request) {
        done({});
        return;
    }
    const Attempt attempt = send(parts, owed, state, *request);
    if (attempt.delivered || attempt.final || owed.failures + 1 >= attempts_at_most) {
        settle(parts, owed, *request, attempt, std::move(done));
    } else {
        done(attempt.error);
    }
}

}  // namespace

void handle_callbacks(FollowUps& follow_ups, WorkPool& work, const CallbackParts& parts) {
    follow_ups.handle(std::string(citizen::callback), [parts, &work](const OwedAnswer& owed,
                                                                     FollowUps::Done done) {
        with_state(parts.commands, work, owed.account, std::move(done),
                   [parts, owed](const citizen::State& state, FollowUps::Done ended) {
                       attempt_callback(parts, owed, state, std::move(ended));
                   });
    });
}

}  // namespace chopmark::ops
