// What a relying party sees of itself, in calls of our own beside those of the wire: its standing,
// scopes, addresses and the dates of its keys; how many errors it got; its transactions, newest
// first (transaction_list.h); one of them by businessID, with its callback; and the callback sent
// once more. Signed like every other call. Transactions and callbacks come encrypted, the rest is
// about no citizen and comes in clear.
#pragma once

#include "gateways/rp/callback_desk.h"
#include "gateways/rp/signed_routes.h"

namespace chopmark::rp {

/// The desk must outlive the rows.
std::vector<http::Route> view_of_service_routes(Parts& parts, CallbackDesk& callbacks);

}  // namespace chopmark::rp
