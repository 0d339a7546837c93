#include "gateways/rp/login_routes.h"

#include <fmt/format.h>

#include <algorithm>

#include "aggregates/control/policy.h"
#include "events/crypto/digest.h"
#include "events/schema/event.h"
#include "gateways/rp/login_page.h"
#include "gateways/rp/parameters.h"
#include "gateways/rp/request_result.h"
#include "gateways/rp/url.h"
#include "gateways/service/network.h"
#include "gateways/service/secrets.h"

namespace chopmark::rp {
namespace {

constexpr std::size_t url_bytes = 2048;
constexpr std::string_view wait_path = "/api/v1/auth/qr/wait";
constexpr std::string_view cookie_path = "/api/v1/auth/qr";

// ---- what is asked for
// --------------------------------------------------------------------------

struct Asked {
    control::SnapshotPtr control;
    const control::RelyingParty* party = nullptr;
    std::string redirect_uri;  // empty until it is known to be the relying party's
    std::string state;
    std::string source;
    std::vector<std::string> scopes;
    bool broker = false;
    std::string corp_code;
    std::optional<service::PageRequest> request;  // of ticketID: an anonymous one
};

Result<std::string> parameter(const http::Call& call, const char* name) {
    if (!call.request.has_param(name)) {
        return Error(parameter_missing, name);
    }
    if (call.request.get_param_value_count(name) != 1) {
        return Error(parameter_invalid, name);
    }
    std::string value = call.request.get_param_value(name);
    return value.empty() ? Result<std::string>(Error(parameter_empty, name))
                         : Result<std::string>(std::move(value));
}

/// Until this is good there is no address to go back to.
Result<void> read_party(const Ports& ports, const http::Call& call, Asked& asked) {
    CHOPMARK_ASSIGN(const std::string client_text, parameter(call, "clientID"));
    const auto client = ClientId::from_hex(client_text);
    asked.control = ports.control.latest();
    asked.party = client ? control::find_relying_party(*asked.control->state, *client) : nullptr;
    if (asked.party == nullptr) {
        return Error(parameter_invalid, "clientID");
    }
    CHOPMARK_ASSIGN(std::string uri, parameter(call, "redirectURI"));
    const auto& registered = asked.party->redirect_uris;
    if (uri.size() > url_bytes ||
        std::find(registered.begin(), registered.end(), uri) == registered.end()) {
        return url_not_registered;
    }
    const std::string state = call.request.get_param_value("state");
    if (!is_state(state)) {
        return Error(parameter_invalid, "state");
    }
    asked.state = state;
    asked.redirect_uri = std::move(uri);
    return control::may_call(*asked.control->state, *asked.party)
               ? Result<void>()
               : Result<void>(control::rp_not_active);
}

std::string business_id_of(const schema::RequestOpened& opened) {
    const auto& personal = opened.personal();
    return personal.has_consent() ? personal.consent().business_id()
                                  : personal.signature().business_id();
}

/// The anonymous request that a ticket names. Whether somebody has claimed it since is for its slot
/// to say, when a phone comes.
Result<service::PageRequest> read_ticket(const Ports& ports, const std::string& ticket,
                                         const ClientId& client) {
    const Error wrong(parameter_invalid, "ticketID");
    const Instant now = ports.clock.now();
    const auto bearer = ports.secrets.bearer.parse(keys::BearerKind::ticket, ticket, now);
    const auto found = bearer ? ports.events.find_recorded(bearer->event.array())
                              : Result<runtime::FoundEvent>(wrong);
    CHOPMARK_TRY(found);
    CHOPMARK_ASSIGN(const auto event, ports.events.open(found->id));
    const auto* opened = std::get_if<schema::RequestOpened>(event.get());
    if (opened == nullptr || opened->leaf().client_id() != client.bytes()) {
        return wrong;
    }
    service::PageRequest out;
    out.request = RequestId::from_bytes(opened->link().request_id()).value_or(RequestId());
    out.opened = found->id;
    out.kind = opened->leaf().kind();
    out.due = Instant::from_micros(opened->link().due_us());
    out.business_id = business_id_of(*opened);
    return out;
}

Result<void> read_wish(const Ports& ports, const http::Call& call, Asked& asked) {
    CHOPMARK_ASSIGN(const std::string response_type, parameter(call, "responseType"));
    if (response_type != "code") {
        return Error(parameter_invalid, "responseType");
    }
    CHOPMARK_ASSIGN(asked.source, parameter(call, "source"));
    if (!is_source(asked.source)) {
        return source_unknown;
    }
    CHOPMARK_ASSIGN(const std::string scope, parameter(call, "scope"));
    asked.scopes = words_in(scope);
    if (asked.scopes.empty()) {
        return Error(parameter_empty, "scope");
    }
    for (const std::string& name : asked.scopes) {
        if (!asked.party->scopes.contains(name)) {
            return citizen::scope_not_approved;
        }
    }
    const std::string ticket = call.request.get_param_value("ticketID");
    if (!ticket.empty()) {
        CHOPMARK_ASSIGN(asked.request, read_ticket(ports, ticket, asked.party->id));
        // The scope says that the phone has to type the page's number.
        if (asked.request->kind == schema::REQUEST_KIND_BULK_SIGNING &&
            !std::ranges::count(asked.scopes, citizen::scope::bulk_sign)) {
            return Error(parameter_invalid, "scope");
        }
    }
    const std::string broker = call.request.get_param_value("brokerPage");
    asked.broker = broker == "true" || broker == "True";
    return {};
}

// ---- getQR
// --------------------------------------------------------------------------------------

std::string page_nonce(Entropy& entropy) {
    ByteArray<16> drawn{};
    entropy.fill(drawn);
    return to_hex(view(drawn));
}

std::string cookie_name(std::string_view handle) { return "q" + std::string(handle); }

service::Seen browser_of(const Ports& ports, const http::Call& call, Instant now) {
    const std::string agent = call.request.get_header_value("User-Agent");
    return {Sensitive<std::string>(call.request.remote_addr), Sensitive<Bytes>(agent),
            ports.networks.endpoint(call.request.remote_addr, agent, now)};
}

std::string service_name(const control::RelyingParty& party, std::string_view language) {
    const std::string& name = language == "zh-CN"   ? party.name_simplified
                              : language == "zh-HK" ? party.name_traditional
                                                    : party.name_english;
    return name.empty() ? party.name_english : name;
}

std::string upper_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return text;
}

Result<httplib::Response> draw_login(Parts& parts, const http::Call& call, const Asked& asked,
                                     std::string_view language) {
    const Ports& ports = parts.ports;
    const Instant now = ports.clock.now();
    const bool on_phone = is_app(asked.source) || (asked.broker && is_on_phone(asked.source));
    service::LoginDraw draw;
    draw.client = asked.party->id;
    draw.flow = on_phone ? schema::TICKET : schema::QR;
    draw.scopes = asked.scopes;
    draw.redirect_uri = asked.redirect_uri;
    draw.state = asked.state;
    draw.source = asked.source;
    draw.language = language;
    draw.browser = browser_of(ports, call, now);
    draw.corp_code = asked.corp_code;
    draw.request = asked.request;
    draw.qr = asked.party->qr;
    draw.life = control::policy(*asked.control->state).qr_life;
    const auto life_s = std::chrono::duration_cast<std::chrono::seconds>(draw.life).count();
    CHOPMARK_ASSIGN(const service::DrawnLogin drawn, ports.desk.draw(std::move(draw)));

    LoginPage page;
    page.language = language;
    page.service_name = service_name(*asked.party, language);
    page.handle = drawn.handle;
    page.number = drawn.number;
    page.page_key = drawn.page_key;
    page.picture = asked.party->qr != schema::QR_REDRAWN;
    // Upper case packs the QR more densely; scheme and host do not care.
    page.app_link = upper_case(parts.options.origin + "/q/") + drawn.handle;
    page.on_phone = on_phone;
    page.nonce = page_nonce(ports.entropy);
    CHOPMARK_ASSIGN(httplib::Response response, login_page(page));
    response.set_header("Set-Cookie",
                        fmt::format("{}={}; Path={}; Max-Age={}; HttpOnly; SameSite=Strict{}",
                                    cookie_name(drawn.handle), drawn.browser_secret, cookie_path,
                                    life_s + 60, call.over_tls ? "; Secure" : ""));
    return response;
}

httplib::Response redirect(const std::string& to) {
    httplib::Response response;
    response.status = 302;
    response.set_header("Location", to);
    response.set_header("Referrer-Policy", "no-referrer");
    return response;
}

/// As the page would have been told, had there been one.
service::LoginSettled over(const Asked& asked, std::string error) {
    return {{},           std::move(error), asked.redirect_uri,
            asked.state,  asked.party->id,  asked.corp_code,
            asked.request};
}

Result<httplib::Response> get_qr(Parts& parts, const http::Call& call, std::string_view corp_code) {
    const std::string_view language = language_of(call.request.get_param_value("lang"));
    Asked asked;
    asked.corp_code = corp_code;
    Result<void> good = read_party(parts.ports, call, asked);
    if (good) {
        good = read_wish(parts.ports, call, asked);
    }
    if (good && asked.request && asked.request->due <= parts.ports.clock.now()) {
        return redirect(redirect_of(over(asked, "expired"), family_of(asked.party)));
    }
    auto page =
        good ? draw_login(parts, call, asked, language) : Result<httplib::Response>(good.error());
    if (page || page.error() == runtime::event_unread) {  // the front asks again
        return page;
    }
    const std::string code =
        code_text(family_of(asked.party), return_code(page.error(), Operation::page).number);
    if (asked.redirect_uri.empty()) {
        return error_page(language, code, page_nonce(parts.ports.entropy));
    }
    return redirect(with_query(asked.redirect_uri, {{"error_code", code}, {"state", asked.state}}));
}

// ---- the page's question
// -------------------------------------------------------------------------

httplib::Response news(std::string_view state, std::string_view redirect_to = {}) {
    nlohmann::ordered_json body;
    body["state"] = state;
    if (!redirect_to.empty()) {
        body["redirect"] = redirect_to;
    }
    httplib::Response response;
    response.set_content(body.dump(), "application/json");
    return response;
}

/// A question that waits at the desk. Replaced by a later one, it says that there is nothing new.
class Waiter {
  public:
    Waiter(const Ports& ports, http::Reply reply) : ports_(ports), reply_(std::move(reply)) {}
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter() {
        if (!told_) {
            reply_.send(news("waiting"));
        }
    }
    void tell(const service::LoginNews& what) {
        told_ = true;
        const auto* settled = std::get_if<service::LoginSettled>(&what);
        if (settled == nullptr) {
            reply_.send(news("scanned"));
            return;
        }
        const auto control = ports_.control.latest();
        const Family family =
            family_of(control::find_relying_party(*control->state, settled->client));
        reply_.send(news("done", redirect_of(*settled, family)));
    }
    void fail(const Error& error) {
        told_ = true;
        reply_.fail(error);
    }

