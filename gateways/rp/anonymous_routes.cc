#include "gateways/rp/anonymous_routes.h"

#include "aggregates/citizen/request_anonymous.h"
#include "aggregates/runtime/command_service.h"
#include "events/crypto/digest.h"
#include "events/keys/pseudonym.h"
#include "events/schema/event.h"
#include "gateways/rp/person.h"
#include "gateways/rp/request_content.h"
#include "gateways/rp/request_result.h"
#include "gateways/service/secrets.h"

namespace chopmark::rp {
namespace {

using OpenContent = std::variant<citizen::FormFillingContent, citizen::SigningContent>;

// ---- initiateRequest
// -----------------------------------------------------------------------------

/// Begins with the slot where the request lives, so that it is its own address.
RequestId draw_request(Parts& parts, const ClientId& client, std::string_view business_id) {
    const std::uint16_t slot = keys::slot_of_request(client, business_id).value();
    auto bytes = parts.ports.entropy.draw<RequestId>().array();
    bytes[0] = static_cast<std::uint8_t>(slot >> 2U);
    bytes[1] = static_cast<std::uint8_t>((slot & 3U) << 6U | (bytes[1] & 0x3fU));
    return RequestId(bytes);
}

template <class Delivery>
Delivery delivery_of(const AskHead& head) {
    Delivery delivery;
    delivery.set_redirect_uri(head.redirect_uri);
    delivery.set_state(head.state);
    delivery.set_business_id(head.business_id);
    delivery.set_source(head.source);
    delivery.set_language(head.language);
    return delivery;
}

OpenContent content_of(const AskHead& head, const FormFilling& body) {
    citizen::FormFillingContent content;
    content.field_names = body.fields;
    content.delivery = delivery_of<schema::ConsentDelivery>(head);
    content.delivery.set_form_name(body.form_name);
    content.delivery.set_form_number(body.form_number);
    content.delivery.set_form_description(body.form_description);
    content.delivery.set_text(text_of_consent(head, body));
    content.delivery.set_callback_content_type(body.callback_content_type);
    return content;
}

/// Whoever signs has no open id yet: the identification code is over card and client (facts 6.3).
OpenContent content_of(const Parts& parts, const ClientId& client, const AskHead& head,
                       const Signing& body) {
    citizen::SigningContent content;
    const std::string code =
        citizen::identification_code({body.digest, to_base64(body.card_hash), client.hex()});
    content.kind = body.kind;
    content.subject = subject_of(head, body, code);
    content.delivery = delivery_of<schema::SignatureDelivery>(head);
    content.card_token = card_token(parts.ports.secrets, client, body.card_hash);
    return content;
}

Result<OpenContent> read_content(const Parts& parts, const Request& request, const AskHead& head,
                                 const AskBody& body) {
    if (const auto* form = std::get_if<FormFilling>(&body)) {
        return content_of(head, *form);
    }
    const auto& signing = std::get<Signing>(body);
    if (signing.card_hash.empty()) {
        const bool there = service::has(request.content(), "HKICHash");
        return Error(there ? parameter_empty : parameter_missing, "HKICHash");
    }
    return content_of(parts, request.party().id, head, signing);
}

void answer_opened(Parts& parts, Request& request, const std::string& business_id,
                   const Result<runtime::Receipt>& receipt) {
    if (!receipt) {
        request.reply->fail(receipt.error());
        return;
    }
    const auto& opened = std::get<schema::RequestOpened>(*receipt->event);
    const auto id = RequestId::from_bytes(opened.link().request_id()).value_or(RequestId());
    nlohmann::ordered_json content;
    content["businessID"] = business_id;
    content["authByQR"] = false;  // nobody is logged in whose phone could be told
    content["ticketID"] =
        parts.ports.secrets.bearer.mint(keys::BearerKind::ticket, slot_of(AccountId(id.array())),
                                        receipt->event_id, receipt->recorded_at);
    answer(parts, request, content);
}

void open_request(Parts& parts, ReadBody read_body, Side side, const http::CallPtr& call,
                  http::Reply reply) {
    const RequestPtr request = take_request(parts, call, std::move(reply));
    if (request == nullptr) {
        return;
    }
    const auto refuse = [&](const Error& error) { request->reply->fail(error); };
    const auto head = read_anonymous_head(request->content(), request->party(), side);
    const auto body = head ? read_body(request->content()) : Result<AskBody>(head.error());
    auto content =
        body ? read_content(parts, *request, *head, *body) : Result<OpenContent>(body.error());
    if (!content) {
        return refuse(content.error());
    }
    citizen::OpenRequest command;
    command.client = request->party().id;
    command.request = draw_request(parts, command.client, head->business_id);
    command.business_id = business_id_token(parts.ports.secrets, command.client, head->business_id);
    command.content = Sensitive(*std::move(content));
    if (const auto unused =
            check_unused(parts.ports, request->party(), command.business_id, AccountId());
        !unused) {
        return refuse(unused.error());
    }
    const AccountId address(command.request.array());
    parts.ports.commands.submit(
        address, citizen::Command(citizen::AnonymousCommand(std::move(command))),
        request->checked.head,
        [&parts, request, id = head->business_id](Result<runtime::Receipt> receipt) {
            answer_opened(parts, *request, id, first_time(std::move(receipt)));
        });
}

// ---- getResult
// -----------------------------------------------------------------------------------

/// One getResult from its token to its answer.
struct Fetching {
    RequestPtr request;
    citizen::RequestSubject wanted;
    std::string open_id;
    citizen::BusinessIdToken business_id;
    runtime::FoundEvent token;
    PersonSources person;
    citizen::Request asked;
    EventId certificate;
};

Result<Fetching> read_fetching(const Parts& parts, const RequestPtr& request,
                               citizen::RequestSubject wanted) {
    const service::Json& content = request->content();
    Fetching out;
    out.request = request;
    out.wanted = wanted;
    CHOPMARK_ASSIGN(const std::string id, text_parameter(content, "businessID"));
    CHOPMARK_ASSIGN(const std::string token, text_parameter(content, "accessToken"));
    CHOPMARK_ASSIGN(out.open_id, text_parameter(content, "openID", open_id_bytes));
    out.business_id = business_id_token(parts.ports.secrets, request->party().id, id);
    CHOPMARK_ASSIGN(out.token, find_token(parts, token, request->checked.now));
    return out;
}

/// The token of an anonymous request names it: it is good for nothing else.
Result<void> admit(const citizen::State& state, const citizen::TokenFacts& facts,
                   Fetching& fetching) {
    const auto at = state.requests.requests.find(facts.login);
    if (at == state.requests.requests.end() || !at->second.anonymous ||
        at->second.subject != fetching.wanted || at->second.business_id != fetching.business_id) {
        return Error(parameter_invalid, "businessID");
    }
    fetching.asked = at->second;
    fetching.person = sources_of(state.account);
    fetching.certificate = state.certificate.source;
    return {};
}

Result<nlohmann::ordered_json> read_result(const Parts& parts, const Fetching& fetching,
                                           const AskedDelivery& delivery) {
    const control::RelyingParty& party = fetching.request->party();
    CHOPMARK_TRY(
        check_open_id(parts.ports.events, fetching.person, party.open_id_group, fetching.open_id));
    return result_content(parts.ports, party, fetching.token.account, fetching.certificate,
                          fetching.asked, delivery);
}

/// What was granted and taken back since has the code of how it ended, and no content.
void tell(Parts& parts, const Fetching& fetching) {
    Request& request = *fetching.request;
    const auto delivery = read_delivery(parts.ports.events, fetching.asked);
    const auto content = delivery ? read_result(parts, fetching, *delivery)
                                  : Result<nlohmann::ordered_json>(delivery.error());
    if (!content) {
        request.reply->fail(content.error());
        return;
    }
    const int number = code_of(fetching.asked, delivery->first_code);
    if (number == 0) {
        answer(parts, request, *content);
    } else {
        request.reply->send(failure(parts.ports.entropy, request.family(), return_code(number)));
    }
}

void get_result(Parts& parts, citizen::RequestSubject wanted, const http::CallPtr& call,
                http::Reply reply) {
    const RequestPtr request = take_request(parts, call, std::move(reply));
    if (request == nullptr) {
        return;
    }
    auto read = read_fetching(parts, request, wanted);
    if (!read) {
        request->reply->fail(read.error());
        return;
    }
    const auto fetching = std::make_shared<Fetching>(*std::move(read));
    look_up_token(
        parts, request, fetching->token,
        [fetching](const citizen::State& state, const citizen::TokenFacts& facts) {
            return admit(state, facts, *fetching);
        },
        [&parts, fetching] { tell(parts, *fetching); });
}

struct Flow {
    const char* path;
    const char* corp_path;
    const char* name;
    const char* what;
    ReadBody read;
    citizen::RequestSubject subject;
};

constexpr Flow flows[] = {
    {"anonymous/eme", "formFilling/anonymous", "consent", "form-filling fields", read_form_filling,
     citizen::RequestSubject::consent},
    {"anonymous/signing", "signing/anonymous", "signature", "a signature", read_hash_signing,
     citizen::RequestSubject::signature},
    {"anonymous/pdfsigning", "pdfsigning/anonymous", "pdf_signature",
     "a signature over a PDF's byte range", read_pdf_signing, citizen::RequestSubject::signature}};

/// `whose` is "" or "corp_".
http::Route open_route(Parts& parts, const Flow& flow, const std::string& path,
                       const std::string& whose, Side side) {
    const bool app = side == Side::app;
    const std::string at_corp = whose.empty() ? "" : ", at CorpID's path";
    return signed_route(
        parts, Operation::token, (app ? "/api/appv1/" : "/api/v1/") + path + "/initiateRequest",
        (app ? "rp.app_" : "rp.") + whose + "open_" + flow.name,
        std::string(app ? "From an app: asks whoever has the phone for "
                        : "Asks whoever will scan the page for ") +
            flow.what + at_corp + ".",
        [&parts, read = flow.read, side](const http::CallPtr& call, http::Reply reply) {
            open_request(parts, read, side, call, std::move(reply));
        });
}

http::Route result_route(Parts& parts, const Flow& flow, const std::string& path,
                         const std::string& whose) {
    const std::string at_corp = whose.empty() ? "" : ", at CorpID's path";
    return signed_route(
        parts, Operation::token, "/api/v1/" + path + "/getResult",
        "rp." + whose + "result_" + flow.name,
        std::string("Fetches ") + flow.what + " under the token of the code that came back" +
            at_corp + ".",
        [&parts, subject = flow.subject](const http::CallPtr& call, http::Reply reply) {
            get_result(parts, subject, call, std::move(reply));
        });
}

}  // namespace

std::vector<http::Route> anonymous_routes(Parts& parts) {
    std::vector<http::Route> rows;
    for (const Flow& flow : flows) {
        for (const bool corp : {false, true}) {
            const std::string path = corp ? flow.corp_path : flow.path;
            const std::string whose = corp ? "corp_" : "";
            rows.push_back(open_route(parts, flow, path, whose, Side::web));
            rows.push_back(open_route(parts, flow, path, whose, Side::app));
            rows.push_back(result_route(parts, flow, path, whose));
        }
    }
    return rows;
}

}  // namespace chopmark::rp
