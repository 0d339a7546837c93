// Requests without a token (design-notes A4): signed by the relying party, so they may be durable,
// but whose they are is not known yet. They live in slot(client id ‖ businessID), where businessIDs
// are used once, until a citizen claims them: RequestClaimed ends this slot's authority, time-outs
// included, and its follow-up opens the request in the citizen's slot under the same id.
//
// A request that names its signer by card is claimed only by that person. The pool compares the
// hash in memory with the claimer's identity and brings the verdict; a mismatch ends the request,
// so that nobody can try cards on it.
//
// The documents of a bulk request (bulk.h) are listed here part by part, as they will be in the
// citizen's slot. Until the last part is there nobody can claim it, so a gateway that dies in
// between leaves a request that times out. RequestClaimed names the records of its parts.
#pragma once

#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "aggregates/citizen/request.h"
#include "events/core/sensitive.h"

namespace chopmark::citizen {

// ---- state
// ---------------------------------------------------------------------------------------

enum class Claim : std::uint8_t {
    none = 0,
    claimed = 1,
    expired = 2,
    refused = 3,  // by somebody it was not meant for
};

struct AnonymousRequest {
    ClientId client;
    BusinessIdToken business_id;
    schema::RequestKind kind = schema::REQUEST_KIND_UNSPECIFIED;
    EventId opened;  // holds the content
    Instant opened_at;
    Instant due;
    Claim claim = Claim::none;
    EventId claimed;  // cause of the follow-up
    Instant claimed_at;
    AccountId claimer;
    BulkProgress bulk;  // until it is finished

    static void fields(auto& archive, AnonymousRequest& row) {
        archive(row.client, row.business_id, row.kind, row.opened, row.opened_at, row.due,
                row.claim, row.claimed, row.claimed_at, row.claimer, row.bulk);
    }
    friend bool operator==(const AnonymousRequest&, const AnonymousRequest&) = default;
};

/// Parts that are asked for by all requests of a slot that nobody has claimed; then
/// request.too_many.
inline constexpr std::size_t slot_bulk_parts = 1024;

/// Of one slot: limits::slot_requests. What is finished is remembered for the sake of its
/// businessID for limits::business_id_memory; of too many the oldest finished one goes first.
struct SlotRequests {
    std::map<RequestId, AnonymousRequest> requests;

    static void fields(auto& archive, SlotRequests& row) { archive(row.requests); }
    friend bool operator==(const SlotRequests&, const SlotRequests&) = default;
};

// ---- commands
// ------------------------------------------------------------------------------------

struct FormFillingContent {
    std::vector<std::string> field_names;
    schema::ConsentDelivery delivery;
};

struct SigningContent {
    schema::SignatureKind kind = schema::SIGNATURE_KIND_UNSPECIFIED;
    schema::SignatureSubject subject;
    schema::SignatureDelivery delivery;
    Bytes card_token;             // keyed, of the HKICHash, which itself is never recorded
    std::uint32_t documents = 0;  // this and the next of bulk only
    std::uint32_t parts = 0;
};

struct OpenRequest {
    RequestId request;  // drawn
    ClientId client;
    BusinessIdToken business_id;
    Sensitive<std::variant<FormFillingContent, SigningContent>> content;
};

/// Of a bulk request, one part after the other.
struct ListRequest {
    RequestId request;
    ClientId client;
    std::uint32_t part = 0;  // from 1
    Sensitive<std::vector<schema::BulkDocument>> documents;
};

/// A scan: authenticated by the app session's MAC.
struct ClaimRequest {
    RequestId request;
    AccountId claimer;
    /// Whether the claimer holds the card that the request names; nothing if it names none.
    std::optional<bool> card_matches;
};

struct ExpireOpenRequest {
    RequestId request;
};

using AnonymousCommand = std::variant<OpenRequest, ClaimRequest, ExpireOpenRequest, ListRequest>;

// ---- refusals
// ------------------------------------------------------------------------------------

inline constexpr Reason request_already_claimed{"request.already_claimed", Kind::conflict};
/// A signature without a token has to name its signer.
inline constexpr Reason request_card_missing{"request.card_missing", Kind::invalid};

// ---- deciding
// ------------------------------------------------------------------------------------

/// On SlotRequests of context.slot; such a request belongs to no citizen yet.
Decision decide(const State& state, const AnonymousCommand& command, const Context& context);
std::vector<EventId> sources(const State& state, const AnonymousCommand& command);

void evolve(SlotRequests& state, const schema::RequestOpened& event, const record::Stamp& stamp);
void evolve(SlotRequests& state, const schema::RequestListed& event, const record::Stamp& stamp);
void evolve(SlotRequests& state, const schema::RequestClaimed& event, const record::Stamp& stamp);
void evolve(SlotRequests& state, const schema::RequestExpired& event, const record::Stamp& stamp);

std::optional<Instant> next_due(const SlotRequests& state);
std::vector<AnonymousCommand> due(const SlotRequests& state, Instant now);

inline constexpr std::string_view open_claimed = "open";
/// One for each RequestClaimed of the last limits::claim_grace: to be opened in the slot of its
/// claimer, which shows that it is by refusing a second opening with request.id_used.
std::vector<FollowUp> outstanding(const SlotRequests& state, Instant now);
/// The request of a follow-up's cause.
const std::pair<const RequestId, AnonymousRequest>* request_claimed_by(const SlotRequests& state,
                                                                       const EventId& claimed);

}  // namespace chopmark::citizen