  private:
    const Ports& ports_;
    http::Reply reply_;
    bool told_ = false;
};

std::string cookie(const http::Call& call, std::string_view name) {
    const std::string all = call.request.get_header_value("Cookie");
    std::string_view rest = all;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(';'), rest.size());
        std::string_view one = rest.substr(0, end);
        one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
        const std::size_t equals = one.find('=');
        if (equals != std::string_view::npos && one.substr(0, equals) == name) {
            return std::string(one.substr(equals + 1));
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return {};
}

void wait_for_news(Parts& parts, const http::CallPtr& call, http::Reply reply) {
    const std::string handle = call->request.get_param_value("handle");
    const std::string secret = cookie(*call, cookie_name(handle));
    const bool seen_scanned = call->request.get_param_value("scanned") == "1";
    http::Park park;
    park.wait = parts.options.page_wait;
    park.when_over = news("waiting");
    park.ended = [&desk = parts.ports.desk, handle](http::Ended) { desk.leave(handle); };
    reply.park(std::move(park));
    auto waiter = std::make_shared<Waiter>(parts.ports, std::move(reply));
    const auto taken =
        parts.ports.desk.wait(handle, secret, seen_scanned,
                              [waiter](const service::LoginNews& what) { waiter->tell(what); });
    if (!taken) {
        waiter->fail(taken.error());
    }
}

http::Route qr_route(Parts& parts, std::string path, std::string name, std::string corp_code) {
    http::Route route;
    route.method = "GET";
    route.path = "/api/v1/auth/" + std::move(path);
    route.name = std::move(name);
    route.permission = http::public_access;
    route.kind = http::RouteKind::command;  // draws an entry: HEAD must not
    route.body_limit_bytes = 0;
    route.summary = corp_code.empty() ? "The page with a QR code or a link to the app."
                                      : "The same page; its callback has " + corp_code + " too.";
    route.handler =
        http::Handler([&parts, corp_code = std::move(corp_code)](const http::Call& call) {
            return get_qr(parts, call, corp_code);
        });
    for (const char* wanted : {"clientID", "responseType", "source", "redirectURI", "scope"}) {
        route.query.push_back({wanted, true, R"({"type":"string"})", ""});
    }
    for (const char* known : {"lang", "state", "brokerPage", "ticketID", "cScope", "corpMock"}) {
        route.query.push_back({known, false, R"({"type":"string"})", ""});
    }
    route.answers = {{200, "The page.", "text/html", ""},
                     {302, "Back to redirectURI with error_code.", "", ""},
                     {400, "A page with the code.", "text/html", ""}};
    return route;
}

http::Route wait_route(Parts& parts) {
    http::Route route;
    route.method = "GET";
    route.path = wait_path;
    route.name = "rp.qr_wait";
    route.permission = http::public_access;  // the page's cookie is the secret
    route.kind = http::RouteKind::park;
    route.run = http::Run::on_loop;
    route.body_limit_bytes = 0;
    route.wait = parts.options.page_wait;
    route.handler = http::AsyncHandler([&parts](const http::CallPtr& call, http::Reply reply) {
        wait_for_news(parts, call, std::move(reply));
    });
    route.summary = "Waits for what becomes of a login that getQR drew.";
    route.query = {{"handle", true, R"({"type":"string"})", ""},
                   {"scanned", false, R"({"type":"string","enum":["0","1"]})", ""}};
    route.answers = {
        {200, "state: waiting, scanned or done; then redirect.", "application/json", ""}};
    return route;
}

}  // namespace

