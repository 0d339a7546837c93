// The citizen's answers to what online services ask: consents granted, refused and withdrawn,
// step-ups passed and refused, signatures refused. Approving a signature is signing.h's.
#pragma once

#include "aggregates/citizen/request.h"
#include "gateways/app/signed_call.h"

namespace chopmark::app {

/// `context` must outlive the rows.
std::vector<http::Route> request_routes(const AppContext& context);

/// Member `request`, with `client` being who asked: app.text_mismatch when the account's state says
/// otherwise, request.unknown.
Result<RequestId> answered_request(const SignedCall& call);

}  // namespace chopmark::app
