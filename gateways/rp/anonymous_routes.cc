#include "gateways/rp/anonymous_routes.h"

#include "aggregates/citizen/request_anonymous.h"
#include "aggregates/runtime/command_service.h"
#include "events/crypto/digest.h"
#include "events/keys/pseudonym.h"
#include "events/schema/event.h"
#include "gateways/rp/asked_head.h"
#include "gateways/rp/bulk_listing.h"
#include "gateways/rp/bulk_result.h"
#include "gateways/rp/person.h"
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
/// `body` is Signing or BulkSigning, `frame` what they have in common.
template <class Body>
Result<citizen::SigningContent> signing_content(const Parts& parts, const Request& request,
                                                const AskHead& head, const Body& body,
                                                const Signing& frame) {
    if (frame.card_hash.empty()) {
        const bool there = service::has(request.content(), "HKICHash");
        return Error(there ? parameter_empty : parameter_missing, "HKICHash");
    }
    const ClientId& client = request.party().id;
    citizen::SigningContent content;
    const std::string code =
        citizen::identification_code({frame.digest, to_base64(frame.card_hash), client.hex()});
    content.kind = frame.kind;
    content.subject = subject_of(head, body, code);
    content.delivery = delivery_of<schema::SignatureDelivery>(head);
    content.card_token = card_token(parts.ports.secrets, client, frame.card_hash);
    return content;
}

/// One initiateRequest from its content to its answer.
struct Opening {
    RequestPtr request;
    AskHead head;
    OpenContent content;
    BulkParts documents;  // of bulk signing
    RequestId id{};
    EventId opened{};
    Instant opened_at{};
};
using OpeningPtr = std::shared_ptr<Opening>;
using ReadOpening = Result<Opening> (*)(const Parts& parts, const RequestPtr& request, Side side);

template <ReadBody read_body>
Result<Opening> read_one(const Parts& parts, const RequestPtr& request, Side side) {
    Opening opening;
    opening.request = request;
    CHOPMARK_ASSIGN(opening.head, read_anonymous_head(request->content(), request->party(), side));
    CHOPMARK_ASSIGN(const AskBody body, read_body(request->content()));
    if (const auto* form = std::get_if<FormFilling>(&body)) {
        opening.content = content_of(opening.head, *form);
        return opening;
    }
    const auto& signing = std::get<Signing>(body);
    CHOPMARK_ASSIGN(opening.content,
                    signing_content(parts, *request, opening.head, signing, signing));
    return opening;
}

/// What an earlier approval's token says is of one citizen, and nobody is known yet.
Result<Opening> read_bulk(const Parts& parts, const RequestPtr& request, Side side) {
    Opening opening;
    opening.request = request;
    CHOPMARK_ASSIGN(opening.head,
                    read_anonymous_bulk_head(request->content(), request->party(), side));
    CHOPMARK_ASSIGN(BulkSigning body, read_bulk_signing(request->content()));
    if (!body.agreement.empty()) {
        return Error(parameter_invalid, "bsqcToken");
    }
    CHOPMARK_ASSIGN(citizen::SigningContent content,
                    signing_content(parts, *request, opening.head, body, body.frame));
    content.documents = body.documents;
    content.parts = static_cast<std::uint32_t>(body.parts.size());
    content.delivery.set_max_callback_signatures(body.max_callback_signatures);
    opening.content = std::move(content);
    opening.documents = std::move(body.parts);
    return opening;
}

void answer_opened(Parts& parts, const Opening& opening) {
    nlohmann::ordered_json content;
    content["businessID"] = opening.head.business_id;
    content["authByQR"] = false;  // nobody is logged in whose phone could be told
    content["ticketID"] = parts.ports.secrets.bearer.mint(keys::BearerKind::ticket,
                                                          slot_of(AccountId(opening.id.array())),
                                                          opening.opened, opening.opened_at);
    answer(parts, *opening.request, content);
}

/// There is no ticket before all of a bulk request's documents are listed.
void list(Parts& parts, const OpeningPtr& opening) {
    Listing listing;
    listing.request = opening->request;
    listing.address = AccountId(opening->id.array());
    listing.asked = opening->opened;
    listing.parts = std::move(opening->documents);
    listing.command = [opening](std::uint32_t part, std::vector<schema::BulkDocument> documents) {
        citizen::ListRequest command{opening->id, opening->request->party().id, part,
                                     Sensitive(std::move(documents))};
        return citizen::Command(citizen::AnonymousCommand(std::move(command)));
    };
    listing.listed = [&parts, opening] { answer_opened(parts, *opening); };
    list_parts(parts, std::move(listing));
}

void take_opened(Parts& parts, const OpeningPtr& opening, const Result<runtime::Receipt>& receipt) {
    if (!receipt) {
        opening->request->reply->fail(receipt.error());
        return;
    }
    opening->opened = receipt->event_id;
    opening->opened_at = receipt->recorded_at;
    list(parts, opening);
}

