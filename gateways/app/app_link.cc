#include "gateways/app/app_link.h"

#include <algorithm>
#include <array>

#include "aggregates/citizen/request.h"
#include "aggregates/control/policy.h"
#include "aggregates/control/relying_party.h"
#include "gateways/http/target.h"
#include "gateways/rp/parameters.h"
#include "gateways/service/json_body.h"

namespace chopmark::app {
namespace {

constexpr std::size_t link_bytes = 4096;
constexpr std::size_t params_most = 32;
constexpr std::size_t url_bytes = 2048;

/// In production and in test.
constexpr std::array<std::string_view, 2> schemes{"hk.gov.iamsmart", "hk.gov.iamsmart.testapp"};
constexpr std::array<std::string_view, 6> hosts{"v2_cauth",  "auth",    "profile",
                                                "hash-sign", "re-auth", "auth/iAmSmartLogin"};

bool is_one_of(const auto& known, std::string_view text) {
    return std::find(known.begin(), known.end(), text) != known.end();
}

bool is_registered(const std::vector<std::string>& known, const std::string& text) {
    return text.size() <= url_bytes && is_one_of(known, text);
}

/// iOS names an address, Android its package.
Result<std::string> read_address(const control::RelyingParty& party, const LinkParams& params) {
    std::string address = param_of(params, "clientRedirectURI");
    if (address.empty()) {
        address = param_of(params, "redirectURI");
    }
    const std::string package = param_of(params, "packageName");
    const bool good = address.empty() ? !package.empty() && package == party.app_scheme
                                      : is_registered(party.redirect_uris, address);
    return good ? Result<std::string>(std::move(address)) : link_not_registered;
}

}  // namespace

std::string text_of_page_link(std::string_view link) {
    // The page writes scheme, host and q in upper case, browsers put scheme and host in lower.
    const std::size_t at = link.rfind('/');
    const std::string_view before = link.substr(0, std::min(at, link.size()));
    const bool of_web = link.starts_with("http") || link.starts_with("HTTP");
    const bool of_page = of_web && (before.ends_with("/q") || before.ends_with("/Q"));
    return of_page && link.size() <= link_bytes ? std::string(link.substr(at + 1)) : std::string();
}

Result<LinkParams> read_app_link(std::string_view link) {
    const std::size_t scheme_end = link.find("://");
    if (link.size() > link_bytes || scheme_end == std::string_view::npos ||
        !is_one_of(schemes, link.substr(0, scheme_end))) {
        return link_malformed;
    }
    const std::string_view rest = link.substr(scheme_end + 3);
    const std::size_t query = std::min(rest.find('?'), rest.size());
    std::string_view host = rest.substr(0, query);
    if (host.ends_with('/')) {
        host.remove_suffix(1);
    }
    if (!is_one_of(hosts, host) || query == rest.size()) {
        return link_malformed;
    }
    const auto params = http::parse_form(rest.substr(query + 1));
    if (!params || params->size() > params_most) {
        return link_malformed;
    }
    for (const auto& [name, value] : *params) {
        if (params->count(name) != 1) {
            return link_malformed;
        }
    }
    return *params;
}

std::string param_of(const LinkParams& params, const char* name) {
    const auto at = params.find(name);
    return at == params.end() ? std::string() : at->second;
}

Result<service::LoginDraw> read_app_login(const control::State& control, const LinkParams& params) {
    const auto client = ClientId::from_hex(param_of(params, "clientID"));
    const auto* party = client ? control::find_relying_party(control, *client) : nullptr;
    if (party == nullptr || party->standing != control::ServiceStanding::active) {
        return control::rp_not_active;
    }
    service::LoginDraw draw;
    draw.client = *client;
    draw.flow = schema::TICKET;
    draw.to_app = true;
    CHOPMARK_ASSIGN(draw.redirect_uri, read_address(*party, params));
    draw.scopes = rp::words_in(param_of(params, "scope"));
    const bool approved = std::ranges::all_of(
        draw.scopes, [&](const std::string& name) { return party->scopes.contains(name); });
    if (!approved) {
        return citizen::scope_not_approved;
    }
    draw.state = param_of(params, "state");
    draw.source = param_of(params, "source");
    const std::string response_type = param_of(params, "responseType");
    if (draw.scopes.empty() || !rp::is_state(draw.state) ||
        (!draw.source.empty() && !rp::is_app(draw.source)) ||
        (!response_type.empty() && response_type != "code")) {
        return link_malformed;
    }
    draw.corp_code = params.contains("cScope") ? "cCode" : "";
    draw.life = control::policy(control).qr_life;
    return draw;
}

Result<std::optional<std::string>> read_return(const control::State& control,
                                               const ClientId& client, const service::Json& body) {
    constexpr const char* name = "return_to";
    if (!service::has(body, name)) {
        return std::nullopt;
    }
    CHOPMARK_ASSIGN(std::string address, service::text_or_empty(body, name));
    const auto* party = control::find_relying_party(control, client);
    if (party == nullptr || (!address.empty() && !is_registered(party->redirect_uris, address))) {
        return link_not_registered;
    }
    return std::optional<std::string>(std::move(address));
}

}  // namespace chopmark::app
