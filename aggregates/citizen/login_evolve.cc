#include <algorithm>

#include "aggregates/citizen/login.h"
#include "aggregates/citizen/token.h"
#include "events/core/limits.h"

namespace chopmark::citizen {
namespace {

/// Until when a login is kept: for its code, its token, and whoever brings its id again.
bool is_over(const Login& login, Instant now) {
    return std::max(login.approved_at + limits::login_id_memory, login.token_until) <= now;
}
bool is_over(const Instant& declined, Instant now) {
    return declined + limits::login_id_memory <= now;
}
bool is_over(const Dispute& dispute, Instant now) {
    return dispute.at + limits::dispute_memory <= now;
}

void forget(auto& entries, Instant now) {
    std::erase_if(entries, [&](const auto& entry) { return is_over(entry.second, now); });
}

void forget(LoginState& state, Instant now) {
    forget(state.logins, now);
    forget(state.declined, now);
    forget(state.disputes, now);
}

bool has_room(const auto& entries, std::size_t limit, Instant now) {
    if (entries.size() < limit) {
        return true;
    }
    const auto kept = std::count_if(entries.begin(), entries.end(),
                                    [&](const auto& entry) { return !is_over(entry.second, now); });
    return static_cast<std::size_t>(kept) < limit;
}

RequestId id_from(const Bytes& bytes) { return RequestId::from_bytes(bytes).value_or(RequestId()); }

void end(LoginState& state, const Bytes& login_id) {
    const auto login = state.logins.find(id_from(login_id));
    if (login != state.logins.end()) {
        login->second.ended = true;
    }
}

/// The login, begun here if need be: that of an anonymous request has no LoginApproved. Null when
/// there is no room, which decide has refused before; a state stays bounded whatever it folds.
Login* find_or_begin(LoginState& state, const Bytes& login_id, Instant now) {
    const RequestId id = id_from(login_id);
    const auto known = state.logins.find(id);
    if (known != state.logins.end()) {
        return &known->second;
    }
    if (state.logins.size() >= limits::live_logins) {
        return nullptr;
    }
    Login& begun = state.logins[id];
    begun.approved_at = now;
    return &begun;
}

void decline(LoginState& state, const Bytes& login_id, Instant now) {
    forget(state, now);
    if (state.declined.size() < limits::declined_logins) {
        state.declined[id_from(login_id)] = now;
    }
}

}  // namespace

void evolve(LoginState& state, const schema::LoginApproved& event, const record::Stamp& stamp) {
    forget(state, stamp.recorded_at);
    const auto& leaf = event.leaf();
    const auto& traces = event.link().traces();
    if (Login* login = find_or_begin(state, traces.login_id(), stamp.recorded_at)) {
        login->approved = stamp.event_id;
        login->client = ClientId::from_bytes(leaf.client_id()).value_or(ClientId());
        login->flow = leaf.flow();
        login->scopes.assign(leaf.scopes().begin(), leaf.scopes().end());
        login->device = DeviceId::from_bytes(traces.device_id()).value_or(DeviceId());
        login->step_up_level = leaf.step_up_level();
    }
}

void evolve(LoginState& state, const schema::LoginRefused& event, const record::Stamp& stamp) {
    decline(state, event.link().traces().login_id(), stamp.recorded_at);
}

void evolve(LoginState& state, const schema::LoginExpired& event, const record::Stamp& stamp) {
    decline(state, event.link().traces().login_id(), stamp.recorded_at);
}

void evolve(LoginState& state, const schema::LoginRedeemed& event, const record::Stamp& stamp) {
    forget(state, stamp.recorded_at);
    if (Login* login = find_or_begin(state, event.link().login_id(), stamp.recorded_at)) {
        login->client = ClientId::from_bytes(event.leaf().client_id()).value_or(ClientId());
        login->redeemed = stamp.event_id;
        login->redeemed_at = stamp.recorded_at;
        constexpr std::uint64_t longest_ms =
            std::chrono::duration_cast<std::chrono::milliseconds>(limits::longest_token_life)
                .count();
        login->token_until = stamp.recorded_at + std::chrono::milliseconds(std::min(
                                                     event.leaf().token_life_ms(), longest_ms));
    }
}

void evolve(LoginState& state, const schema::CodeReplayed& event, const record::Stamp& stamp) {
    forget(state, stamp.recorded_at);
    state.replays.count(ClientId::from_bytes(event.leaf().client_id()).value_or(ClientId()),
                        stamp.recorded_at);
    if (event.leaf().grade() != schema::REPLAY_GRADE_RETRY) {
        if (Login* login = find_or_begin(state, event.link().login_id(), stamp.recorded_at)) {
            login->ended = true;
        }
    }
}

void evolve(LoginState& state, const schema::TokenRevoked& event, const record::Stamp&) {
    end(state, event.link().login_id());
}

void evolve(LoginState& state, const schema::LoginDisputed& event, const record::Stamp& stamp) {
    forget(state, stamp.recorded_at);
    end(state, event.link().login_id());
    const auto disputed = EventId::from_bytes(event.link().event_id());
    if (disputed && state.disputes.size() < limits::disputes) {
        state.disputes[*disputed] = {stamp.event_id, stamp.recorded_at};
    }
}

void evolve(LoginState& state, const schema::ConsentWithdrawn& event, const record::Stamp&) {
    const auto login = state.logins.find(id_from(event.link().request_id()));
    if (login != state.logins.end()) {
        std::erase_if(login->second.scopes,
                      [](const auto& name) { return scope_rule(name).releases_profile; });
    }
}

void evolve(LoginState& state, const schema::DeviceRevoked& event, const record::Stamp&) {
    const auto device = DeviceId::from_bytes(event.link().device_id());
    for (auto& [id, login] : state.logins) {
        login.ended = login.ended || (device && login.device == *device);
    }
}

void evolve(LoginState& state, const schema::AccountSuspended&, const record::Stamp&) {
    for (auto& [id, login] : state.logins) {
        login.ended = true;
    }
}

void evolve(LoginState& state, const schema::AccountClosed&, const record::Stamp&) {
    state.logins.clear();
    state.declined.clear();
    state.replays = {};
}

void evolve(LoginState& state, const schema::SubjectErased&, const record::Stamp&) { state = {}; }

bool has_room_to_log_in(const LoginState& state, Instant now) {
    return has_room(state.logins, limits::live_logins, now);
}

bool has_room_to_decline(const LoginState& state, Instant now) {
    return has_room(state.declined, limits::declined_logins, now);
}

bool has_room_to_dispute(const LoginState& state, Instant now) {
    return has_room(state.disputes, limits::disputes, now);
}

std::vector<FollowUp> outstanding(const LoginState& state) {
    std::vector<FollowUp> out;
    for (const auto& [disputed, dispute] : state.disputes) {
        out.push_back({dispute.event, dispute_case, dispute.at});
    }
    return out;
}

}  // namespace chopmark::citizen
