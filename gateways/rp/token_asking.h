// What every initiateRequest under an access token begins with: whose token it is, and what the
// citizen's slot says of it. Safe from any thread.
#pragma once

#include "gateways/rp/person.h"
#include "gateways/rp/request_content.h"
#include "gateways/rp/signed_routes.h"

namespace chopmark::rp {

/// One initiateRequest from its token to its answer; the last four members are for
/// look_up_asking() to fill.
struct TokenAsking {
    RequestPtr request;
    AskHead head;
    Side side = Side::web;
    runtime::FoundEvent token{};
    citizen::BusinessIdToken business_id{};
    PersonSources person{};
    bool by_qr = false;  // the browser is on another device: the app is told by push
};

/// Runs `ask` in the pool when the token is good; else the reply has been given. In the pool.
void look_up_asking(Parts& parts, const std::shared_ptr<TokenAsking>& asking, Task ask);

}  // namespace chopmark::rp
