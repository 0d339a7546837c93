// What a relying party sees of itself, in calls of our own beside those of the wire: its standing,
// scopes, addresses and the dates of its keys; how many errors it got; one of its transactions by
// businessID, with its callback; and the callback sent once more. Signed like every other call. A
// transaction and its callback come encrypted, the rest is about no citizen and comes in clear.
#pragma once

#include "gateways/rp/callback_sender.h"
#include "gateways/rp/signed_routes.h"

namespace chopmark::rp {

/// What sends a callback again; all must outlive the rows.
struct Replaying {
    const RpCallbacks& contents;
    const CallbackSender& sender;
    WorkPool& outside;  // whose threads may wait for others
};

std::vector<http::Route> view_of_service_routes(Parts& parts, const Replaying& replaying);

}  // namespace chopmark::rp
