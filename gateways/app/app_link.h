// Another app on the phone opens this one by an address of its own (facts/iamsmart-api.md 5.6):
// with the ticket of a request, or with the parameters of a login, as getQR's page would have had
// them. The citizen goes back by a registered address (clientRedirectURI) or, of an Android app, by
// an activity that only the phone can open and that the registered package vouches for.
//
//   link = scheme "://" host ["/" path] "?" query
//
// Reading is pure; what it promises is checked against control by read_app_login.
#pragma once

#include "gateways/app/app_ports.h"
#include "gateways/service/login_desk.h"

namespace chopmark::app {

/// Not one of ours, or not one that can be read.
inline constexpr Reason link_malformed{"app.link_malformed", Kind::invalid};
/// Neither the address nor the package is the service's.
inline constexpr Reason link_not_registered{"app.link_not_registered", Kind::forbidden};

using LinkParams = std::multimap<std::string, std::string>;
/// The parameters of a link whose scheme and host are ours; each comes once. app.link_malformed.
Result<LinkParams> read_app_link(std::string_view link);
/// Of the link behind a login page's button, what the desk drew: behind /q/. Else empty.
std::string text_of_page_link(std::string_view link);
/// The value, or nothing.
std::string param_of(const LinkParams& params, const char* name);

/// What v2_cauth asks for; the browser's end is still to be filled in. app.link_malformed,
/// app.link_not_registered, relying_party.not_active, relying_party.scope_not_approved.
Result<service::LoginDraw> read_app_login(const control::State& control, const LinkParams& params);

/// Of an answer that is to go back to the app that asked: member `return_to` of the call, an
/// address of that service, or empty for an activity; nothing when the call has no such member.
/// app.link_not_registered.
Result<std::optional<std::string>> read_return(const control::State& control,
                                               const ClientId& client, const service::Json& body);

}  // namespace chopmark::app
