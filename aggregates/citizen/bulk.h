// Bulk signing: up to a thousand documents that a relying party has signed under one approval. A
// record holds no more than 64 KiB, so a request is several: SignatureAsked names their number and
// the root of the RFC 6962 tree over their digests, BulkListed brings names and digests part by
// part, BulkApproved is the citizen's one answer to the root, and BulkSigned holds the signatures
// over one part. Parts are listed and signed in their order. The signatures after the approval are
// owed (request.h, bulk_signing): whoever makes them reads from the state which part is next, so
// that a crash costs nothing and no part is signed twice.
//
// Every part is judged anew against the certificate of the approval; when that one is good no more,
// or after bulk_signing_life, BulkFailed ends the request. Refusing and acknowledging are
// signature.h's. Pure; see decision.h.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "aggregates/citizen/authority.h"
#include "aggregates/citizen/request.h"
#include "aggregates/citizen/signature.h"
#include "aggregates/citizen/step_up_checks.h"
#include "events/core/sensitive.h"

namespace chopmark::citizen {

inline constexpr std::uint32_t most_bulk_documents = 1000;
inline constexpr std::uint32_t bulk_part_documents = 100;
/// Of documents as Protobuf, in one part: a box is padded to a power of two.
inline constexpr std::size_t bulk_part_bytes = 28 * 1024;
inline constexpr std::uint32_t most_bulk_parts = 64;
inline constexpr std::size_t kept_bulk_parts = 256;  // of one citizen; then request.too_many
inline constexpr Duration bulk_signing_life = std::chrono::hours(24);  // after the approval

/// The root over the digests of documents, in their order (RFC 6962 section 2.1).
Digest bulk_root(const std::vector<schema::BulkDocument>& documents);
Digest bulk_root(const schema::BulkListed& listed);

// ---- commands
// ------------------------------------------------------------------------------------

struct AskBulk {
    RequestHead head;
    Sensitive<schema::SignatureSubject> subject;  // its digest is the root
    std::uint32_t documents = 0;
    std::uint32_t parts = 0;
    std::optional<CardVerdict> card;  // nothing: the request names no card
    EventId agreement;                // the BulkApproved of a BSQC token; zero: none was named
    Sensitive<schema::SignatureDelivery> delivery;
};

struct ListBulk {
    RequestId request;
    ClientId client;
    std::uint32_t part = 0;  // from 1
    Sensitive<std::vector<schema::BulkDocument>> documents;
};

struct ApproveBulk {
    RequestId request;
    DeviceProof proof;
    /// Over the documents in the records that it rests on: the pool opened and hashed them.
    Digest root;
    std::vector<EventId> listed;
    StepUpChecks checks;
    schema::Endpoint phone;
    Digest claims;
};

/// The follow-up "bulk_signing": one part.
struct SignBulkPart {
    RequestId request;
    std::uint32_t part = 0;  // from 1
    Digest part_root;
    Sensitive<std::vector<Bytes>> signatures;  // PKCS#1, in the order of the documents
    Instant signed_at;
    Bytes certificate_serial;
    Digest certificate_digest;
    Digest chain_digest;
    std::uint64_t crl_number = 0;
};

struct CancelBulk {
    ClientId client;
    BusinessIdToken business_id;
};

using BulkCommand = std::variant<AskBulk, ListBulk, ApproveBulk, SignBulkPart, CancelBulk>;

// ---- refusals
// ------------------------------------------------------------------------------------

inline constexpr Reason bulk_size_malformed{"bulk.size_malformed", Kind::invalid};
inline constexpr Reason bulk_part_malformed{"bulk.part_malformed", Kind::invalid};
inline constexpr Reason bulk_part_out_of_order{"bulk.part_out_of_order", Kind::conflict};
/// Not all of its documents are listed yet.
inline constexpr Reason bulk_incomplete{"bulk.incomplete", Kind::conflict};
inline constexpr Reason bulk_part_signed{"bulk.part_signed", Kind::conflict};
inline constexpr Reason bulk_not_pending{"bulk.not_pending", Kind::conflict};
/// Of BulkCancelled and BulkFailed, in the head of the leaf.
inline constexpr Reason bulk_cancelled{"bulk.cancelled", Kind::refused};
inline constexpr Reason bulk_certificate_changed{"bulk.certificate_changed", Kind::refused};
inline constexpr Reason bulk_overdue{"bulk.overdue", Kind::expired};

// ---- what anonymous requests share
// ----------------------------------------------------------------

/// signature.algorithm_unknown, signature.digest_malformed, signature.step_up_malformed,
/// bulk.size_malformed.
Result<void> check_bulk_asked(const schema::SignatureSubject& subject, std::uint32_t documents,
                              std::uint32_t parts);

/// Whether these may be listed next, as that part: bulk.part_malformed, bulk.part_out_of_order.
Result<void> check_listed(const BulkProgress& bulk, std::uint32_t part,
                          const std::vector<schema::BulkDocument>& documents);

// ---- deciding
// ------------------------------------------------------------------------------------

Decision decide(const State& state, const BulkCommand& command, const Context& context);
std::vector<EventId> sources(const State& state, const BulkCommand& command);

/// Why what is left of an approved request cannot be signed any more; void while it can.
Result<void> check_signable(const State& state, const Request& request, Instant now);

/// The newest request of that client under that businessID; null if none is kept.
const std::pair<const RequestId, Request>* find_bulk(const RequestState& state,
                                                     const ClientId& client,
                                                     const BusinessIdToken& business_id);

}  // namespace chopmark::citizen
