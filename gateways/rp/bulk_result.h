// What a relying party is sent of a bulk request that is signed: its signatures in callbacks of at
// most `maxCallbackSigs`, numbered from 1, each of them metadata and a file of signatures
// (facts/iamsmart-api.md 6.3). Read anew each time from the records that list the documents and
// hold the signatures. Opens two records for each part, so it belongs in the pool.
//
//   metadata  = {businessID, state, callbackSeq, callbackTotal, documentTotal, sigAlgo, timestamp,
//               cert}
//   signatures = {"signatures": [{documentID, hashCode, signature}]}
#pragma once

#include "gateways/rp/request_result.h"

namespace chopmark::rp {

/// None or all of them are signed, and there is no callback of that number.
inline constexpr Reason no_such_callback{"rp.no_such_callback", Kind::not_found};

/// How a request stands: SS001 to SS005.
std::string_view bulk_status(const citizen::Request& request);

struct BulkResult {
    nlohmann::ordered_json metadata;
    nlohmann::ordered_json signatures;
    std::uint32_t callbacks = 0;  // of the whole request
};

/// Of a granted bulk request whose parts are all signed; `sequence` from 1. `certificate` is the
/// record of the account's. rp.no_such_callback, rp.certificate_gone, and the errors of opening.
Result<BulkResult> bulk_result(const Ports& ports, const EventId& certificate,
                               const citizen::Request& request, const AskedDelivery& delivery,
                               std::uint32_t sequence);

}  // namespace chopmark::rp
