// Digital signatures: a relying party asks for one over a digest or a PDF's byte range, the citizen
// approves it on the phone. Approval and signature are one record, SignatureMade: the key port
// signs in the pool before the decision, and the command brings the signature with what it rests on
// – the digest, the certificate, the list that said it was good. decide compares all of it with the
// state; a signature that is refused here has left nowhere. Only grade `sign`, never a device in
// its cooling-off (Cap. 553 wants the certificate's state at that very time on record: section 11
// of the facts).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "aggregates/citizen/authority.h"
#include "aggregates/citizen/quota.h"
#include "aggregates/citizen/request.h"
#include "aggregates/citizen/step_up_checks.h"
#include "events/core/sensitive.h"

namespace chopmark::citizen {

/// Four digits that page and phone both show, so that the citizen can compare them (facts 6.3,
/// certainty C): of MD5(SHA-512(parts)) the high nibbles of bytes 0, 4, 8 and 12, each modulo 10.
/// Parts: digest, open id; of an anonymous request digest, HKICHash, client id.
std::string identification_code(std::initializer_list<ByteView> parts);

// SignatureSubject.step_up_method, as asked: the canonical spelling of the wire's expression. It is
// demanded while the account is younger than step_up_period_hours; zero: always.
inline constexpr std::string_view step_up_face = "FR";
inline constexpr std::string_view step_up_chip = "NFC";
inline constexpr std::string_view step_up_face_and_chip = "FR+NFC";

// ---- state
// ---------------------------------------------------------------------------------------

struct SignatureState {
    HourlyQuota card_mismatches;  // SignatureRefused recorded, by client

    static void fields(auto& archive, SignatureState& row) { archive(row.card_mismatches); }
    friend bool operator==(const SignatureState&, const SignatureState&) = default;
};

// ---- commands
// ------------------------------------------------------------------------------------

/// The HKICHash of a request against the citizen's card, compared in memory and dropped
/// (design-notes D3).
struct CardVerdict {
    bool matches = false;
    EventId identity_source;  // the record whose personal layer it was compared with
};

struct AskSignature {
    RequestHead head;
    schema::SignatureKind kind = schema::SIGNATURE_KIND_UNSPECIFIED;
    Sensitive<schema::SignatureSubject> subject;  // the leaf names its algorithm
    std::optional<CardVerdict> card;              // nothing: the request names no card
    Sensitive<schema::SignatureDelivery> delivery;
};

/// What the key port made, and what it rests on.
struct SignatureEvidence {
    Bytes document_digest;
    std::string algorithm;
    Sensitive<Bytes> signature;  // PKCS#1, or the whole PKCS#7 for a PDF
    Instant signed_at;
    Bytes certificate_serial;
    Digest certificate_digest;
    Digest chain_digest;
    std::uint64_t crl_number = 0;
};

struct ApproveSignature {
    RequestId request;
    DeviceProof proof;
    SignatureEvidence evidence;
    StepUpChecks checks;
    schema::Endpoint phone;
    Digest claims;
};

/// Of bulk as well.
struct RefuseSignature {
    RequestId request;
    DeviceProof proof;
};

/// ackResult: what the relying party made of it.
struct AcknowledgeSignature {
    ClientId client;
    BusinessIdToken business_id;
    schema::SigningResult result = schema::SIGNING_RESULT_UNSPECIFIED;
    RequestSubject subject = RequestSubject::signature;  // or bulk
};

using SignatureCommand =
    std::variant<AskSignature, ApproveSignature, RefuseSignature, AcknowledgeSignature>;

// ---- refusals
// ------------------------------------------------------------------------------------

inline constexpr Reason signature_kind_unknown{"signature.kind_unknown", Kind::invalid};
inline constexpr Reason signature_algorithm_unknown{"signature.algorithm_unknown", Kind::invalid};
inline constexpr Reason signature_digest_malformed{"signature.digest_malformed", Kind::invalid};
inline constexpr Reason signature_step_up_malformed{"signature.step_up_malformed", Kind::invalid};
inline constexpr Reason signature_grade_too_low{"signature.grade_too_low", Kind::refused};
/// Of SignatureRefused while the hour's quota lasts, then of the refusal.
inline constexpr Reason signature_hkic_mismatch{"signature.hkic_mismatch", Kind::refused};
inline constexpr Reason signature_text_mismatch{"signature.text_mismatch", Kind::refused};
inline constexpr Reason signature_result_unknown{"signature.result_unknown", Kind::invalid};
inline constexpr Reason signature_not_made{"signature.not_made", Kind::conflict};
inline constexpr Reason signature_already_acknowledged{"signature.already_acknowledged",
                                                       Kind::conflict};
/// Of SignatureRefused, in the head of the leaf.
inline constexpr Reason signature_declined{"signature.declined", Kind::refused};

/// signature.kind_unknown, signature.algorithm_unknown, signature.digest_malformed,
/// signature.step_up_malformed.
Result<void> check_document(schema::SignatureKind kind, const schema::SignatureSubject& subject);

// ---- what bulk shares
// ------------------------------------------------------------------------------

/// signature.step_up_malformed.
Result<void> check_step_up_asked(const schema::SignatureSubject& subject);

/// Nothing when the request names no card or the citizen's; else the record of whom it did not
/// mean, while the relying party's quota lasts. signature.hkic_mismatch, evidence.stale.
Result<std::optional<schema::Event>> judge_card(const State& state, const RequestHead& head,
                                                const std::optional<CardVerdict>& card,
                                                const Context& context);

/// A relying party may ask for more while the account is young; a period of zero is for ever.
/// step_up.required and what checking says.
Result<void> check_demanded(const State& state, const schema::SignatureSubject& subject,
                            const StepUpChecks& checks, const Context& context);

struct Approval {
    const RequestId& request;
    RequestSubject subject;  // signature or bulk
    const DeviceProof& proof;
    const StepUpChecks& checks;
};
using Approve = std::function<Decision(const Request&, const schema::SignatureAsked&)>;

/// What every approval is held against: citizen, device, relying party, what was shown and what was
/// demanded. The time-out event of a request that is due; else what `approve` decides at once.
Decision decide_approval(const State& state, const Approval& approval, const Context& context,
                         const Approve& approve);

// ---- deciding
// ------------------------------------------------------------------------------------

Decision decide(const State& state, const SignatureCommand& command, const Context& context);
std::vector<EventId> sources(const State& state, const SignatureCommand& command);

void evolve(SignatureState& state, const schema::SignatureRefused& event,
            const record::Stamp& stamp);
void evolve(SignatureState& state, const schema::SubjectErased& event, const record::Stamp& stamp);

}  // namespace chopmark::citizen
