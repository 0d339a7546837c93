// A service's transactions, newest first, a page at a time: what was asked, how it was answered,
// with which code, and what became of the callback. Part of what a service sees of itself.
// businessID is told as long as the delivery values are there, to the end of the next day;
// transactionID is the event that asked, for good. Nothing else of a citizen is in it.
#pragma once

#include "gateways/rp/signed_routes.h"

namespace chopmark::rp {

http::Route transaction_list_route(Parts& parts);

}  // namespace chopmark::rp