void open_request(Parts& parts, ReadOpening read, Side side, const http::CallPtr& call,
                  http::Reply reply) {
    const RequestPtr request = take_request(parts, call, std::move(reply));
    if (request == nullptr) {
        return;
    }
    auto opening = read(parts, request, side);
    if (!opening) {
        request->reply->fail(opening.error());
        return;
    }
    citizen::OpenRequest command;
    command.client = request->party().id;
    command.request = draw_request(parts, command.client, opening->head.business_id);
    command.business_id =
        business_id_token(parts.ports.secrets, command.client, opening->head.business_id);
    command.content = Sensitive(std::move(opening->content));
    if (const auto unused =
            check_unused(parts.ports, request->party(), command.business_id, AccountId());
        !unused) {
        request->reply->fail(unused.error());
        return;
    }
    const auto going = std::make_shared<Opening>(*std::move(opening));
    going->id = command.request;
    parts.ports.commands.submit(AccountId(command.request.array()),
                                citizen::Command(citizen::AnonymousCommand(std::move(command))),
                                request->checked.head,
                                [&parts, going](Result<runtime::Receipt> receipt) {
                                    take_opened(parts, going, first_time(std::move(receipt)));
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
    std::uint32_t sequence = 1;  // of a bulk request: which of its callbacks
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
    CHOPMARK_ASSIGN(out.sequence, whole_number(content, "callbackSeq", 1,
                                               citizen::most_bulk_documents, out.sequence));
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

/// As one of its callbacks has it, in one; how it stands until all of it is signed.
Result<nlohmann::ordered_json> bulk_content(const Parts& parts, const Fetching& fetching,
                                            const AskedDelivery& delivery) {
    nlohmann::ordered_json content;
    content["businessID"] = delivery.business_id;
    content["state"] = delivery.state;
    content["signingStatus"] = bulk_status(fetching.asked);
    if (fetching.asked.being_signed() || fetching.asked.answer != citizen::Answer::granted) {
        return content;
    }
    auto result =
        bulk_result(parts.ports, fetching.certificate, fetching.asked, delivery, fetching.sequence);
    if (!result) {
        return result.error() == no_such_callback ? Error(parameter_invalid, "callbackSeq")
                                                  : result.error();
    }
    content.update(result->metadata);
    content.update(result->signatures);
    return content;
}

Result<nlohmann::ordered_json> read_result(const Parts& parts, const Fetching& fetching,
                                           const AskedDelivery& delivery) {
    const control::RelyingParty& party = fetching.request->party();
    CHOPMARK_TRY(
        check_open_id(parts.ports.events, fetching.person, party.open_id_group, fetching.open_id));
    return fetching.wanted == citizen::RequestSubject::bulk
               ? bulk_content(parts, fetching, delivery)
               : result_content(parts.ports, party, fetching.token.account, fetching.certificate,
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
    ReadOpening read;
    citizen::RequestSubject subject;

    [[nodiscard]] bool bulk() const { return subject == citizen::RequestSubject::bulk; }
    [[nodiscard]] Operation operation() const {
        return bulk() ? Operation::bulk : Operation::token;
    }
};

constexpr Flow flows[] = {
    {"anonymous/eme", "formFilling/anonymous", "consent", "form-filling fields",
     read_one<read_form_filling>, citizen::RequestSubject::consent},
    {"anonymous/signing", "signing/anonymous", "signature", "a signature",
     read_one<read_hash_signing>, citizen::RequestSubject::signature},
    {"anonymous/pdfsigning", "pdfsigning/anonymous", "pdf_signature",
     "a signature over a PDF's byte range", read_one<read_pdf_signing>,
     citizen::RequestSubject::signature},
    {"anonymous/bdss", "bdss/anonymous", "bulk", "signatures over up to 1,000 documents", read_bulk,
     citizen::RequestSubject::bulk}};

/// `whose` is "" or "corp_".
http::Route open_route(Parts& parts, const Flow& flow, const std::string& path,
                       const std::string& whose, Side side) {
    const bool app = side == Side::app;
    const std::string at_corp = whose.empty() ? "" : ", at CorpID's path";
    http::Route route = signed_route(
        parts, flow.operation(), (app ? "/api/appv1/" : "/api/v1/") + path + "/initiateRequest",
        (app ? "rp.app_" : "rp.") + whose + "open_" + flow.name,
        std::string(app ? "From an app: asks whoever has the phone for "
                        : "Asks whoever will scan the page for ") +
            flow.what + at_corp + ".",
        [&parts, read = flow.read, side](const http::CallPtr& call, http::Reply reply) {
            open_request(parts, read, side, call, std::move(reply));
        });
    if (flow.bulk()) {
        route.body_limit_bytes = bulk_request_bytes;
    }
    return route;
}

http::Route result_route(Parts& parts, const Flow& flow, const std::string& path,
                         const std::string& whose) {
    const std::string at_corp = whose.empty() ? "" : ", at CorpID's path";
    return signed_route(
        parts, flow.operation(), "/api/v1/" + path + "/getResult",
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
