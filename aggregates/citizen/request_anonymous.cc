#include "aggregates/citizen/request_anonymous.h"

#include <algorithm>

#include "aggregates/citizen/bulk.h"
#include "aggregates/citizen/consent.h"
#include "aggregates/citizen/draft.h"
#include "aggregates/citizen/scope.h"
#include "aggregates/citizen/signature.h"
#include "aggregates/citizen/slot.h"
#include "aggregates/control/policy.h"
#include "aggregates/control/relying_party.h"
#include "events/core/ensure.h"
#include "events/core/limits.h"

namespace chopmark::citizen {
namespace {

using Content = std::variant<FormFillingContent, SigningContent>;

bool finished(const AnonymousRequest& request) { return request.claim != Claim::none; }

bool is_over(const AnonymousRequest& request, Instant now) {
    return finished(request) && request.opened_at + limits::business_id_memory <= now;
}

bool has_room(const SlotRequests& state) {
    if (state.requests.size() < limits::slot_requests) {
        return true;
    }
    return std::any_of(state.requests.begin(), state.requests.end(),
                       [](const auto& entry) { return finished(entry.second); });
}

Result<void> check(const FormFillingContent& content) { return check_fields(content.field_names); }

bool is_bulk(const SigningContent& content) { return content.kind == schema::SIGNATURE_KIND_BULK; }

Result<void> check(const SigningContent& content) {
    CHOPMARK_TRY(is_bulk(content)
                     ? check_bulk_asked(content.subject, content.documents, content.parts)
                     : check_document(content.kind, content.subject));
    if (content.card_token.empty()) {
        return request_card_missing;
    }
    return {};
}

std::string_view scope_of(const Content& content) {
    const auto* signing = std::get_if<SigningContent>(&content);
    if (signing == nullptr) {
        return scope::form_filling;
    }
    return is_bulk(*signing) ? scope::bulk_sign : scope::sign;
}

schema::RequestKind kind_of(const Content& content) {
    const auto* signing = std::get_if<SigningContent>(&content);
    if (signing == nullptr) {
        return schema::REQUEST_KIND_FORM_FILLING;
    }
    if (is_bulk(*signing)) {
        return schema::REQUEST_KIND_BULK_SIGNING;
    }
    return signing->kind == schema::SIGNATURE_KIND_PDF ? schema::REQUEST_KIND_PDF_SIGNING
                                                       : schema::REQUEST_KIND_HASH_SIGNING;
}

std::size_t unclaimed_parts(const SlotRequests& state) {
    std::size_t parts = 0;
    for (const auto& [id, request] : state.requests) {
        parts += request.bulk.parts_asked;
    }
    return parts;
}

void put_content(schema::RequestOpened& event, const FormFillingContent& content) {
    auto& personal = *event.mutable_personal();
    *personal.mutable_consent() = content.delivery;
    for (const std::string& name : content.field_names) {
        personal.add_field_names(name);
    }
}

void put_content(schema::RequestOpened& event, const SigningContent& content) {
    event.mutable_leaf()->set_documents(content.documents);
    event.mutable_leaf()->set_parts(content.parts);
    auto& personal = *event.mutable_personal();
    *personal.mutable_signature() = content.delivery;
    *personal.mutable_subject() = content.subject;
    personal.set_card_token(content.card_token);
}

Decision decide(const SlotRequests& state, const OpenRequest& command, const Context& context) {
    const Content& content = command.content.reveal();
    CHOPMARK_ASSIGN(const auto* party,
                    active_party(context, command.client, {std::string(scope_of(content))}));
    CHOPMARK_TRY(std::visit([](const auto& one) { return check(one); }, content));
    for (const auto& [id, request] : state.requests) {
        if (id == command.request) {
            return request_id_used;
        }
        // Who sends one id for all could never ask a second person.
        if (request.business_id == command.business_id && !party->business_id_per_citizen) {
            return business_id_used;
        }
    }
    const auto* signing = std::get_if<SigningContent>(&content);
    const std::size_t parts = signing != nullptr ? signing->parts : 0;
    if (!has_room(state) || unclaimed_parts(state) + parts > slot_bulk_parts) {
        return request_too_many;
    }
    auto event = draft<schema::RequestOpened>(context, schema::DONE);
    event.mutable_leaf()->set_client_id(command.client.to_bytes());
    event.mutable_leaf()->set_kind(kind_of(content));
    auto& link = *event.mutable_link();
    link.set_request_id(command.request.to_bytes());
    link.set_business_id_token(command.business_id.to_bytes());
    const Instant due =
        context.stamp.recorded_at + control::policy(context.control).anonymous_request_life;
    link.set_due_us(due.micros());
    std::visit([&](const auto& one) { put_content(event, one); }, content);
    return schema::Event(std::move(event));
}

template <class E>
E about(const RequestId& id, const AnonymousRequest& request, const Context& context,
        schema::Outcome outcome, const Reason* reason = nullptr) {
    auto event = draft<E>(context, outcome, reason);
    event.mutable_leaf()->set_client_id(request.client.to_bytes());
    event.mutable_leaf()->set_kind(request.kind);
    event.mutable_link()->set_request_id(id.to_bytes());
    return event;
}

Result<const AnonymousRequest*> find_unclaimed(const SlotRequests& state, const RequestId& id) {
    const auto at = state.requests.find(id);
    if (at == state.requests.end()) {
        return request_unknown;
    }
    switch (at->second.claim) {
        case Claim::claimed:
            return request_already_claimed;
        case Claim::expired:
            return request_expired;
        case Claim::refused:
            return request_already_answered;
        case Claim::none:
            break;
    }
    return &at->second;
}

Decision expire(const RequestId& id, const AnonymousRequest& request, const Context& context) {
    return schema::Event(
        about<schema::RequestExpired>(id, request, context, schema::EXPIRED, &request_expired));
}

Decision decide(const SlotRequests& state, const ListRequest& command, const Context& context) {
    const auto& documents = command.documents.reveal();
    CHOPMARK_ASSIGN(const auto* request, find_unclaimed(state, command.request));
    if (request->client != command.client) {
        return request_unknown;
    }
    if (request->due <= context.stamp.recorded_at) {
        return expire(command.request, *request, context);
    }
    CHOPMARK_TRY(check_listed(request->bulk, command.part, documents));
    auto event = about<schema::RequestListed>(command.request, *request, context, schema::DONE);
    event.mutable_leaf()->set_part(command.part);
    event.mutable_leaf()->set_documents(static_cast<std::uint32_t>(documents.size()));
    event.mutable_personal()->mutable_documents()->Assign(documents.begin(), documents.end());
    return schema::Event(std::move(event));
}

Decision decide(const SlotRequests& state, const ClaimRequest& command, const Context& context) {
    CHOPMARK_ASSIGN(const auto* request, find_unclaimed(state, command.request));
    if (request->due <= context.stamp.recorded_at) {
        return expire(command.request, *request, context);
    }
    if (!request->bulk.listed()) {
        return bulk_incomplete;
    }
    const bool names_card = request->kind != schema::REQUEST_KIND_FORM_FILLING;
    if (names_card && !command.card_matches) {
        return evidence_stale;
    }
    const bool refused = names_card && !*command.card_matches;
    auto event = about<schema::RequestClaimed>(command.request, *request, context,
                                               refused ? schema::REFUSED : schema::DONE,
                                               refused ? &signature_hkic_mismatch : nullptr);
    event.mutable_link()->set_claimer_account_id(command.claimer.to_bytes());
    for (const BulkPart& part : request->bulk.parts) {
        event.mutable_link()->add_listed_event_ids(part.listed.to_bytes());
    }
    return schema::Event(std::move(event));
}

Decision decide(const SlotRequests& state, const ExpireOpenRequest& command,
                const Context& context) {
    CHOPMARK_ASSIGN(const auto* request, find_unclaimed(state, command.request));
    if (request->due > context.stamp.recorded_at) {
        return request_not_due;
    }
    return expire(command.request, *request, context);
}

RequestId id_from(const Bytes& bytes) { return RequestId::from_bytes(bytes).value_or(RequestId()); }

void make_room(SlotRequests& state, Instant now) {
    std::erase_if(state.requests, [&](const auto& entry) { return is_over(entry.second, now); });
    if (state.requests.size() < limits::slot_requests) {
        return;
    }
    auto oldest = state.requests.end();
    for (auto at = state.requests.begin(); at != state.requests.end(); ++at) {
        if (finished(at->second) &&
            (oldest == state.requests.end() || at->second.opened_at < oldest->second.opened_at)) {
            oldest = at;
        }
    }
    if (oldest != state.requests.end()) {
        state.requests.erase(oldest);
    }
}

}  // namespace

Decision decide(const State&, const AnonymousCommand& command, const Context& context) {
    ensure(context.slot != nullptr, "an anonymous request is decided in a slot");
    return std::visit([&](const auto& one) { return decide(context.slot->requests, one, context); },
                      command);
}

std::vector<EventId> sources(const State&, const AnonymousCommand&) { return {}; }

void evolve(SlotRequests& state, const schema::RequestOpened& event, const record::Stamp& stamp) {
    make_room(state, stamp.recorded_at);
    if (state.requests.size() >= limits::slot_requests) {
        return;  // decide refuses before; a state stays bounded whatever it folds
    }
    const auto& link = event.link();
    AnonymousRequest request;
    request.client = ClientId::from_bytes(event.leaf().client_id()).value_or(ClientId());
    request.business_id =
        BusinessIdToken::from_bytes(link.business_id_token()).value_or(BusinessIdToken());
    request.kind = event.leaf().kind();
    request.opened = stamp.event_id;
    request.opened_at = stamp.recorded_at;
    request.due = Instant::from_micros(link.due_us());
    request.bulk.documents = event.leaf().documents();
    request.bulk.parts_asked = event.leaf().parts();
    state.requests[id_from(link.request_id())] = std::move(request);
}

void evolve(SlotRequests& state, const schema::RequestListed& event, const record::Stamp& stamp) {
    const auto at = state.requests.find(id_from(event.link().request_id()));
    // decide lists no others; a state stays bounded whatever it folds
    if (at != state.requests.end() && !finished(at->second) && !at->second.bulk.listed() &&
        at->second.bulk.parts.size() < most_bulk_parts) {
        at->second.bulk.parts.push_back({stamp.event_id, EventId(), event.leaf().documents()});
    }
}

void evolve(SlotRequests& state, const schema::RequestClaimed& event, const record::Stamp& stamp) {
    const auto at = state.requests.find(id_from(event.link().request_id()));
    if (at == state.requests.end() || finished(at->second)) {
        return;
    }
    const bool refused = event.leaf().head().outcome() == schema::REFUSED;
    at->second.claim = refused ? Claim::refused : Claim::claimed;
    at->second.claimed = stamp.event_id;
    at->second.claimed_at = stamp.recorded_at;
    at->second.bulk = {};
    at->second.claimer =
        AccountId::from_bytes(event.link().claimer_account_id()).value_or(AccountId());
}

void evolve(SlotRequests& state, const schema::RequestExpired& event, const record::Stamp&) {
    const auto at = state.requests.find(id_from(event.link().request_id()));
    if (at != state.requests.end() && !finished(at->second)) {
        at->second.claim = Claim::expired;
        at->second.bulk = {};
    }
}

std::optional<Instant> next_due(const SlotRequests& state) {
    std::optional<Instant> next;
    for (const auto& [id, request] : state.requests) {
        if (!finished(request) && (!next || request.due < *next)) {
            next = request.due;
        }
    }
    return next;
}

std::vector<AnonymousCommand> due(const SlotRequests& state, Instant now) {
    std::vector<AnonymousCommand> out;
    for (const auto& [id, request] : state.requests) {
        if (!finished(request) && request.due <= now) {
            out.push_back(ExpireOpenRequest{id});
        }
    }
    return out;
}

const std::pair<const RequestId, AnonymousRequest>* request_claimed_by(const SlotRequests& state,
                                                                       const EventId& claimed) {
    const auto at =
        std::find_if(state.requests.begin(), state.requests.end(), [&](const auto& entry) {
            return entry.second.claim == Claim::claimed && entry.second.claimed == claimed;
        });
    return at == state.requests.end() ? nullptr : &*at;
}

std::vector<FollowUp> outstanding(const SlotRequests& state, Instant now) {
    std::vector<FollowUp> out;
    for (const auto& [id, request] : state.requests) {
        if (request.claim == Claim::claimed && now < request.claimed_at + limits::claim_grace) {
            out.push_back({request.claimed, open_claimed, request.claimed_at});
        }
    }
    return out;
}

}  // namespace chopmark::citizen
