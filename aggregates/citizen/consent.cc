#include "aggregates/citizen/consent.h"

#include <algorithm>
#include <set>

#include "aggregates/citizen/claims.h"
#include "aggregates/citizen/draft.h"
#include "aggregates/citizen/request_head.h"
#include "aggregates/citizen/state.h"
#include "aggregates/citizen/testimony.h"
#include "events/core/limits.h"

namespace chopmark::citizen {
namespace {

template <class E>
E about(const RequestId& id, const ClientId& client, const std::vector<std::string>& names,
        const Context& context, schema::Outcome outcome, const Reason* reason = nullptr) {
    auto event = draft<E>(context, outcome, reason);
    event.mutable_leaf()->set_client_id(client.to_bytes());
    for (const std::string& name : names) {
        event.mutable_leaf()->add_field_names(name);
    }
    event.mutable_link()->set_request_id(id.to_bytes());
    return event;
}

/// What a relying party must have been approved for to ask for this, and to be given it.
std::string_view scope_of(schema::Purpose purpose) {
    return purpose == schema::PURPOSE_PROFILE ? scope::profiles : scope::form_filling;
}

Decision decide(const State& state, const AskConsent& command, const Context& context) {
    CHOPMARK_TRY(check_fields(command.field_names));
    CHOPMARK_ASSIGN(const Admission admission,
                    admit(state, command.head, scope_of(command.purpose), context));
    auto event = about<schema::ConsentAsked>(command.head.request, command.head.client,
                                             command.field_names, context, schema::DONE);
    event.mutable_leaf()->set_purpose(command.purpose);
    put_request(event, command.head, admission, command.delivery.reveal());
    event.mutable_personal()->set_text_digest(command.text_digest.to_bytes());
    return schema::Event(std::move(event));
}

/// The device must have signed the text of what was asked for.
Result<void> check_text(const schema::ConsentAsked& asked, const DeviceProof& proof) {
    if (asked.personal().text_digest() != proof.text_digest.bytes()) {
        return consent_text_mismatch;
    }
    return {};
}

Result<void> check_subset(const std::vector<std::string>& granted, const Request& request) {
    CHOPMARK_TRY(check_fields(granted));
    for (const std::string& name : granted) {
        if (std::find(request.field_names.begin(), request.field_names.end(), name) ==
            request.field_names.end()) {
            return consent_field_not_asked;
        }
    }
    return {};
}

Decision decide(const State& state, const GrantConsent& command, const Context& context) {
    const Instant now = context.stamp.recorded_at;
    CHOPMARK_TRY(check_active(state));
    CHOPMARK_TRY(check_proof(state, command.proof, now));
    CHOPMARK_ASSIGN(const Request* request,
                    find_open(state, command.request, RequestSubject::consent));
    if (request->is_due(now)) {
        return expired(command.request, *request, context);
    }
    const auto* asked = context.opened.find<schema::ConsentAsked>(request->asked);
    if (asked == nullptr) {
        return evidence_stale;
    }
    CHOPMARK_TRY(
        active_party(context, request->client, {std::string(scope_of(asked->leaf().purpose()))}));
    if (cooling_off(state, command.proof.device, now)) {
        return device_cooling_off;
    }
    CHOPMARK_TRY(check_subset(command.field_names, *request));
    if (command.profile_version != state.profile.version) {
        return evidence_stale;  // other values than the phone showed
    }
    CHOPMARK_TRY(check_text(*asked, command.proof));

    auto event = about<schema::ConsentGranted>(command.request, request->client,
                                               command.field_names, context, schema::DONE);
    testify(event, command.proof, context);
    put_claims(*event.mutable_leaf(), command.claims);
    auto& link = *event.mutable_link();
    link.set_profile_version(state.profile.version);
    for (const schema::FieldSource& pin : field_sources(state, command.field_names)) {
        *link.add_pins() = pin;
    }
    *link.mutable_phone() = command.phone;
    return schema::Event(std::move(event));
}

Decision decide(const State& state, const RefuseConsent& command, const Context& context) {
    const Instant now = context.stamp.recorded_at;
    CHOPMARK_TRY(check_active(state));
    CHOPMARK_TRY(check_proof(state, command.proof, now));
    CHOPMARK_ASSIGN(const Request* request,
                    find_open(state, command.request, RequestSubject::consent));
    if (request->is_due(now)) {
        return expired(command.request, *request, context);
    }
    auto event =
        about<schema::ConsentRefused>(command.request, request->client, request->field_names,
                                      context, schema::REFUSED, &consent_declined);
    testify(event, command.proof, context);
    event.mutable_link()->set_profile_version(state.profile.version);
    return schema::Event(std::move(event));
}

/// The names that a standing consent covers: of ConsentGranted those granted, of LoginApproved
/// those pinned. Nothing if its record was not opened.
std::optional<std::vector<std::string>> covered(const StandingConsent& consent,
                                                const Opened& opened) {
    std::vector<std::string> names;
    if (const auto* granted = opened.find<schema::ConsentGranted>(consent.granted)) {
        names.assign(granted->leaf().field_names().begin(), granted->leaf().field_names().end());
        return names;
    }
    if (const auto* approved = opened.find<schema::LoginApproved>(consent.granted)) {
        for (const schema::FieldSource& pin : approved->link().pins()) {
            names.push_back(pin.field());
        }
        return names;
    }
    return std::nullopt;
}

Decision decide(const State& state, const WithdrawConsent& command, const Context& context) {
    CHOPMARK_TRY(check_active(state));
    CHOPMARK_TRY(check_proof(state, command.proof, context.stamp.recorded_at));
    const auto at = state.consents.standing.find(command.request);
    if (at == state.consents.standing.end()) {
        return consent_unknown;
    }
    const auto names = covered(at->second, context.opened);
    if (!names) {
        return evidence_stale;
    }
    auto event = about<schema::ConsentWithdrawn>(command.request, at->second.client, *names,
                                                 context, schema::DONE);
    testify(event, command.proof, context);
    event.mutable_link()->set_profile_version(state.profile.version);
    return schema::Event(std::move(event));
}

std::vector<EventId> source_of_text(const State& state, const RequestId& id) {
    const auto at = state.requests.requests.find(id);
    return at == state.requests.requests.end() ? std::vector<EventId>()
                                               : std::vector{at->second.asked};
}

std::vector<EventId> sources_of(const State&, const AskConsent&) { return {}; }
std::vector<EventId> sources_of(const State& state, const GrantConsent& command) {
    return source_of_text(state, command.request);
}
std::vector<EventId> sources_of(const State&, const RefuseConsent&) { return {}; }
std::vector<EventId> sources_of(const State& state, const WithdrawConsent& command) {
    const auto at = state.consents.standing.find(command.request);
    return at == state.consents.standing.end() ? std::vector<EventId>()
                                               : std::vector{at->second.granted};
}

void stand(ConsentState& state, const RequestId& id, const Bytes& client,
           const record::Stamp& stamp) {
    auto& standing = state.standing;
    if (standing.size() >= limits::standing_consents && !standing.contains(id)) {
        standing.erase(
            std::min_element(standing.begin(), standing.end(), [](const auto& a, const auto& b) {
                return a.second.granted_at < b.second.granted_at;
            }));
    }
    standing[id] = {ClientId::from_bytes(client).value_or(ClientId()), stamp.event_id,
                    stamp.recorded_at};
}

RequestId id_from(const Bytes& bytes) { return RequestId::from_bytes(bytes).value_or(RequestId()); }

}  // namespace

Result<void> check_fields(const std::vector<std::string>& names) {
    if (names.empty()) {
        return consent_fields_missing;
    }
    std::set<std::string_view> seen;
    for (const std::string& name : names) {
        const bool known = is_card_field(name) || is_eme_field(name);
        if (!known || !seen.insert(name).second) {
            return consent_field_unknown;
        }
    }
    return {};
}

std::vector<schema::FieldSource> field_sources(const State& state,
                                               const std::vector<std::string>& names) {
    std::vector<schema::FieldSource> out;
    for (const std::string& name : names) {
        if (const auto source = source_of_field(state, name)) {
            out.emplace_back();
            out.back().set_field(name);
            out.back().set_event_id(source->to_bytes());
        }
    }
    return out;
}

std::vector<schema::FieldSource> all_field_sources(const State& state) {
    return field_sources(state, fields_with_source(state));
}

Decision decide(const State& state, const ConsentCommand& command, const Context& context) {
    return std::visit([&](const auto& one) { return decide(state, one, context); }, command);
}

std::vector<EventId> sources(const State& state, const ConsentCommand& command) {
    return std::visit([&](const auto& one) { return sources_of(state, one); }, command);
}

void evolve(ConsentState& state, const schema::ConsentGranted& event, const record::Stamp& stamp) {
    stand(state, id_from(event.link().request_id()), event.leaf().client_id(), stamp);
}

void evolve(ConsentState& state, const schema::ConsentWithdrawn& event, const record::Stamp&) {
    state.standing.erase(id_from(event.link().request_id()));
}

void evolve(ConsentState& state, const schema::LoginApproved& event, const record::Stamp& stamp) {
    const auto& scopes = event.leaf().scopes();
    if (std::any_of(scopes.begin(), scopes.end(),
                    [](const auto& name) { return scope_rule(name).releases_profile; })) {
        stand(state, id_from(event.link().traces().login_id()), event.leaf().client_id(), stamp);
    }
}

void evolve(ConsentState& state, const schema::AccountClosed&, const record::Stamp&) { state = {}; }

void evolve(ConsentState& state, const schema::SubjectErased&, const record::Stamp&) { state = {}; }

}  // namespace chopmark::citizen
