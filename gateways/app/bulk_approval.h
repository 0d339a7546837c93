// Approving a bulk request, and looking at what it has signed. The phone shows the names of the
// documents page by page and signs one text with the root of the tree over their digests; the pool
// opens the records that list them and hashes them anew, so that what is approved is what was
// listed. The signatures themselves are made afterwards, part by part (ops/bulk_signing.h).
#pragma once

#include "aggregates/citizen/bulk.h"
#include "gateways/app/app_ports.h"
#include "gateways/app/signed_call.h"

namespace chopmark::app {

/// Of a call whose request is a bulk one. In the pool: it opens one record for each part.
/// app.text_mismatch, request.unknown, bulk.incomplete, and what opening and checking say.
Result<citizen::ApproveBulk> read_bulk_approval(const AppContext& context, const SignedCall& call);

/// GET of the documents of a bulk request of the citizen's, a page for each part; `context` must
/// outlive the row.
http::Route bulk_documents_row(const AppContext& context);

}  // namespace chopmark::app
