// getQR, its CorpID variants, and the page's question for news (facts/iamsmart-api.md 5.1, 5.2;
// design-notes A4). getQR is unsigned and writes nothing but the desk's memory; what is wrong is
// told to the redirect address once that is known to be the relying party's, on a page of ours
// before. `parts` MUST outlive the rows.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gateways/rp/signed_routes.h"
#include "gateways/service/login_desk.h"

namespace chopmark::rp {

std::vector<http::Route> login_routes(Parts& parts);

/// What the browser takes back when a login is over: with code and state, or error_code and state;
/// of an anonymous request with businessID too, and the codes of what was asked for. A page of
/// CorpID's gets its second code beside the first: one that no register of companies stands behind,
/// so that whoever redeems it is told that it is not there.
using Outcome = std::vector<std::pair<std::string, std::string>>;
Outcome outcome_of(const service::LoginSettled& settled, Family family);
/// The address of `settled` with these parameters.
std::string redirect_of(const service::LoginSettled& settled, Family family);

}  // namespace chopmark::rp
