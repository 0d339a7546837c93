#include "gateways/app/login_routes.h"

#include <algorithm>

#include "aggregates/citizen/scope.h"
#include "aggregates/citizen/state.h"
#include "events/crypto/digest.h"
#include "events/schema/event.h"
#include "gateways/app/app_link.h"
#include "gateways/app/phone_evidence.h"
#include "gateways/app/request_claim.h"
#include "gateways/app/session_row.h"
#include "gateways/http/target.h"
#include "gateways/rp/code_verifier.h"
#include "gateways/rp/url.h"

namespace chopmark::app {
namespace {

using CallPtr = std::shared_ptr<SignedCall>;

constexpr Reason one_tap_not_offered{"login.one_tap_not_offered", Kind::refused};
constexpr Reason one_tap_bad_redirect{"login.one_tap_bad_redirect", Kind::invalid};

std::string joined(const std::vector<std::string>& scopes) {
    std::string out;
    for (const std::string& scope : scopes) {
        out += (out.empty() ? "" : " ") + scope;
    }
    return out;
}

Json names_of(const control::RelyingParty* party) {
    if (party == nullptr) {
        return Json::object();
    }
    return {{"english", party->name_english},
            {"traditional", party->name_traditional},
            {"simplified", party->name_simplified}};
}

// ---- scanning
// ------------------------------------------------------------------------------------

/// Of a sensitive service, or for a scope that is: only the page may show its number, which is
/// typed then (design-notes E5).
bool wants_number(const control::RelyingParty* party, const std::vector<std::string>& scopes) {
    return (party != nullptr && party->sensitive) ||
           std::any_of(scopes.begin(), scopes.end(), [](const std::string& name) {
               return citizen::scope_rule(name).least == citizen::StepUpLevel::number_typed;
           });
}

Json claimed_json(const AppContext& context, const service::ClaimedLogin& claimed) {
    const auto control = context.ports.control.latest();
    const auto* party = control::find_relying_party(*control->state, claimed.offer.client);
    const bool sensitive = wants_number(party, claimed.offer.scopes);
    const auto place = context.ports.networks.find(claimed.browser_address.reveal());
    return Json{{"login", claimed.offer.login.hex()},
                {"client", claimed.offer.client.hex()},
                {"names", names_of(party)},
                {"scopes", claimed.offer.scopes},
                {"claim", claimed.claim},
                {"number", sensitive ? Json() : Json(claimed.number)},
                {"sensitive", sensitive},
                {"browser", {{"country", place.country}, {"city", place.city}, {"asn", place.asn}}},
                {"until", claimed.until.millis()}};
}

/// Of a request: what the page says of itself; the request itself is among app.requests.
Json page_json(const AppContext& context, const service::ClaimedLogin& claimed) {
    Json out = claimed_json(context, claimed);
    out.erase("login");
    out.erase("claim");
    return out;
}

/// What a scan or a ticket led to: a request that waits for the citizen.
void answer_claimed(const AppContext& context, Json body, const SharedReply& reply,
                    const Result<runtime::Receipt>& asked) {
    if (!asked) {
        reply->fail(asked.error());
        return;
    }
    if (const auto request = asked_by(*asked->event)) {
        body["request"] = request->hex();
    }
    reply->send(receipt_response(context.ports.queries, *asked, std::move(body)));
}

/// Whoever's page it is gets the code of what is answered: before a request of a sensitive service
/// is claimed, the number that only the page shows has to be typed.
bool awaits_number(const AppContext& context, const service::ClaimedLogin& claimed,
                   const std::string& typed) {
    const auto control = context.ports.control.latest();
    const auto* party = control::find_relying_party(*control->state, claimed.offer.client);
    return typed.empty() && wants_number(party, claimed.offer.scopes);
}

/// A wrong number is the end of this page; another may be opened with the ticket.
void end_page(const AppContext& context, const service::ClaimedLogin& claimed,
              const http::AppCaller& caller) {
    const auto event = context.ports.finder.open(claimed.opened);
    const auto* opened = event ? std::get_if<schema::RequestOpened>(event->get()) : nullptr;
    if (opened != nullptr) {
        const auto id = RequestId::from_bytes(opened->link().request_id());
        context.ports.desk.settle_request(id.value_or(RequestId()), caller.account, "", "refused");
    }
}

void take_scanned(const AppContext& context, const http::AppCaller& caller,
                  const std::string& typed, const SharedReply& reply,
                  const Result<service::ClaimedLogin>& claimed) {
    if (!claimed) {
        reply->fail(claimed.error());
    } else if (claimed->opened.is_zero()) {
        reply->send(json_response(claimed_json(context, *claimed)));
    } else if (awaits_number(context, *claimed, typed)) {
        reply->send(json_response(page_json(context, *claimed)));
    } else if (!typed.empty() && !crypto::equal_constant_time(typed, claimed->number)) {
        end_page(context, *claimed, caller);
        reply->fail(citizen::login_number_wrong);
    } else {
        claim_request(context, claimed->opened, caller,
                      [&context, reply, body = page_json(context, *claimed)](const auto& asked) {
                          answer_claimed(context, body, reply, asked);
                      });
    }
}

/// The app was opened with the ticket of a request: an anonymous one is claimed, one of the
/// citizen's own is named.
void take_ticket(const AppContext& context, const std::string& ticket,
                 const http::AppCaller& caller, const SharedReply& reply) {
    const auto found = find_ticket(context, ticket, caller);
    if (!found) {
        reply->fail(found.error());
    } else if (found->request) {
        reply->send(json_response(Json{{"request", found->request->hex()}}));
    } else {
        claim_request(context, found->opened, caller, [&context, reply](const auto& asked) {
            answer_claimed(context, Json::object(), reply, asked);
        });
    }
}

/// v2_cauth without a ticket: a login that the phone itself is the browser of.
Result<Json> take_app_login(const AppContext& context, const http::Call& call,
                            const http::AppCaller& caller, const LinkParams& params) {
    const AppPorts& ports = context.ports;
    CHOPMARK_ASSIGN(auto draw, read_app_login(*ports.control.latest()->state, params));
    draw.browser = {Sensitive<std::string>(call.request.remote_addr),
                    Sensitive<Bytes>(header_of(call, "User-Agent")), endpoint_of(context, call)};
    CHOPMARK_ASSIGN(const auto drawn, ports.desk.draw(std::move(draw)));
    CHOPMARK_ASSIGN(const auto claimed, ports.desk.scan({drawn.handle, true}, caller));
    return claimed_json(context, claimed);
}

/// Another app, or the login page in this phone's browser, has opened this one.
void open_link(const AppContext& context, const http::Call& call, const http::AppCaller& caller,
               const SharedReply& reply) {
    const auto body = service::parse_object(call.request.body);
    const auto link = body ? service::text_of(*body, "link") : Result<std::string>(body.error());
    if (std::string text = link ? text_of_page_link(*link) : std::string(); !text.empty()) {
        context.ports.desk.scan_anywhere({std::move(text), true}, caller,
                                         [&context, caller, reply](const auto& claimed) {
                                             take_scanned(context, caller, "", reply, claimed);
                                         });
        return;
    }
    const auto params = link ? read_app_link(*link) : Result<LinkParams>(link.error());
    if (!params) {
        reply->fail(params.error());
        return;
    }
    const std::string ticket = param_of(*params, "ticketID");
    if (!ticket.empty()) {
        take_ticket(context, ticket, caller, reply);
        return;
    }
    const auto claimed = take_app_login(context, call, caller, *params);
    reply->finish(claimed ? Result<httplib::Response>(json_response(*claimed))
                          : Result<httplib::Response>(claimed.error()));
}

/// The desk of another node may have drawn a handle.
void scan(const AppContext& context, const http::Call& call, const http::AppCaller& caller,
          const SharedReply& reply) {
    const auto body = service::parse_object(call.request.body);
    const bool by_ticket = body && service::has(*body, "ticket");
    const auto text = body ? service::text_of(*body, by_ticket ? "ticket" : "handle")
                           : Result<std::string>(body.error());
    const auto typed = text ? service::text_or_empty(*body, "number") : text;
    if (!typed) {
        reply->fail(typed.error());
    } else if (by_ticket) {
        take_ticket(context, *text, caller, reply);
    } else {
        context.ports.desk.scan_anywhere(
            {*text}, caller, [&context, caller, typed = *typed, reply](const auto& claimed) {
                take_scanned(context, caller, typed, reply, claimed);
            });
    }
}

// ---- deciding
// ------------------------------------------------------------------------------------

void put_phone(const AppContext& context, const SignedCall& call, citizen::LoginEnds& ends) {
    const auto& request = call.call->request;
    ends.phone = endpoint_of(context, *call.call);
    ends.phone_address = Sensitive(request.remote_addr);
    ends.phone_agent = Sensitive(Bytes(header_of(*call.call, "User-Agent")));
}

/// The claim that the call carries, with the phone's end filled in.
Result<service::TakenClaim> take_claim(const AppContext& context, const SignedCall& call) {
    CHOPMARK_ASSIGN(const std::string text, service::text_of(call.body, "claim"));
    CHOPMARK_ASSIGN(const auto client, service::id_of<ClientId>(call.body, "client"));
    CHOPMARK_ASSIGN(auto taken,
                    context.ports.desk.take_claim(text, {call.account(), call.signed_by.device}));
    const citizen::LoginOffer& offer = taken.offer;
    if (client != offer.client ||
        call.text_digest != login_text_digest(offer.client, offer.scopes, offer.login)) {
        return text_mismatch;
    }
    put_phone(context, call, taken.ends);
    taken.ends.qr_age = taken.scanned_at - offer.drawn_at;
    taken.ends.scan_delay = context.ports.clock.now() - taken.scanned_at;
    taken.ends.distance_class = context.ports.networks.distance_class(
        taken.ends.phone_address.reveal(), taken.ends.browser_address.reveal());
    return taken;
}

/// Of a claim, what its answer needs.
struct Decided {
    RequestId login;
    ClientId client;
    std::optional<service::AppReturn> back;
};

Decided decided_of(const service::TakenClaim& taken) {
    return {taken.offer.login, taken.offer.client, taken.back};
}

/// What became of a login: the page is told, and the phone; which takes it back to the app that
/// asked, if it was one.
Result<Json> settle_login(const AppContext& context, const AccountId& account,
                          const Decided& decided, const runtime::Receipt& receipt) {
    const bool approved = std::holds_alternative<schema::LoginApproved>(*receipt.event);
    const bool expired = std::holds_alternative<schema::LoginExpired>(*receipt.event);
    const std::string code =
        approved ? context.ports.secrets.bearer.mint(keys::BearerKind::code, slot_of(account),
                                                     receipt.event_id, receipt.recorded_at)
                 : std::string();
    const char* error = approved ? "" : expired ? "expired" : "refused";
    context.ports.desk.settle(decided.login, code, error);
    if (expired) {
        return citizen::login_request_expired;
    }
    Json body{{"login", decided.login.hex()}};
    if (const auto& back = decided.back) {
        put_outcome(context, body,
                    {code, error, back->redirect_uri, back->state, decided.client, back->corp_code,
                     std::nullopt});
    }
    return body;
}

Render settling(const AppContext& context, const SignedCall& call, Decided decided) {
    return [&context, account = call.account(),
            decided = std::move(decided)](const runtime::Receipt& receipt) {
        return settle_login(context, account, decided, receipt);
    };
}

/// The two digits are tried once: a wrong number is the end of this login.
void refuse_wrong_number(const AppContext& context, const CallPtr& call, service::TakenClaim taken,
                         const SharedReply& reply) {
    Decided decided = decided_of(taken);
    citizen::RefuseLogin command{std::move(taken.offer), std::move(taken.ends), call->proof(),
                                 citizen::LoginRefusal::number_wrong};
    submit(context, *call, citizen::LoginCommand(std::move(command)), reply,
           [settle = settling(context, *call, std::move(decided))](
               const runtime::Receipt& receipt) -> Result<Json> {
               CHOPMARK_TRY(settle(receipt));
               return citizen::login_number_wrong;
           });
}

void approve(const AppContext& context, const CallPtr& call, const SharedReply& reply) {
    auto taken = take_claim(context, *call);
    const auto number = service::text_or_empty(call->body, "number");
    auto checks = step_up_checks(context, *call);
    if (!taken || !number || !checks) {
        reply->fail(!taken ? taken.error() : !number ? number.error() : checks.error());
        return;
    }
    if (!number->empty() && !crypto::equal_constant_time(*number, taken->number)) {
        refuse_wrong_number(context, call, *std::move(taken), reply);
        return;
    }
    Decided decided = decided_of(*taken);
    citizen::ApproveLogin command;
    command.offer = std::move(taken->offer);
    command.ends = std::move(taken->ends);
    command.proof = call->proof();
    command.number_typed = !number->empty();
    command.checks = *std::move(checks);
    submit(context, *call, citizen::LoginCommand(std::move(command)), reply,
           settling(context, *call, std::move(decided)));
}

Result<citizen::LoginRefusal> refusal_of(const Json& body) {
    CHOPMARK_ASSIGN(const std::string why, service::text_of(body, "why"));
    if (why == "declined") {
        return citizen::LoginRefusal::declined;
    }
    if (why == "not_mine") {
        return citizen::LoginRefusal::not_mine;
    }
    if (why == "number_wrong") {
        return citizen::LoginRefusal::number_wrong;
    }
    return Error(service::json_member, "why");
}

void refuse(const AppContext& context, const CallPtr& call, const SharedReply& reply) {
    auto taken = take_claim(context, *call);
    const auto why = refusal_of(call->body);
    if (!taken || !why) {
        reply->fail(taken ? why.error() : taken.error());
        return;
    }
    Decided decided = decided_of(*taken);
    citizen::RefuseLogin command{std::move(taken->offer), std::move(taken->ends), call->proof(),
                                 *why};
    submit(context, *call, citizen::LoginCommand(std::move(command)), reply,
           settling(context, *call, std::move(decided)));
}

// ---- one-tap
// -------------------------------------------------------------------------------------

struct OneTap {
    citizen::LoginOffer offer;
    std::string redirect_uri;
};

Result<OneTap> draw_one_tap(const AppContext& context, const SignedCall& call) {
    OneTap out;
    CHOPMARK_ASSIGN(out.offer.client, service::id_of<ClientId>(call.body, "client"));
    CHOPMARK_ASSIGN(out.offer.scopes, service::texts_of(call.body, "scopes"));
    CHOPMARK_ASSIGN(out.redirect_uri, service::text_or_empty(call.body, "redirect_uri"));
    const auto control = context.ports.control.latest();
    const auto* party = control::find_relying_party(*control->state, out.offer.client);
    if (party == nullptr || party->direct_login_uris.empty()) {
        return one_tap_not_offered;
    }
    const auto& uris = party->direct_login_uris;
    if (out.redirect_uri.empty()) {
        out.redirect_uri = uris.front();
    } else if (std::find(uris.begin(), uris.end(), out.redirect_uri) == uris.end()) {
        return one_tap_bad_redirect;
    }
    out.offer.login = one_tap_login(call.head.id);
    if (call.text_digest !=
        login_text_digest(out.offer.client, out.offer.scopes, out.offer.login)) {
        return text_mismatch;
    }
    out.offer.flow = schema::ONE_TAP;
    out.offer.drawn_at = context.ports.clock.now();
    out.offer.claimed_by = call.signed_by.device;
    out.offer.redirect_uri_digest = crypto::sha256(out.redirect_uri);
    return out;
}

/// facts/iamsmart-api.md 5.6: the registered callback gets code and RefID, an app code and
/// verifier.
void one_tap(const AppContext& context, const CallPtr& call, const SharedReply& reply) {
    auto drawn = draw_one_tap(context, *call);
    auto checks = step_up_checks(context, *call);
    if (!drawn || !checks) {
        reply->fail(drawn ? checks.error() : drawn.error());
        return;
    }
    citizen::ApproveLogin command;
    command.offer = drawn->offer;
    put_phone(context, *call, command.ends);
    command.proof = call->proof();
    command.checks = *std::move(checks);
    submit(context, *call, citizen::LoginCommand(std::move(command)), reply,
           [&context, account = call->account(), login = drawn->offer.login,
            uri = drawn->redirect_uri](const runtime::Receipt& receipt) -> Result<Json> {
               CHOPMARK_TRY(check_recorded(*receipt.event));
               const std::string code = context.ports.secrets.bearer.mint(
                   keys::BearerKind::code, slot_of(account), receipt.event_id, receipt.recorded_at);
               return Json{
                   {"login", login.hex()},
                   {"redirect", rp::with_query(uri, {{"code", code}, {"RefID", login.hex()}})},
                   {"extras",
                    {{"code", code},
                     {"code_verifier", rp::code_verifier(context.ports.secrets, code)}}}};
           });
}

// ---- afterwards
// ----------------------------------------------------------------------------------

Result<citizen::EndLogin> read_end(const SignedCall& call) {
    CHOPMARK_ASSIGN(const auto login, service::id_of<RequestId>(call.body, "login"));
    return citizen::EndLogin{login, call.proof()};
}

/// Only what is in the citizen's own log can be disputed.
Result<citizen::DisputeLogin> read_dispute(const AppContext& context, const SignedCall& call) {
    citizen::DisputeLogin out;
    CHOPMARK_ASSIGN(out.disputed, service::id_of<EventId>(call.body, "event"));
    if (service::has(call.body, "login")) {
        CHOPMARK_ASSIGN(out.login, service::id_of<RequestId>(call.body, "login"));
    }
    if (service::has(call.body, "client")) {
        CHOPMARK_ASSIGN(out.client, service::id_of<ClientId>(call.body, "client"));
    }
    CHOPMARK_ASSIGN(std::string note, service::text_or_empty(call.body, "note"));
    CHOPMARK_ASSIGN(const auto found, context.ports.finder.find(out.disputed));
    if (found.account != call.account()) {
        return runtime::event_unknown;
    }
    out.proof = call.proof();
    out.note = Sensitive(std::move(note));
    return out;
}

template <class Command>
void submit_read(const AppContext& context, const CallPtr& call, Result<Command> read,
                 const SharedReply& reply) {
    if (!read) {
        reply->fail(read.error());
        return;
    }
    submit(context, *call, citizen::LoginCommand(*std::move(read)), reply);
}

}  // namespace

Digest login_text_digest(const ClientId& client, const std::vector<std::string>& scopes,
                         const RequestId& login) {
    return crypto::sha256("chopmark login\n" + client.hex() + "\n" + joined(scopes) + "\n" +
                          login.hex());
}

RequestId one_tap_login(const CommandId& command) {
    return RequestId(to_array<RequestId::size>(command.bytes().substr(0, RequestId::size)));
}

std::vector<http::Route> login_routes(const AppContext& context) {
    const auto with = [&context](void (*act)(const AppContext&, const CallPtr&,
                                             const SharedReply&)) -> SignedHandler {
        return [&context, act](const CallPtr& call, const SharedReply& reply) {
            act(context, call, reply);
        };
    };
    std::vector<http::Route> rows;
    rows.push_back(session_row(
        {"/app/v1/scans", "app.scan", "Claims a login or request by its QR or ticket, to be shown"},
        [&context](const http::Call& call, const http::AppCaller& caller,
                   const SharedReply& reply) { scan(context, call, caller, reply); }));
    rows.push_back(session_row(
        {"/app/v1/links", "app.link",
         "Takes what another app or a login page on the phone asks for"},
        [&context](const http::Call& call, const http::AppCaller& caller,
                   const SharedReply& reply) { open_link(context, call, caller, reply); }));
    rows.push_back(signed_row(
        context, {"/app/v1/logins/approve", "app.login.approve", "Approves a claimed login"},
        with(approve)));
    rows.back().body_limit_bytes = image_body_bytes;
    rows.push_back(signed_row(
        context, {"/app/v1/logins/refuse", "app.login.refuse", "Refuses a claimed login"},
        with(refuse)));
    rows.push_back(
        signed_row(context, {"/app/v1/logins/one-tap", "app.login.one_tap", "Logs in from the app"},
                   with(one_tap)));
    rows.back().body_limit_bytes = image_body_bytes;
    rows.push_back(signed_row(context,
                              {"/app/v1/logins/end", "app.login.end", "Ends a login and its token"},
                              [&context](const CallPtr& call, const SharedReply& reply) {
                                  submit_read(context, call, read_end(*call), reply);
                              }));
    rows.push_back(signed_row(
        context,
        {"/app/v1/logins/dispute", "app.login.dispute", "Says of a record: this wasn't me"},
        [&context](const CallPtr& call, const SharedReply& reply) {
            submit_read(context, call, read_dispute(context, *call), reply);
        }));
    return rows;
}

}  // namespace chopmark::app
