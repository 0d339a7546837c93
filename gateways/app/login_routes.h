// Logins as the phone sees them: a scanned QR or ticket is claimed, shown, and approved or refused
// with one signature; a login may begin in the app itself (one-tap) or in another one on the phone
// (app_link.h); what is scanned may be an anonymous request instead (request_claim.h), which is
// answered like any request. A citizen ends logins and says "this wasn't me". The code leaves only
// after LoginApproved was accepted, to the page through the login desk, or back to the phone where
// the login began.
#pragma once

#include "gateways/app/app_ports.h"
#include "gateways/http/route.h"

namespace chopmark::app {

/// SHA-256 of the text that the phone shows: "chopmark login\n" client_hex "\n" scopes joined by a
/// space "\n" login_hex.
Digest login_text_digest(const ClientId& client, const std::vector<std::string>& scopes,
                         const RequestId& login);
/// The login that a one-tap call begins: the first 16 bytes of its command id, so that the phone
/// can show and sign its text before anybody drew it.
RequestId one_tap_login(const CommandId& command);

/// `context` must outlive the rows.
std::vector<http::Route> login_routes(const AppContext& context);

}  // namespace chopmark::app
