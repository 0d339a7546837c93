#include <algorithm>

#include "aggregates/citizen/bulk.h"
#include "aggregates/citizen/request.h"
#include "events/core/limits.h"

namespace chopmark::citizen {
namespace {

RequestId id_from(const Bytes& bytes) { return RequestId::from_bytes(bytes).value_or(RequestId()); }

/// Its answer is a day old, and nobody waits for it any more.
bool is_over(const Request& request, Instant now) {
    return !request.open() && !request.being_signed() && !request.callback_outstanding() &&
           request.answered_at + limits::request_memory <= now;
}

void forget(RequestState& state, Instant now) {
    std::erase_if(state.requests, [&](const auto& entry) { return is_over(entry.second, now); });
    std::erase_if(state.business_ids, [&](const auto& entry) {
        return entry.second + limits::business_id_memory <= now;
    });
}

void remember_business_id(RequestState& state, const BusinessIdToken& token, Instant now) {
    auto& known = state.business_ids;
    if (known.size() >= limits::business_ids) {
        known.erase(std::min_element(known.begin(), known.end(), [](const auto& a, const auto& b) {
            return a.second < b.second;
        }));
    }
    known[token] = now;
}

/// The asking events have the same link fields.
template <class E>
Request* ask(RequestState& state, RequestSubject subject, const E& event,
             const record::Stamp& stamp) {
    forget(state, stamp.recorded_at);
    if (state.requests.size() >= limits::kept_requests) {
        return nullptr;  // decide refuses before; a state stays bounded whatever it folds
    }
    const auto& link = event.link();
    const auto business_id =
        BusinessIdToken::from_bytes(link.business_id_token()).value_or(BusinessIdToken());
    remember_business_id(state, business_id, stamp.recorded_at);
    Request& request = state.requests[id_from(link.request_id())];
    request = {};
    request.subject = subject;
    request.client = ClientId::from_bytes(event.leaf().client_id()).value_or(ClientId());
    request.business_id = business_id;
    request.asked = stamp.event_id;
    request.due = Instant::from_micros(link.due_us());
    request.anonymous = link.login_id().empty();
    return &request;
}

template <class E>
void answer(RequestState& state, Answer how, const E& event, const record::Stamp& stamp) {
    forget(state, stamp.recorded_at);
    const auto at = state.requests.find(id_from(event.link().request_id()));
    if (at == state.requests.end() || !at->second.open()) {
        return;
    }
    at->second.answer = how;
    at->second.answered = stamp.event_id;
    at->second.answered_at = stamp.recorded_at;
}

/// The bulk request that an event names; null if there is none.
template <class E>
Request* find_bulk(RequestState& state, const E& event) {
    const auto at = state.requests.find(id_from(event.link().request_id()));
    const bool found = at != state.requests.end() && at->second.subject == RequestSubject::bulk;
    return found ? &at->second : nullptr;
}

}  // namespace

std::size_t BulkProgress::next_unsigned() const {
    const auto next =
        std::ranges::find_if(parts, [](const BulkPart& part) { return part.made.is_zero(); });
    return static_cast<std::size_t>(next - parts.begin());
}

void evolve(RequestState& state, const schema::ConsentAsked& event, const record::Stamp& stamp) {
    if (Request* request = ask(state, RequestSubject::consent, event, stamp)) {
        const auto& names = event.leaf().field_names();
        request->field_names.assign(names.begin(), names.end());
    }
}

void evolve(RequestState& state, const schema::ConsentGranted& event, const record::Stamp& stamp) {
    answer(state, Answer::granted, event, stamp);
}

void evolve(RequestState& state, const schema::ConsentRefused& event, const record::Stamp& stamp) {
    answer(state, Answer::refused, event, stamp);
}

void evolve(RequestState& state, const schema::ConsentExpired& event, const record::Stamp& stamp) {
    answer(state, Answer::expired, event, stamp);
}

void evolve(RequestState& state, const schema::ConsentWithdrawn& event, const record::Stamp&) {
    const auto at = state.requests.find(id_from(event.link().request_id()));
    if (at != state.requests.end() && at->second.answer == Answer::granted) {
        at->second.answer = Answer::withdrawn;
    }
}

void evolve(RequestState& state, const schema::SignatureAsked& event, const record::Stamp& stamp) {
    const bool bulk = event.leaf().kind() == schema::SIGNATURE_KIND_BULK;
    const auto subject = bulk ? RequestSubject::bulk : RequestSubject::signature;
    Request* request = ask(state, subject, event, stamp);
    if (request != nullptr && bulk) {
        request->bulk.documents = event.leaf().documents();
        request->bulk.parts_asked = event.leaf().parts();
    }
}

void evolve(RequestState& state, const schema::SignatureMade& event, const record::Stamp& stamp) {
    answer(state, Answer::granted, event, stamp);
}

void evolve(RequestState& state, const schema::SignatureRefused& event,
            const record::Stamp& stamp) {
    answer(state, Answer::refused, event, stamp);
}

void evolve(RequestState& state, const schema::SignatureExpired& event,
            const record::Stamp& stamp) {
    answer(state, Answer::expired, event, stamp);
}

void evolve(RequestState& state, const schema::SignatureAcknowledged& event, const record::Stamp&) {
    const auto at = state.requests.find(id_from(event.link().request_id()));
    if (at != state.requests.end()) {
        at->second.acknowledged = true;
    }
}

void evolve(RequestState& state, const schema::BulkListed& event, const record::Stamp& stamp) {
    Request* request = find_bulk(state, event);
    // decide lists no others; a state stays bounded whatever it folds
    if (request != nullptr && request->open() && !request->bulk.listed() &&
        request->bulk.parts.size() < most_bulk_parts) {
        request->bulk.parts.push_back({stamp.event_id, EventId(), event.leaf().documents()});
    }
}

void evolve(RequestState& state, const schema::BulkApproved& event, const record::Stamp& stamp) {
    Request* request = find_bulk(state, event);
    if (request != nullptr && request->open()) {
        request->bulk.certificate_serial = event.link().certificate_serial();
        answer(state, Answer::granted, event, stamp);
    }
}

void evolve(RequestState& state, const schema::BulkSigned& event, const record::Stamp& stamp) {
    Request* request = find_bulk(state, event);
    const std::size_t part = event.leaf().part();
    if (request != nullptr && part > 0 && part <= request->bulk.parts.size() &&
        request->bulk.parts[part - 1].made.is_zero()) {
        request->bulk.parts[part - 1].made = stamp.event_id;
    }
}

void evolve(RequestState& state, const schema::BulkCancelled& event, const record::Stamp& stamp) {
    if (find_bulk(state, event) != nullptr) {
        answer(state, Answer::cancelled, event, stamp);
    }
}

void evolve(RequestState& state, const schema::BulkFailed& event, const record::Stamp& stamp) {
    Request* request = find_bulk(state, event);
    if (request != nullptr && request->being_signed()) {
        request->answer = Answer::failed;
        request->answered = stamp.event_id;
        request->answered_at = stamp.recorded_at;
    }
}

void evolve(RequestState& state, const schema::StepUpAsked& event, const record::Stamp& stamp) {
    ask(state, RequestSubject::step_up, event, stamp);
}

void evolve(RequestState& state, const schema::StepUpPassed& event, const record::Stamp& stamp) {
    answer(state, Answer::granted, event, stamp);
}

void evolve(RequestState& state, const schema::StepUpRefused& event, const record::Stamp& stamp) {
    answer(state, Answer::refused, event, stamp);
}

void evolve(RequestState& state, const schema::StepUpExpired& event, const record::Stamp& stamp) {
    answer(state, Answer::expired, event, stamp);
}

void evolve(RequestState& state, const schema::CallbackSettled& event, const record::Stamp&) {
    const auto at = state.requests.find(id_from(event.link().request_id()));
    if (at != state.requests.end() && !at->second.open()) {
        at->second.settled = true;
    }
}

void evolve(RequestState& state, const schema::AccountClosed&, const record::Stamp& stamp) {
    for (auto& [id, request] : state.requests) {
        if (request.open() || request.being_signed()) {
            request.answer = Answer::ended;
            request.answered = stamp.event_id;
            request.answered_at = stamp.recorded_at;
        }
    }
}

void evolve(RequestState& state, const schema::SubjectErased&, const record::Stamp&) { state = {}; }

bool has_room(const RequestState& state, Instant now) {
    std::size_t open = 0;
    std::size_t kept = 0;
    for (const auto& [id, request] : state.requests) {
        open += request.open() ? 1 : 0;
        kept += is_over(request, now) ? 0 : 1;
    }
    return open < limits::open_requests && kept < limits::kept_requests;
}

std::optional<Instant> next_due(const RequestState& state) {
    std::optional<Instant> next;
    for (const auto& [id, request] : state.requests) {
        if (request.open() && (!next || request.due < *next)) {
            next = request.due;
        }
    }
    return next;
}

std::vector<RequestCommand> due(const RequestState& state, Instant now) {
    std::vector<RequestCommand> out;
    for (const auto& [id, request] : state.requests) {
        if (request.open() && request.is_due(now)) {
            out.push_back(ExpireRequest{id});
        }
    }
    return out;
}

std::optional<RequestId> request_asked_by(const RequestState& state, const EventId& asked) {
    for (const auto& [id, request] : state.requests) {
        if (request.asked == asked) {
            return id;
        }
    }
    return std::nullopt;
}

std::optional<RequestId> request_answered_by(const RequestState& state, const EventId& answered) {
    const auto at = std::ranges::find_if(
        state.requests, [&](const auto& entry) { return entry.second.answered == answered; });
    return at == state.requests.end() ? std::nullopt : std::optional(at->first);
}

std::size_t bulk_parts(const RequestState& state, Instant now) {
    std::size_t parts = 0;
    for (const auto& [id, request] : state.requests) {
        parts += is_over(request, now) ? 0 : request.bulk.parts_asked;
    }
    return parts;
}

std::vector<FollowUp> outstanding(const RequestState& state) {
    std::vector<FollowUp> out;
    for (const auto& [id, request] : state.requests) {
        if (request.being_signed()) {
            out.push_back({request.answered, bulk_signing, request.answered_at});
        }
        if (request.callback_outstanding()) {
            out.push_back({request.asked, callback, request.answered_at});
        }
    }
    return out;
}

}  // namespace chopmark::citizen
