// Requests of relying parties that a citizen answers on the phone: consents to form filling,
// signatures, step-ups. This noun is what they have in common, from asking to the settled callback:
// who may ask, businessIDs used once, time-outs, what is outstanding. What is asked and answered is
// in consent.h, signature.h, bulk.h and step_up.h.
//
// One decider at any moment: the citizen's slot. It alone says when a request is over time: any
// command that meets a due request becomes the time-out event itself (design-notes A17). An answer
// stays known for a day, because callbacks, results and acknowledgements come after it. businessIDs
// are remembered for 30 days, the oldest of too many going first.
//
// Values needed only until the callback is settled – addresses, state, names, text – ride in the
// InnerBox of the asking event: decide puts the plain *Delivery message into InnerBox.box and
// leaves period and key_commitment unset; the vault seals it under class `delivery` (design 5).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "aggregates/citizen/token.h"
#include "aggregates/decision.h"
#include "aggregates/follow_up.h"
#include "events/schema/account.pb.h"
#include "events/schema/consent.pb.h"
#include "events/schema/login.pb.h"
#include "events/schema/privacy.pb.h"
#include "events/schema/signature.pb.h"

namespace chopmark::control {
struct RelyingParty;
}

namespace chopmark::citizen {

struct State;

/// Keyed digest of (client, businessID), made by the gateway.
using BusinessIdToken = OpaqueId<struct BusinessIdTokenTag, 32>;

// ---- state
// ---------------------------------------------------------------------------------------

enum class RequestSubject : std::uint8_t { consent = 1, signature = 2, step_up = 3, bulk = 4 };

enum class Answer : std::uint8_t {
    none = 0,
    granted = 1,
    refused = 2,
    expired = 3,
    withdrawn = 4,  // granted, then taken back
    ended = 5,      // the account was closed
    cancelled = 6,  // by the relying party, before the citizen answered
    failed = 7,     // granted, but what was promised could not be done
};

/// Of a bulk request: some of its documents, in one record each before and after they are signed.
struct BulkPart {
    EventId listed;  // holds names and digests
    EventId made;    // holds the signatures; zero: not signed yet
    std::uint32_t documents = 0;

    static void fields(auto& archive, BulkPart& row) {
        archive(row.listed, row.made, row.documents);
    }
    friend bool operator==(const BulkPart&, const BulkPart&) = default;
};

/// How far a bulk request has come; parts are listed and signed in their order.
struct BulkProgress {
    std::uint32_t documents = 0;  // zero: the request is none
    std::uint32_t parts_asked = 0;
    std::vector<BulkPart> parts;  // as listed
    Bytes certificate_serial;     // of the approval

    [[nodiscard]] bool listed() const { return parts.size() == parts_asked; }
    /// From 0; the number of parts when none is left.
    [[nodiscard]] std::size_t next_unsigned() const;

    static void fields(auto& archive, BulkProgress& row) {
        archive(row.documents, row.parts_asked, row.parts, row.certificate_serial);
    }
    friend bool operator==(const BulkProgress&, const BulkProgress&) = default;
};

struct Request {
    RequestSubject subject = RequestSubject::consent;
    ClientId client;
    BusinessIdToken business_id;
    EventId asked;  // holds what was asked and the delivery values
    Instant due;
    bool anonymous = false;                // answered by getResult; only bulk by callbacks too
    std::vector<std::string> field_names;  // asked for, of a consent
    Answer answer = Answer::none;
    EventId answered;
    Instant answered_at;
    bool settled = false;       // callback delivered or given up
    bool acknowledged = false;  // SR00x
    BulkProgress bulk;

    [[nodiscard]] bool open() const { return answer == Answer::none; }
    [[nodiscard]] bool is_due(Instant now) const { return due <= now; }
    /// Approved as bulk, and some of its documents are not signed yet.
    [[nodiscard]] bool being_signed() const {
        return answer == Answer::granted && bulk.next_unsigned() != bulk.parts.size();
    }
    [[nodiscard]] bool called_back() const { return !anonymous || subject == RequestSubject::bulk; }
    [[nodiscard]] bool callback_outstanding() const {
        return !open() && !being_signed() && called_back() && !settled;
    }

    static void fields(auto& archive, Request& row) {
        archive(row.subject, row.client, row.business_id, row.asked, row.due, row.anonymous,
                row.field_names, row.answer, row.answered, row.answered_at, row.settled,
                row.acknowledged, row.bulk);
    }
    friend bool operator==(const Request&, const Request&) = default;
};

struct RequestState {
    std::map<RequestId, Request> requests;            // limits::kept_requests
    std::map<BusinessIdToken, Instant> business_ids;  // limits::business_ids, oldest goes

