#include "aggregates/citizen/bulk.h"

#include <algorithm>
#include <numeric>

#include "aggregates/citizen/claims.h"
#include "aggregates/citizen/draft.h"
#include "aggregates/citizen/request_head.h"
#include "aggregates/citizen/scope.h"
#include "aggregates/citizen/state.h"
#include "aggregates/citizen/testimony.h"
#include "events/record/record.h"
#include "events/tlog/merkle.h"

namespace chopmark::citizen {
namespace {

constexpr std::string_view sha256_with_rsa = "SHA256withRSA";
constexpr std::string_view none_with_rsa = "NONEwithRSA";

template <class E>
E about(const RequestId& id, const ClientId& client, const Context& context,
        schema::Outcome outcome, const Reason* reason = nullptr) {
    auto event = draft<E>(context, outcome, reason);
    event.mutable_leaf()->set_client_id(client.to_bytes());
    event.mutable_link()->set_request_id(id.to_bytes());
    return event;
}

Digest root_of(const auto& documents) {
    tlog::RightEdge edge;
    for (const schema::BulkDocument& document : documents) {
        edge.append(record::leaf_hash(document.digest()));
    }
    return edge.root();
}

// ---- asking
// --------------------------------------------------------------------------------------

Decision decide(const State& state, const AskBulk& command, const Context& context) {
    CHOPMARK_TRY(check_bulk_asked(command.subject.reveal(), command.documents, command.parts));
    CHOPMARK_ASSIGN(const Admission admission,
                    admit(state, command.head, scope::bulk_sign, context));
    if (state.account.grade != schema::SIGN) {
        return signature_grade_too_low;
    }
    if (bulk_parts(state.requests, context.stamp.recorded_at) + command.parts > kept_bulk_parts) {
        return request_too_many;
    }
    CHOPMARK_ASSIGN(auto mismatch, judge_card(state, command.head, command.card, context));
    if (mismatch) {
        return *std::move(mismatch);
    }
    const schema::SignatureSubject& subject = command.subject.reveal();
    auto event = about<schema::SignatureAsked>(command.head.request, command.head.client, context,
                                               schema::DONE);
    auto& leaf = *event.mutable_leaf();
    leaf.set_kind(schema::SIGNATURE_KIND_BULK);
    leaf.set_documents(command.documents);
    leaf.set_algorithm(subject.algorithm());
    leaf.set_parts(command.parts);
    if (!command.agreement.is_zero()) {
        event.mutable_link()->set_agreement_event_id(command.agreement.to_bytes());
    }
    put_request(event, command.head, admission, command.delivery.reveal());
    *event.mutable_personal()->mutable_subject() = subject;
    return schema::Event(std::move(event));
}

// ---- listing
// -------------------------------------------------------------------------------------

Result<void> check_part(const std::vector<schema::BulkDocument>& documents) {
    const std::size_t bytes = std::accumulate(
        documents.begin(), documents.end(), std::size_t{0},
        [](std::size_t sum, const auto& document) { return sum + document.ByteSizeLong(); });
    const bool good = !documents.empty() && documents.size() <= bulk_part_documents &&
                      bytes <= bulk_part_bytes &&
                      std::ranges::none_of(documents, [](const auto& document) {
                          return document.id().empty() || document.digest().empty();
                      });
    return good ? Result<void>() : bulk_part_malformed;
}

/// The last part completes the number that was asked for, no other one does.
Result<void> check_place(const BulkProgress& bulk, std::uint32_t part, std::size_t documents) {
    if (bulk.listed() || part != bulk.parts.size() + 1) {
        return bulk_part_out_of_order;
    }
    for (const BulkPart& before : bulk.parts) {
        documents += before.documents;
    }
    const bool last = part == bulk.parts_asked;
    const bool fits = last ? documents == bulk.documents : documents < bulk.documents;
    return fits ? Result<void>() : bulk_part_malformed;
}

Decision decide(const State& state, const ListBulk& command, const Context& context) {
    const auto& documents = command.documents.reveal();
    CHOPMARK_TRY(check_active(state));
    CHOPMARK_ASSIGN(const Request* request,
                    find_open(state, command.request, RequestSubject::bulk));
    if (request->client != command.client) {
        return request_unknown;
    }
    if (request->is_due(context.stamp.recorded_at)) {
        return expired(command.request, *request, context);
    }
    CHOPMARK_TRY(check_listed(request->bulk, command.part, documents));
    auto event = about<schema::BulkListed>(command.request, command.client, context, schema::DONE);
    event.mutable_leaf()->set_part(command.part);
    event.mutable_leaf()->set_documents(static_cast<std::uint32_t>(documents.size()));
    event.mutable_personal()->mutable_documents()->Assign(documents.begin(), documents.end());
    return schema::Event(std::move(event));
}

// ---- answering
// -----------------------------------------------------------------------------------

/// What was hashed is what is listed, and its root what was asked for.
Result<void> check_root(const Request& request, const schema::SignatureSubject& subject,
                        const ApproveBulk& command) {
    if (!request.bulk.listed()) {
        return bulk_incomplete;
    }
    const bool same = std::ranges::equal(request.bulk.parts, command.listed, {}, &BulkPart::listed);
    return same && subject.document_digest() == command.root.bytes() ? Result<void>()
                                                                     : evidence_stale;
}

schema::BulkApproved approved(const State& state, const ApproveBulk& command,
                              const Request& request, const schema::SignatureSubject& subject,
                              const Context& context) {
    auto event =
        about<schema::BulkApproved>(command.request, request.client, context, schema::DONE);
    event.mutable_leaf()->set_documents(request.bulk.documents);
    event.mutable_leaf()->set_parts(request.bulk.parts_asked);
    put_claims(*event.mutable_leaf(), command.claims);
    testify(event, command.proof, context);
    event.mutable_link()->set_certificate_serial(state.certificate.serial);
    *event.mutable_link()->mutable_phone() = command.phone;
    auto& personal = *event.mutable_personal();
    personal.set_root(command.root.to_bytes());
    personal.set_algorithm(subject.algorithm());
    personal.set_department(subject.department());
    personal.set_service_name(subject.service_name());
    *personal.mutable_step_up() = to_schema(command.checks);
    return event;
}

Decision decide(const State& state, const ApproveBulk& command, const Context& context) {
    return decide_approval(
        state, {command.request, RequestSubject::bulk, command.proof, command.checks}, context,
        [&](const Request& request, const schema::SignatureAsked& asked) -> Decision {
            const schema::SignatureSubject& subject = asked.personal().subject();
            CHOPMARK_TRY(check_root(request, subject, command));
            CHOPMARK_TRY(check_certificate(state, context.stamp.recorded_at));
            return schema::Event(approved(state, command, request, subject, context));
        });
}

Decision decide(const State& state, const CancelBulk& command, const Context& context) {
    const auto* found = find_bulk(state.requests, command.client, command.business_id);
    if (found == nullptr) {
        return request_unknown;
    }
    const auto& [id, request] = *found;
    if (!request.open()) {
        return bulk_not_pending;
    }
    if (request.is_due(context.stamp.recorded_at)) {
        return expired(id, request, context);
    }
    return schema::Event(about<schema::BulkCancelled>(id, request.client, context, schema::REFUSED,
                                                      &bulk_cancelled));
}

// ---- signing
// -------------------------------------------------------------------------------------

/// Over the documents of the next part, in the number of them, made lately.
Result<void> check_signatures(const Request& request, const SignBulkPart& command,
                              const Context& context) {
    const std::size_t next = request.bulk.next_unsigned();
    if (command.part <= next) {
        return bulk_part_signed;
    }
    if (command.part != next + 1) {
        return bulk_part_out_of_order;
    }
    CHOPMARK_TRY(check_age(command.signed_at, context));
    const auto* listed = context.opened.find<schema::BulkListed>(request.bulk.parts[next].listed);
    const auto& signatures = command.signatures.reveal();
    const bool good =
        listed != nullptr && command.certificate_serial == request.bulk.certificate_serial &&
        signatures.size() == request.bulk.parts[next].documents &&
        std::ranges::none_of(signatures, [](const Bytes& one) { return one.empty(); }) &&
        command.part_root == bulk_root(*listed);
    return good ? Result<void>() : evidence_stale;
}

schema::BulkSigned signed_part(const SignBulkPart& command, const Request& request,
                               const Context& context) {
    auto event = about<schema::BulkSigned>(command.request, request.client, context, schema::DONE);
    auto& leaf = *event.mutable_leaf();
    leaf.set_part(command.part);
    leaf.set_parts(request.bulk.parts_asked);
    leaf.set_documents(request.bulk.parts[command.part - 1].documents);
    event.mutable_link()->set_certificate_serial(command.certificate_serial);
    auto& personal = *event.mutable_personal();
    personal.set_part_root(command.part_root.to_bytes());
    for (const Bytes& signature : command.signatures.reveal()) {
        personal.add_signatures(signature);
    }
    personal.set_signed_at_us(command.signed_at.micros());
    personal.set_certificate_digest(command.certificate_digest.to_bytes());
    personal.set_chain_digest(command.chain_digest.to_bytes());
    personal.set_crl_number(command.crl_number);
    return event;
}

Decision decide(const State& state, const SignBulkPart& command, const Context& context) {
    const auto at = state.requests.requests.find(command.request);
    if (at == state.requests.requests.end() || at->second.subject != RequestSubject::bulk) {
        return request_unknown;
    }
    const Request& request = at->second;
    if (!request.being_signed()) {
        return bulk_part_signed;
    }
    if (const auto signable = check_signable(state, request, context.stamp.recorded_at);
        !signable) {
        return schema::Event(about<schema::BulkFailed>(command.request, request.client, context,
                                                       schema::FAILED, &signable.error().reason));
    }
    CHOPMARK_TRY(check_active(state));
    CHOPMARK_TRY(check_signatures(request, command, context));
    return schema::Event(signed_part(command, request, context));
}

// ---- sources
// -------------------------------------------------------------------------------------

const Request* find(const State& state, const RequestId& id) {
    const auto at = state.requests.requests.find(id);
    return at == state.requests.requests.end() ? nullptr : &at->second;
}

std::vector<EventId> sources_of(const State& state, const ApproveBulk& command) {
    const Request* request = find(state, command.request);
    return request == nullptr ? std::vector<EventId>() : std::vector{request->asked};
}
std::vector<EventId> sources_of(const State& state, const SignBulkPart& command) {
    const Request* request = find(state, command.request);
    const bool known =
        request != nullptr && command.part > 0 && command.part <= request->bulk.parts.size();
    return known ? std::vector{request->bulk.parts[command.part - 1].listed}
                 : std::vector<EventId>();
}
std::vector<EventId> sources_of(const State&, const AskBulk&) { return {}; }
std::vector<EventId> sources_of(const State&, const ListBulk&) { return {}; }
std::vector<EventId> sources_of(const State&, const CancelBulk&) { return {}; }

}  // namespace

Digest bulk_root(const std::vector<schema::BulkDocument>& documents) { return root_of(documents); }

Digest bulk_root(const schema::BulkListed& listed) {
    return root_of(listed.personal().documents());
}

Result<void> check_bulk_asked(const schema::SignatureSubject& subject, std::uint32_t documents,
                              std::uint32_t parts) {
    if (subject.algorithm() != sha256_with_rsa && subject.algorithm() != none_with_rsa) {
        return signature_algorithm_unknown;
    }
    if (subject.document_digest().size() != Digest::size) {
        return signature_digest_malformed;
    }
    const bool sized = documents > 0 && documents <= most_bulk_documents && parts > 0 &&
                       parts <= most_bulk_parts && parts <= documents;
    return sized ? check_step_up_asked(subject) : bulk_size_malformed;
}

Result<void> check_listed(const BulkProgress& bulk, std::uint32_t part,
                          const std::vector<schema::BulkDocument>& documents) {
    CHOPMARK_TRY(check_part(documents));
    return check_place(bulk, part, documents.size());
}

Result<void> check_signable(const State& state, const Request& request, Instant now) {
    if (request.answered_at + bulk_signing_life <= now) {
        return bulk_overdue;
    }
    CHOPMARK_TRY(check_certificate(state, now));
    return state.certificate.serial == request.bulk.certificate_serial ? Result<void>()
                                                                       : bulk_certificate_changed;
}

const std::pair<const RequestId, Request>* find_bulk(const RequestState& state,
                                                     const ClientId& client,
                                                     const BusinessIdToken& business_id) {
    const std::pair<const RequestId, Request>* newest = nullptr;
    for (const auto& entry : state.requests) {
        const Request& request = entry.second;
        const bool it = request.subject == RequestSubject::bulk && request.client == client &&
                        request.business_id == business_id;
        // Where one businessID is sent for all: the one still open, else the one answered last.
        if (it && (newest == nullptr || request.open() ||
                   (!newest->second.open() && request.answered_at > newest->second.answered_at))) {
            newest = &entry;
        }
    }
    return newest;
}

Decision decide(const State& state, const BulkCommand& command, const Context& context) {
    return std::visit([&](const auto& one) { return decide(state, one, context); }, command);
}

std::vector<EventId> sources(const State& state, const BulkCommand& command) {
    return std::visit([&](const auto& one) { return sources_of(state, one); }, command);
}

}  // namespace chopmark::citizen
