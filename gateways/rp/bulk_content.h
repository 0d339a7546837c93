// A request for bulk signing as a relying party sends it (facts/iamsmart-api.md 6.3): up to a
// thousand documents, each with an id, a name and a digest, under one department and service name.
// Lengths and alphabets are checked here, and that no document comes twice; meanings by the noun
// (aggregates/citizen/bulk.h). The names of the documents' members are ours, since the facts name
// none: documents[{documentID, documentName, hashCode}]. Pure.
#pragma once

#include "aggregates/citizen/bulk.h"
#include "gateways/rp/request_content.h"

namespace chopmark::rp {

/// Longest token on the wire.
inline constexpr std::size_t agreement_characters = 32;

/// Longest initiateRequest.
inline constexpr std::size_t bulk_request_bytes = 10 * 1024 * 1024;

/// Documents in the order of the request, parted as they are recorded.
using BulkParts = std::vector<std::vector<schema::BulkDocument>>;

struct BulkSigning {
    Signing frame;  // its digest is the root over those of the documents
    BulkParts parts;
    std::uint32_t documents = 0;
    std::uint32_t max_callback_signatures = citizen::most_bulk_documents;
    std::string agreement;  // bsqcToken; empty: none is named
};

/// rp.parameter_*.
Result<BulkSigning> read_bulk_signing(const service::Json& content);

/// What is to be signed, with the text that the phone shows.
schema::SignatureSubject subject_of(const AskHead& head, const BulkSigning& body,
                                    const std::string& identification_code);

}  // namespace chopmark::rp
