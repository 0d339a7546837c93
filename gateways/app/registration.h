// Registering with the phone, by photograph or by the card's chip, and raising an account to grade
// `sign` with the chip. The pool asks register and matcher and checks the chip, the executor
// judges. Images stay in memory for the length of the call.
#pragma once

#include "gateways/app/app_ports.h"
#include "gateways/http/route.h"

namespace chopmark::app {

/// `context` must outlive the rows.
std::vector<http::Route> registration_routes(const AppContext& context);

/// A new account id of that slot.
AccountId draw_account(Slot slot, Entropy& entropy);
/// "default" or "sign".
std::string_view grade_name(schema::Grade grade);

}  // namespace chopmark::app