    static void fields(auto& archive, RequestState& row) {
        archive(row.requests, row.business_ids);
    }
    friend bool operator==(const RequestState&, const RequestState&) = default;
};

// ---- commands
// ------------------------------------------------------------------------------------

/// Asked with an access token.
struct ByToken {
    EventId redeemed;
    bool pushed = false;  // to the app, for want of a ticket on the same device
};

/// Asked anonymously and claimed by this citizen: the follow-up of RequestClaimed.
struct ByClaim {
    Instant due;  // as the slot of the request had it
};

/// What every asking command begins with.
struct RequestHead {
    RequestId request;  // drawn; of a claim: the claimed one's
    ClientId client;
    BusinessIdToken business_id;
    std::variant<ByToken, ByClaim> origin;
    Digest state_digest;
    Digest redirect_uri_digest;
};

/// The sweep's. Of any subject.
struct ExpireRequest {
    RequestId request;
};

/// The follow-up "callback": what became of it.
struct SettleCallback {
    RequestId request;
    bool delivered = false;  // otherwise given up
    std::uint32_t attempts = 0;
    std::uint32_t last_status = 0;  // HTTP; 0 without an answer
};

using RequestCommand = std::variant<ExpireRequest, SettleCallback>;

// ---- refusals
// ------------------------------------------------------------------------------------

inline constexpr Reason scope_not_approved{"relying_party.scope_not_approved", Kind::forbidden};
/// The relying party may ask for it, but this token was not granted it.
inline constexpr Reason scope_not_granted{"token.scope_not_granted", Kind::forbidden};
inline constexpr Reason request_id_used{"request.id_used", Kind::conflict};
inline constexpr Reason business_id_used{"request.business_id_used", Kind::conflict};
inline constexpr Reason request_too_many{"request.too_many", Kind::busy};
inline constexpr Reason request_unknown{"request.unknown", Kind::not_found};
inline constexpr Reason request_already_answered{"request.already_answered", Kind::conflict};
inline constexpr Reason request_not_due{"request.not_due", Kind::conflict};
inline constexpr Reason request_not_answered{"request.not_answered", Kind::conflict};
inline constexpr Reason callback_already_settled{"request.callback_already_settled",
                                                 Kind::conflict};
/// Of the time-out events, in the head of the leaf; and of a claim brought too late.
inline constexpr Reason request_expired{"request.expired", Kind::expired};

// ---- what consent, signature and step-up share
// ---------------------------------------------------

/// The relying party, if it is active and control has approved it for all of `scopes`:
/// relying_party.not_active, relying_party.scope_not_approved.
Result<const control::RelyingParty*> active_party(const Context& context, const ClientId& client,
                                                  const std::vector<std::string>& scopes);

struct Admission {
    RequestId login;  // of the token; zero for an anonymous request
    Instant due;
    bool pushed = false;
};

/// Whether this relying party may put a request under `scope` to this citizen now.
Result<Admission> admit(const State& state, const RequestHead& head, std::string_view scope,
                        const Context& context);

/// A request that can still be answered, due or not: request.unknown, request.already_answered.
Result<const Request*> find_open(const State& state, const RequestId& id, RequestSubject subject);

/// The time-out event of an open request.
schema::Event expired(const RequestId& id, const Request& request, const Context& context);

// ---- deciding
// ------------------------------------------------------------------------------------

Decision decide(const State& state, const RequestCommand& command, const Context& context);
std::vector<EventId> sources(const State& state, const RequestCommand& command);

void evolve(RequestState& state, const schema::ConsentAsked& event, const record::Stamp& stamp);
void evolve(RequestState& state, const schema::ConsentGranted& event, const record::Stamp& stamp);
void evolve(RequestState& state, const schema::ConsentRefused& event, const record::Stamp& stamp);
void evolve(RequestState& state, const schema::ConsentExpired& event, const record::Stamp& stamp);
void evolve(RequestState& state, const schema::ConsentWithdrawn& event, const record::Stamp& stamp);
void evolve(RequestState& state, const schema::SignatureAsked& event, const record::Stamp& stamp);
void evolve(RequestState& state, const schema::SignatureMade& event, const record::Stamp& stamp);
void evolve(RequestState& state, const schema::SignatureRefused& event, const record::Stamp& stamp);
void evolve(RequestState& state, const schema::SignatureExpired& event, const record::Stamp& stamp);
void evolve(RequestState& state, const schema::SignatureAcknowledged& event,
            const record::Stamp& stamp);
void evolve(RequestState& state, const schema::BulkListed& event, const record::Stamp& stamp);
void evolve(RequestState& state, const schema::BulkApproved& event, const record::Stamp& stamp);
void evolve(RequestState& state, const schema::BulkSigned& event, const record::Stamp& stamp);
void evolve(RequestState& state, const schema::BulkCancelled& event, const record::Stamp& stamp);
void evolve(RequestState& state, const schema::BulkFailed& event, const record::Stamp& stamp);
void evolve(RequestState& state, const schema::StepUpAsked& event, const record::Stamp& stamp);
void evolve(RequestState& state, const schema::StepUpPassed& event, const record::Stamp& stamp);
void evolve(RequestState& state, const schema::StepUpRefused& event, const record::Stamp& stamp);
void evolve(RequestState& state, const schema::StepUpExpired& event, const record::Stamp& stamp);
void evolve(RequestState& state, const schema::CallbackSettled& event, const record::Stamp& stamp);
/// Open requests end; their relying parties are told by the callback.
void evolve(RequestState& state, const schema::AccountClosed& event, const record::Stamp& stamp);
void evolve(RequestState& state, const schema::SubjectErased& event, const record::Stamp& stamp);

/// When the next request is due, and the commands for all that are.
std::optional<Instant> next_due(const RequestState& state);
std::vector<RequestCommand> due(const RequestState& state, Instant now);

inline constexpr std::string_view callback = "callback";
inline constexpr std::string_view bulk_signing = "bulk_signing";
/// One for each request that is answered and not settled yet. Its cause is the event that asked:
/// closing an account answers several at once. One for each bulk request with parts to be signed;
/// its cause is the approval.
std::vector<FollowUp> outstanding(const RequestState& state);

/// The request of a follow-up's cause, while it is kept.
std::optional<RequestId> request_asked_by(const RequestState& state, const EventId& asked);

/// The same by the event that answered it.
std::optional<RequestId> request_answered_by(const RequestState& state, const EventId& answered);

/// Parts of all bulk requests that are kept at `now`.
std::size_t bulk_parts(const RequestState& state, Instant now);

/// Whether one more fits once what is over at `now` is forgotten.
bool has_room(const RequestState& state, Instant now);

}  // namespace chopmark::citizen