namespace {

/// Of a login the block of 40000, of an anonymous request that of what was asked for.
int number_of(const service::LoginSettled& settled) {
    constexpr int login_codes = 40000;
    const int first = settled.request ? first_code_of(settled.request->kind) : login_codes;
    if (settled.error == "refused") {
        return first + 1;
    }
    if (settled.error == "expired") {
        return first + 3;
    }
    if (settled.error == "cancelled") {
        return first;
    }
    return settled.error == "not_permitted"   ? first + 4
           : settled.error == "card_mismatch" ? first + 5
                                              : first + 2;
}

}  // namespace

Outcome outcome_of(const service::LoginSettled& settled, Family family) {
    Outcome out;
    if (settled.code.empty()) {
        out.emplace_back("error_code", code_text(family, number_of(settled)));
    } else {
        out.emplace_back("code", settled.code);
        if (!settled.corp_code.empty()) {
            const Digest second = crypto::sha256({"chopmark/corp-code/1", settled.code});
            out.emplace_back(settled.corp_code, to_hex(second.bytes().substr(0, 16)));
        }
    }
    out.emplace_back("state", settled.state);
    out.emplace_back("businessID", settled.request ? settled.request->business_id : "");
    std::erase_if(out, [](const auto& one) { return one.second.empty(); });
    return out;
}

std::string redirect_of(const service::LoginSettled& settled, Family family) {
    const Outcome outcome = outcome_of(settled, family);
    return with_query(settled.redirect_uri, QueryParams(outcome.begin(), outcome.end()));
}

std::vector<http::Route> login_routes(Parts& parts) {
    return {qr_route(parts, "getQR", "rp.get_qr", ""),
            qr_route(parts, "corpId/getQR", "rp.get_corp_qr", "cCode"),
            qr_route(parts, "mockCorpId/getQR", "rp.get_mock_corp_qr", "corpMockCode"),
            wait_route(parts)};
}

}  // namespace chopmark::rp
