#include <algorithm>

#include "aggregates/citizen/draft.h"
#include "aggregates/citizen/request.h"
#include "aggregates/citizen/state.h"
#include "aggregates/control/policy.h"
#include "aggregates/control/relying_party.h"
#include "events/core/limits.h"

namespace chopmark::citizen {
namespace {

template <class E>
E expired_as(const RequestId& id, const Request& request, const Context& context) {
    auto event = draft<E>(context, schema::EXPIRED, &request_expired);
    event.mutable_leaf()->set_client_id(request.client.to_bytes());
    event.mutable_link()->set_request_id(id.to_bytes());
    return event;
}

/// Where a request comes from decides how long it lives and what vouches for its relying party.
Result<Admission> admit_origin(const State& state, const RequestHead& head, const ByToken& origin,
                               std::string_view scope, const Context& context) {
    const Instant now = context.stamp.recorded_at;
    CHOPMARK_ASSIGN(const TokenFacts facts, token(state, origin.redeemed, head.client, now));
    if (std::find(facts.scopes.begin(), facts.scopes.end(), scope) == facts.scopes.end()) {
        return scope_not_granted;
    }
    return Admission{facts.login, now + control::policy(context.control).request_life,
                     origin.pushed};
}

Result<Admission> admit_origin(const State&, const RequestHead&, const ByClaim& origin,
                               std::string_view, const Context& context) {
    // Opened even when it is due: the time-out is this slot's to record. Much later it may have
    // been opened, answered and forgotten.
    if (context.stamp.recorded_at >= origin.due + limits::claim_grace) {
        return request_expired;
    }
    return Admission{RequestId(), origin.due, false};
}

/// Where the relying party sends one businessID for all, it tells requests apart no longer than
/// they are open.
Result<void> check_unused(const RequestState& state, const RequestHead& head,
                          const control::RelyingParty& party) {
    if (state.requests.contains(head.request)) {
        return request_id_used;
    }
    const auto used = [&](const auto& entry) {
        return entry.second.business_id == head.business_id && entry.second.open();
    };
    const bool taken = party.business_id_per_citizen
                           ? std::ranges::any_of(state.requests, used)
                           : state.business_ids.contains(head.business_id);
    return taken ? Result<void>(business_id_used) : Result<void>();
}

Decision decide(const State& state, const ExpireRequest& command, const Context& context) {
    const auto at = state.requests.requests.find(command.request);
    if (at == state.requests.requests.end()) {
        return request_unknown;
    }
    if (!at->second.open()) {
        return request_already_answered;
    }
    if (!at->second.is_due(context.stamp.recorded_at)) {
        return request_not_due;
    }
    return expired(at->first, at->second, context);
}

Decision decide(const State& state, const SettleCallback& command, const Context& context) {
    const auto at = state.requests.requests.find(command.request);
    if (at == state.requests.requests.end()) {
        return request_unknown;
    }
    const Request& request = at->second;
    if (request.open()) {
        return request_not_answered;
    }
    if (request.settled) {
        return callback_already_settled;
    }
    auto event =
        draft<schema::CallbackSettled>(context, command.delivered ? schema::DONE : schema::FAILED);
    event.mutable_leaf()->set_client_id(request.client.to_bytes());
    event.mutable_leaf()->set_delivered(command.delivered);
    auto& link = *event.mutable_link();
    link.set_request_id(command.request.to_bytes());
    link.set_attempts(command.attempts);
    link.set_last_status(command.last_status);
    return schema::Event(std::move(event));
}

}  // namespace

Result<const control::RelyingParty*> active_party(const Context& context, const ClientId& client,
                                                  const std::vector<std::string>& scopes) {
    const control::RelyingParty* party = control::find_relying_party(context.control, client);
    if (party == nullptr || !control::may_call(context.control, *party)) {
        return control::rp_not_active;
    }
    for (const std::string& scope : scopes) {
        if (!party->scopes.contains(scope)) {
            return scope_not_approved;
        }
    }
    return party;
}

Result<Admission> admit(const State& state, const RequestHead& head, std::string_view scope,
                        const Context& context) {
    CHOPMARK_TRY(check_active(state));
    CHOPMARK_ASSIGN(const control::RelyingParty* const party,
                    active_party(context, head.client, {std::string(scope)}));
    CHOPMARK_ASSIGN(
        const Admission admission,
        std::visit(
            [&](const auto& origin) { return admit_origin(state, head, origin, scope, context); },
            head.origin));
    CHOPMARK_TRY(check_unused(state.requests, head, *party));
    if (!has_room(state.requests, context.stamp.recorded_at)) {
        return request_too_many;
    }
    return admission;
}

Result<const Request*> find_open(const State& state, const RequestId& id, RequestSubject subject) {
    const auto at = state.requests.requests.find(id);
    if (at == state.requests.requests.end() || at->second.subject != subject) {
        return request_unknown;
    }
    if (!at->second.open()) {
        return request_already_answered;
    }
    return &at->second;
}

schema::Event expired(const RequestId& id, const Request& request, const Context& context) {
    switch (request.subject) {
        case RequestSubject::signature:
        case RequestSubject::bulk:
            return expired_as<schema::SignatureExpired>(id, request, context);
        case RequestSubject::step_up:
            return expired_as<schema::StepUpExpired>(id, request, context);
        case RequestSubject::consent:
            break;
    }
    auto event = expired_as<schema::ConsentExpired>(id, request, context);
    for (const std::string& name : request.field_names) {
        event.mutable_leaf()->add_field_names(name);
    }
    return event;
}

Decision decide(const State& state, const RequestCommand& command, const Context& context) {
    return std::visit([&](const auto& one) { return decide(state, one, context); }, command);
}

std::vector<EventId> sources(const State&, const RequestCommand&) { return {}; }

}  // namespace chopmark::citizen
