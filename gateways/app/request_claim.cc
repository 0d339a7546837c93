#include "gateways/app/request_claim.h"

#include "aggregates/citizen/request_claimed.h"
#include "events/crypto/digest.h"
#include "events/schema/event.h"
#include "gateways/app/app_link.h"
#include "gateways/app/claimed_documents.h"
#include "gateways/rp/login_routes.h"
#include "gateways/rp/person.h"
#include "gateways/rp/request_result.h"
#include "gateways/service/request_page.h"

namespace chopmark::app {
namespace {

/// One claim from the scan to the request that the citizen finds.
struct Claiming {
    const AppContext& context;
    http::AppCaller phone;
    std::shared_ptr<const schema::Event> event;  // keeps `opened`
    const schema::RequestOpened* opened = nullptr;
    RequestId request;
    rp::PersonSources person;
    Claimed claimed;
};
using ClaimingPtr = std::shared_ptr<Claiming>;

/// Nobody else will tell the page: nothing was recorded.
void refuse(const Claiming& claiming, const Error& why) {
    const bool lasting =
        why.kind() != Kind::busy && why.kind() != Kind::unavailable && why.kind() != Kind::unknown;
    if (lasting) {
        const char* told = why == citizen::signature_grade_too_low ? "not_permitted"
                           : why == citizen::request_expired       ? "expired"
                                                                   : "failed";
        claiming.context.ports.desk.settle_request(claiming.request, claiming.phone.account, "",
                                                   told);
    }
    claiming.claimed(why);
}

/// The same for the same claim, so that a scan may be sent again.
CommandHead claim_head(const Claiming& claiming) {
    const Digest id = crypto::sha256(
        {"chopmark/claim-request/1", claiming.request.bytes(), claiming.phone.account.bytes()});
    CommandHead head;
    head.id = CommandId(id.array());
    head.digest = id;
    head.issued_at = claiming.context.ports.clock.now();
    head.caller = {schema::Party::DEVICE, claiming.phone.device.to_bytes()};
    head.actor = {schema::Party::CITIZEN, claiming.phone.account.to_bytes()};
    head.channel = schema::APP;
    return head;
}

/// Those of a bulk request; there are none to list of another.
void list_documents(const ClaimingPtr& claiming, const schema::Event& claim,
                    const runtime::Receipt& asked) {
    const AppPorts& ports = claiming->context.ports;
    list_claimed({ports.commands, ports.finder, ports.clock, ports.work},
                 std::get<schema::RequestClaimed>(claim),
                 [claiming, asked](const Result<void>& listed) {
                     if (listed) {
                         claiming->claimed(asked);
                     } else {
                         refuse(*claiming, listed.error());
                     }
                 });
}

void open_claimed(const ClaimingPtr& claiming, const runtime::Receipt& receipt) {
    auto command = citizen::ask_claimed(*claiming->opened);
    if (!command) {
        refuse(*claiming, citizen::request_unknown);
        return;
    }
    const AppPorts& ports = claiming->context.ports;
    ports.commands.submit(claiming->phone.account, *std::move(command),
                          citizen::head_of_claimed(receipt.event_id, ports.clock.now()),
                          [claiming, claim = receipt.event](const Result<runtime::Receipt>& asked) {
                              if (asked) {
                                  list_documents(claiming, *claim, *asked);
                              } else {
                                  refuse(*claiming, asked.error());
                              }
                          });
}

void take_claim(const ClaimingPtr& claiming, const Result<runtime::Receipt>& receipt) {
    if (!receipt) {
        refuse(*claiming, receipt.error());
        return;
    }
    const auto* claim = std::get_if<schema::RequestClaimed>(receipt->event.get());
    if (claim == nullptr) {  // the time-out, recorded in its stead
        refuse(*claiming, citizen::request_expired);
        return;
    }
    const AppPorts& ports = claiming->context.ports;
    if (service::settle_request(ports.desk, ports.secrets.bearer, *receipt->event,
                                receipt->event_id, receipt->recorded_at)) {
        claiming->claimed(Error(citizen::signature_hkic_mismatch));
        return;
    }
    open_claimed(claiming, *receipt);
}

/// In the pool: it opens the record of the citizen's card.
void submit_claim(const ClaimingPtr& claiming) {
    const AppPorts& ports = claiming->context.ports;
    citizen::ClaimRequest command{claiming->request, claiming->phone.account, std::nullopt};
    if (claiming->opened->leaf().kind() != schema::REQUEST_KIND_FORM_FILLING) {
        const auto client = ClientId::from_bytes(claiming->opened->leaf().client_id());
        const auto matches = rp::card_token_matches(ports.finder, ports.secrets, claiming->person,
                                                    client.value_or(ClientId()),
                                                    claiming->opened->personal().card_token());
        if (!matches) {
            refuse(*claiming, matches.error());
            return;
        }
        command.card_matches = *matches;
    }
    ports.commands.submit(
        AccountId(claiming->request.array()), citizen::Command(citizen::AnonymousCommand(command)),
        claim_head(*claiming), [claiming](const auto& receipt) { take_claim(claiming, receipt); });
}

/// Before anything is recorded: whoever could not answer it does not claim it.
Result<void> check_claimer(const citizen::State& state, const Claiming& claiming) {
    CHOPMARK_TRY(citizen::check_active(state));
    const bool signs = claiming.opened->leaf().kind() != schema::REQUEST_KIND_FORM_FILLING;
    if (signs && state.account.grade != schema::SIGN) {
        return citizen::signature_grade_too_low;
    }
    return {};
}

void look_claimer_up(const ClaimingPtr& claiming) {
    const AppPorts& ports = claiming->context.ports;
    ports.commands.look(claiming->phone.account, [claiming, &ports](const auto& state) {
        if (!state || *state == nullptr) {
            claiming->claimed(state ? Error(citizen::account_unknown) : state.error());
            return;
        }
        if (const auto may = check_claimer(**state, *claiming); !may) {
            refuse(*claiming, may.error());
            return;
        }
        claiming->person = rp::sources_of((*state)->account);
        if (!ports.work.try_post([claiming] { submit_claim(claiming); })) {
            claiming->claimed(Error(runtime::executor_busy));
        }
    });
}

void begin(const ClaimingPtr& claiming, const EventId& opened) {
    auto event = claiming->context.ports.finder.open_recorded(opened);
    if (!event) {
        claiming->claimed(event.error());
        return;
    }
    claiming->event = *std::move(event);
    claiming->opened = std::get_if<schema::RequestOpened>(claiming->event.get());
    if (claiming->opened == nullptr) {
        claiming->claimed(Error(citizen::request_unknown));
        return;
    }
    claiming->request =
        RequestId::from_bytes(claiming->opened->link().request_id()).value_or(RequestId());
    look_claimer_up(claiming);
}

}  // namespace

void claim_request(const AppContext& context, const EventId& opened, const http::AppCaller& phone,
                   Claimed claimed) {
    const auto claiming = std::make_shared<Claiming>(
        Claiming{context, phone, nullptr, nullptr, RequestId(), {}, std::move(claimed)});
    if (!context.ports.work.try_post([claiming, opened] { begin(claiming, opened); })) {
        claiming->claimed(Error(runtime::executor_busy));
    }
}

std::optional<RequestId> asked_by(const schema::Event& event) {
    return std::visit(
        []<class E>(const E& one) -> std::optional<RequestId> {
            if constexpr (std::is_same_v<E, schema::ConsentAsked> ||
                          std::is_same_v<E, schema::SignatureAsked> ||
                          std::is_same_v<E, schema::StepUpAsked>) {
                return RequestId::from_bytes(one.link().request_id());
            } else {
                return std::nullopt;
            }
        },
        event);
}

Result<TicketFound> find_ticket(const AppContext& context, const std::string& ticket,
                                const http::AppCaller& phone) {
    const AppPorts& ports = context.ports;
    const auto bearer =
        ports.secrets.bearer.parse(keys::BearerKind::ticket, ticket, ports.clock.now());
    if (!bearer) {
        return citizen::request_unknown;
    }
    CHOPMARK_ASSIGN(const auto found, ports.finder.find_recorded(bearer->event.array()));
    CHOPMARK_ASSIGN(const auto event, ports.finder.open(found.id));
    if (std::holds_alternative<schema::RequestOpened>(*event)) {
        return TicketFound{found.id, std::nullopt};
    }
    const auto request = asked_by(*event);
    if (!request || found.account != phone.account) {
        return citizen::request_unknown;
    }
    return TicketFound{EventId(), request};
}

void put_outcome(const AppContext& context, Json& body, const service::LoginSettled& settled) {
    const auto control = context.ports.control.latest();
    const rp::Family family =
        rp::family_of(control::find_relying_party(*control->state, settled.client));
    Json extras = Json::object();
    for (const auto& [name, value] : rp::outcome_of(settled, family)) {
        extras[name] = value;
    }
    body["extras"] = std::move(extras);
    if (!settled.redirect_uri.empty()) {
        body["redirect"] = rp::redirect_of(settled, family);
    }
}

Result<std::optional<service::LoginSettled>> way_back(const AppContext& context,
                                                      const SignedCall& call, const RequestId& id) {
    const citizen::Request& request = call.state->requests.requests.at(id);
    const auto control = context.ports.control.latest();
    CHOPMARK_ASSIGN(auto address, read_return(*control->state, request.client, call.body));
    if (!address || !request.anonymous) {
        return std::nullopt;
    }
    CHOPMARK_ASSIGN(const auto asked, rp::read_delivery(context.ports.finder, request));
    service::LoginSettled back;
    back.redirect_uri = *std::move(address);
    back.state = asked.state;
    back.client = request.client;
    back.request.emplace();
    back.request->request = id;
    back.request->kind =
        request.subject == citizen::RequestSubject::consent ? schema::REQUEST_KIND_FORM_FILLING
        : request.subject == citizen::RequestSubject::bulk  ? schema::REQUEST_KIND_BULK_SIGNING
                                                            : schema::REQUEST_KIND_HASH_SIGNING;
    back.request->business_id = asked.business_id;
    return std::optional(std::move(back));
}

Render telling_page(const AppContext& context, std::optional<service::LoginSettled> back,
                    Render then) {
    return [&context, back = std::move(back),
            then = std::move(then)](const runtime::Receipt& receipt) -> Result<Json> {
        const AppPorts& ports = context.ports;
        const auto end = service::request_end(ports.secrets.bearer, *receipt.event,
                                              receipt.event_id, receipt.recorded_at);
        if (end) {
            ports.desk.settle_request(end->request, end->account, end->code, end->error);
        }
        CHOPMARK_ASSIGN(Json body, then(receipt));
        if (end && back) {
            service::LoginSettled settled = *back;
            settled.code = end->code;
            settled.error = end->error;
            put_outcome(context, body, settled);
        }
        return body;
    };
}

}  // namespace chopmark::app
