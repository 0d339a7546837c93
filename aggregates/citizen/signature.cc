#include "aggregates/citizen/signature.h"

#include <algorithm>

#include "aggregates/citizen/claims.h"
#include "aggregates/citizen/draft.h"
#include "aggregates/citizen/request_head.h"
#include "aggregates/citizen/state.h"
#include "aggregates/citizen/testimony.h"
#include "aggregates/control/policy.h"
#include "events/core/limits.h"
#include "events/crypto/legacy_digest.h"

namespace chopmark::citizen {
namespace {

constexpr std::string_view sha256_with_rsa = "SHA256withRSA";
constexpr std::string_view none_with_rsa = "NONEwithRSA";
constexpr std::size_t sha256_bytes = 32;
constexpr std::size_t longest_bare_input = 245;  // RSA-2048 with PKCS#1 v1.5 padding
constexpr std::uint32_t longest_step_up_hours = 720;

// ---- asking
// --------------------------------------------------------------------------------------

/// Methods of the canonical text: empty, "FR", "NFC" or "FR+NFC".
std::optional<std::vector<schema::StepUpMethod>> methods_of(std::string_view text) {
    if (text.empty()) {
        return std::vector<schema::StepUpMethod>();
    }
    if (text == step_up_face) {
        return std::vector{schema::STEP_UP_METHOD_FACE};
    }
    if (text == step_up_chip) {
        return std::vector{schema::STEP_UP_METHOD_NFC};
    }
    if (text == step_up_face_and_chip) {
        return std::vector{schema::STEP_UP_METHOD_FACE, schema::STEP_UP_METHOD_NFC};
    }
    return std::nullopt;
}

template <class E>
E about(const RequestId& id, const ClientId& client, const Context& context,
        schema::Outcome outcome, const Reason* reason = nullptr) {
    auto event = draft<E>(context, outcome, reason);
    event.mutable_leaf()->set_client_id(client.to_bytes());
    event.mutable_link()->set_request_id(id.to_bytes());
    return event;
}

Decision decide(const State& state, const AskSignature& command, const Context& context) {
    const schema::SignatureSubject& subject = command.subject.reveal();
    CHOPMARK_TRY(check_document(command.kind, subject));
    CHOPMARK_ASSIGN(const Admission admission, admit(state, command.head, scope::sign, context));
    if (state.account.grade != schema::SIGN) {
        return signature_grade_too_low;
    }
    CHOPMARK_ASSIGN(auto mismatch, judge_card(state, command.head, command.card, context));
    if (mismatch) {
        return *std::move(mismatch);
    }
    auto event = about<schema::SignatureAsked>(command.head.request, command.head.client, context,
                                               schema::DONE);
    auto& leaf = *event.mutable_leaf();
    leaf.set_kind(command.kind);
    leaf.set_documents(1);
    leaf.set_algorithm(subject.algorithm());
    put_request(event, command.head, admission, command.delivery.reveal());
    *event.mutable_personal()->mutable_subject() = subject;
    return schema::Event(std::move(event));
}

// ---- answering
// -----------------------------------------------------------------------------------

/// The signature is over what was asked, by the certificate that is good now, made lately.
Result<void> check_evidence(const State& state, const schema::SignatureSubject& subject,
                            const SignatureEvidence& evidence, const Context& context) {
    CHOPMARK_TRY(check_certificate(state, context.stamp.recorded_at));
    CHOPMARK_TRY(check_age(evidence.signed_at, context));
    if (evidence.certificate_serial != state.certificate.serial ||
        evidence.document_digest != subject.document_digest() ||
        evidence.algorithm != subject.algorithm()) {
        return evidence_stale;
    }
    return {};
}

schema::SignatureMade made(const ApproveSignature& command, const Request& request,
                           const schema::SignatureAsked& asked, const Context& context) {
    const SignatureEvidence& evidence = command.evidence;
    auto event =
        about<schema::SignatureMade>(command.request, request.client, context, schema::DONE);
    event.mutable_leaf()->set_kind(asked.leaf().kind());
    put_claims(*event.mutable_leaf(), command.claims);
    testify(event, command.proof, context);
    event.mutable_link()->set_certificate_serial(evidence.certificate_serial);
    *event.mutable_link()->mutable_phone() = command.phone;
    auto& personal = *event.mutable_personal();
    personal.set_document_digest(evidence.document_digest);
    personal.set_algorithm(evidence.algorithm);
    personal.set_signature(evidence.signature.reveal());
    personal.set_signed_at_us(evidence.signed_at.micros());
    personal.set_certificate_digest(evidence.certificate_digest.to_bytes());
    personal.set_chain_digest(evidence.chain_digest.to_bytes());
    personal.set_crl_number(evidence.crl_number);
    *personal.mutable_step_up() = to_schema(command.checks);
    return event;
}

Decision decide(const State& state, const ApproveSignature& command, const Context& context) {
    return decide_approval(
        state, {command.request, RequestSubject::signature, command.proof, command.checks}, context,
        [&](const Request& request, const schema::SignatureAsked& asked) -> Decision {
            CHOPMARK_TRY(
                check_evidence(state, asked.personal().subject(), command.evidence, context));
            return schema::Event(made(command, request, asked, context));
        });
}

Decision decide(const State& state, const RefuseSignature& command, const Context& context) {
    const Instant now = context.stamp.recorded_at;
    CHOPMARK_TRY(check_active(state));
    CHOPMARK_TRY(check_proof(state, command.proof, now));
    const auto at = state.requests.requests.find(command.request);
    const bool bulk =
        at != state.requests.requests.end() && at->second.subject == RequestSubject::bulk;
    CHOPMARK_ASSIGN(
        const Request* request,
        find_open(state, command.request, bulk ? RequestSubject::bulk : RequestSubject::signature));
    if (request->is_due(now)) {
        return expired(command.request, *request, context);
    }
    auto event = about<schema::SignatureRefused>(command.request, request->client, context,
                                                 schema::REFUSED, &signature_declined);
    event.mutable_link()->set_device_id(command.proof.device.to_bytes());
    return schema::Event(std::move(event));
}

Decision decide(const State& state, const AcknowledgeSignature& command, const Context& context) {
    if (command.result != schema::SIGNING_RESULT_ACCEPTED &&
        command.result != schema::SIGNING_RESULT_REJECTED &&
        command.result != schema::SIGNING_RESULT_NOTHING_RECEIVED) {
        return signature_result_unknown;
    }
    const auto& requests = state.requests.requests;
    const auto at = std::find_if(requests.begin(), requests.end(), [&](const auto& entry) {
        return entry.second.subject == command.subject && entry.second.client == command.client &&
               entry.second.business_id == command.business_id;
    });
    if (at == requests.end()) {
        return request_unknown;
    }
    const Request& request = at->second;
    const bool nothing = command.result == schema::SIGNING_RESULT_NOTHING_RECEIVED;
    if (request.open() || request.being_signed() ||
        (request.answer != Answer::granted && !nothing)) {
        return signature_not_made;
    }
    if (request.acknowledged) {
        return signature_already_acknowledged;
    }
    auto event =
        about<schema::SignatureAcknowledged>(at->first, request.client, context, schema::DONE);
    event.mutable_leaf()->set_result(command.result);
    return schema::Event(std::move(event));
}

std::vector<EventId> sources_of(const State& state, const ApproveSignature& command) {
    const auto at = state.requests.requests.find(command.request);
    return at == state.requests.requests.end() ? std::vector<EventId>()
                                               : std::vector{at->second.asked};
}
std::vector<EventId> sources_of(const State&, const AskSignature&) { return {}; }
std::vector<EventId> sources_of(const State&, const RefuseSignature&) { return {}; }
std::vector<EventId> sources_of(const State&, const AcknowledgeSignature&) { return {}; }

}  // namespace

std::string identification_code(std::initializer_list<ByteView> parts) {
    const auto inner = crypto::sha512(parts);
    const auto outer = crypto::md5({view(inner)});
    std::string code;
    for (const std::size_t at : {0U, 4U, 8U, 12U}) {
        code.push_back(static_cast<char>('0' + (outer[at] >> 4) % 10));
    }
    return code;
}

Result<void> check_document(schema::SignatureKind kind, const schema::SignatureSubject& subject) {
    const std::string_view algorithm = subject.algorithm();
    const std::size_t size = subject.document_digest().size();
    if (kind != schema::SIGNATURE_KIND_HASH && kind != schema::SIGNATURE_KIND_PDF) {
        return signature_kind_unknown;
    }
    const bool bare = algorithm == none_with_rsa && kind == schema::SIGNATURE_KIND_HASH;
    if (algorithm != sha256_with_rsa && !bare) {
        return signature_algorithm_unknown;
    }
    if (bare ? size == 0 || size > longest_bare_input : size != sha256_bytes) {
        return signature_digest_malformed;
    }
    return check_step_up_asked(subject);
}

Result<void> check_step_up_asked(const schema::SignatureSubject& subject) {
    const bool good = methods_of(subject.step_up_method()).has_value() &&
                      subject.step_up_period_hours() <= longest_step_up_hours;
    return good ? Result<void>() : signature_step_up_malformed;
}

Result<std::optional<schema::Event>> judge_card(const State& state, const RequestHead& head,
                                                const std::optional<CardVerdict>& card,
                                                const Context& context) {
    if (card && card->identity_source != state.account.card_source) {
        return evidence_stale;
    }
    if (!card || card->matches) {
        return std::optional<schema::Event>();
    }
    const std::uint32_t quota = control::policy(context.control).card_mismatches_per_hour;
    if (!state.signatures.card_mismatches.has_room(head.client, quota, context.stamp.recorded_at)) {
        return signature_hkic_mismatch;
    }
    return std::optional<schema::Event>(about<schema::SignatureRefused>(
        head.request, head.client, context, schema::REFUSED, &signature_hkic_mismatch));
}

Result<void> check_demanded(const State& state, const schema::SignatureSubject& subject,
                            const StepUpChecks& checks, const Context& context) {
    const auto methods = methods_of(subject.step_up_method());
    if (!methods) {
        return step_up_required;
    }
    const auto period = std::chrono::hours(subject.step_up_period_hours());
    const bool grown_up =
        period.count() != 0 && context.stamp.recorded_at >= state.account.registered_at + period;
    return grown_up ? Result<void>() : check_step_up(state, *methods, checks, context);
}

Decision decide_approval(const State& state, const Approval& approval, const Context& context,
                         const Approve& approve) {
    const Instant now = context.stamp.recorded_at;
    const bool bulk = approval.subject == RequestSubject::bulk;
    CHOPMARK_TRY(check_active(state));
    CHOPMARK_TRY(check_proof(state, approval.proof, now));
    CHOPMARK_ASSIGN(const Request* request, find_open(state, approval.request, approval.subject));
    if (request->is_due(now)) {
        return expired(approval.request, *request, context);
    }
    CHOPMARK_TRY(active_party(context, request->client,
                              {std::string(bulk ? scope::bulk_sign : scope::sign)}));
    if (state.account.grade != schema::SIGN) {
        return signature_grade_too_low;
    }
    CHOPMARK_TRY(check_may_sign(state, approval.proof.device, context));
    const auto* asked = context.opened.find<schema::SignatureAsked>(request->asked);
    if (asked == nullptr) {
        return evidence_stale;
    }
    const schema::SignatureSubject& subject = asked->personal().subject();
    if (subject.text_digest() != approval.proof.text_digest.bytes()) {
        return signature_text_mismatch;
    }
    CHOPMARK_TRY(check_demanded(state, subject, approval.checks, context));
    return approve(*request, *asked);
}

Decision decide(const State& state, const SignatureCommand& command, const Context& context) {
    return std::visit([&](const auto& one) { return decide(state, one, context); }, command);
}

std::vector<EventId> sources(const State& state, const SignatureCommand& command) {
    return std::visit([&](const auto& one) { return sources_of(state, one); }, command);
}

void evolve(SignatureState& state, const schema::SignatureRefused& event,
            const record::Stamp& stamp) {
    if (event.leaf().head().reason() == signature_hkic_mismatch.name) {
        state.card_mismatches.count(
            ClientId::from_bytes(event.leaf().client_id()).value_or(ClientId()), stamp.recorded_at);
    }
}

void evolve(SignatureState& state, const schema::SubjectErased&, const record::Stamp&) {
    state = {};
}

}  // namespace chopmark::citizen
