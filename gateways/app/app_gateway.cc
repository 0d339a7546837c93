#include "gateways/app/app_gateway.h"

#include <iterator>

#include "gateways/app/account_routes.h"
#include "gateways/app/app_schemas.h"
#include "gateways/app/bulk_approval.h"
#include "gateways/app/login_routes.h"
#include "gateways/app/profile_routes.h"
#include "gateways/app/query_routes.h"
#include "gateways/app/registration.h"
#include "gateways/app/request_routes.h"
#include "gateways/app/session.h"
#include "gateways/app/session_routes.h"
#include "gateways/app/signed_call.h"
#include "gateways/app/signing.h"
#include "projections/account_view/account_view.h"

namespace chopmark::app {
namespace {

constexpr Reason unknown_permission{"app.unknown_permission", Kind::forbidden};

}  // namespace

std::vector<http::Route> AppGateway::routes() const {
    std::vector<http::Route> rows;
    const auto add = [&rows](std::vector<http::Route> more) {
        std::move(more.begin(), more.end(), std::back_inserter(rows));
    };
    add(session_routes(context_));
    add(registration_routes(context_));
    add(account_routes(context_));
    add(binding_routes(context_));
    add(login_routes(context_));
    add(request_routes(context_));
    rows.push_back(signing_row(context_));
    rows.push_back(bulk_documents_row(context_));
    add(profile_routes(context_));
    add(query_routes(context_));
    http::words::describe(rows, app_schemas());
    return rows;
}

Result<http::Principal> AppAuthorizer::authorize(const http::Call& call,
                                                 std::string_view permission) {
    if (permission == "app.session") {
        return by_session(call);
    }
    if (permission != "app.signed" && permission != "app.candidate") {
        return unknown_permission;
    }
    const bool bound = permission == "app.signed";
    CHOPMARK_ASSIGN(const auto headers,
                    read_signed_headers(call, secrets_.stamps, bound, clock_.now()));
    http::Principal out;
    out.who = http::AppCaller{headers.account, headers.device};
    return out;
}

Result<http::Principal> AppAuthorizer::by_session(const http::Call& call) const {
    const std::string session = header_of(call, "Chopmark-Session");
    const std::string mac = header_of(call, "Chopmark-Mac");
    const std::string time = header_of(call, "Chopmark-Time");
    CHOPMARK_ASSIGN(const auto caller, check_session(secrets_, session, mac,
                                                     {call.request.method, call.request.target,
                                                      time, call.request.body},
                                                     clock_.now()));
    // The session was begun on the executor's state; the view, which may be behind that, is asked
    // only whether the phone has lost its account since.
    CHOPMARK_ASSIGN(const auto rows, queries_.any(account_view::AccountView::view_name));
    const auto account = account_view::find_account(rows, caller.account);
    if (account) {
        const auto device = account->devices.find(caller.device);
        const bool ended = device != account->devices.end() && !device->second.active;
        if (ended || account->standing == account_view::Standing::closed) {
            return bad_session;
        }
    } else if (account.error() != account_view::no_such_account) {
        return account.error();
    }
    http::Principal out;
    out.who = caller;
    return out;
}

}  // namespace chopmark::app
