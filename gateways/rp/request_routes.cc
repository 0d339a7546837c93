#include "gateways/rp/request_routes.h"

#include "aggregates/runtime/command_service.h"
#include "events/crypto/digest.h"
#include "events/schema/event.h"
#include "gateways/http/target.h"
#include "gateways/rp/asked_head.h"
#include "gateways/rp/request_content.h"
#include "gateways/rp/token_asking.h"
#include "gateways/service/queries.h"
#include "gateways/service/secrets.h"

namespace chopmark::rp {
namespace {

struct Asking : TokenAsking {
    AskBody body;
};
using AskingPtr = std::shared_ptr<Asking>;

// ---- the command
// ---------------------------------------------------------------------------------

citizen::RequestHead request_head(Parts& parts, const Asking& asking) {
    return request_head(parts.ports.entropy, asking.request->party().id, asking.business_id,
                        asking.head, {asking.token.id, asking.by_qr});
}

citizen::Command command_of(Parts& parts, const Asking& asking, const FormFilling& body) {
    citizen::AskConsent command;
    command.head = request_head(parts, asking);
    command.purpose = body.purpose;
    command.field_names = body.fields;
    auto delivery = delivery_of<schema::ConsentDelivery>(asking.head);
    delivery.set_form_name(body.form_name);
    delivery.set_form_number(body.form_number);
    delivery.set_form_description(body.form_description);
    delivery.set_text(text_of_consent(asking.head, body));
    delivery.set_callback_content_type(body.callback_content_type);
    command.text_digest = crypto::sha256(delivery.text());
    command.delivery = Sensitive(std::move(delivery));
    return citizen::ConsentCommand(std::move(command));
}

citizen::Command command_of(Parts& parts, const Asking& asking, const Signing& body,
                            std::optional<citizen::CardVerdict> card) {
    citizen::AskSignature command;
    command.head = request_head(parts, asking);
    command.kind = body.kind;
    command.card = card;
    const std::string code = citizen::identification_code({body.digest, asking.head.open_id});
    command.subject = Sensitive(subject_of(asking.head, body, code));
    command.delivery = Sensitive(delivery_of<schema::SignatureDelivery>(asking.head));
    return citizen::SignatureCommand(std::move(command));
}

citizen::Command command_of(Parts& parts, const Asking& asking, const Reauthentication& body) {
    citizen::AskStepUp command;
    command.head = request_head(parts, asking);
    command.methods = body.methods;
    auto delivery = delivery_of<schema::StepUpDelivery>(asking.head);
    delivery.set_text(text_of_step_up(asking.head, body));
    command.text_digest = crypto::sha256(delivery.text());
    command.delivery = Sensitive(std::move(delivery));
    return citizen::StepUpCommand(std::move(command));
}

Result<citizen::Command> make_command(Parts& parts, Asking& asking) {
    CHOPMARK_ASSIGN(asking.head.open_id,
                    check_open_id(parts.ports.events, asking.person,
                                  asking.request->party().open_id_group, asking.head.open_id));
    if (const auto* form = std::get_if<FormFilling>(&asking.body)) {
        return command_of(parts, asking, *form);
    }
    if (const auto* step_up = std::get_if<Reauthentication>(&asking.body)) {
        return command_of(parts, asking, *step_up);
    }
    const auto& signing = std::get<Signing>(asking.body);
    std::optional<citizen::CardVerdict> card;
    if (!signing.card_hash.empty()) {
        CHOPMARK_ASSIGN(const bool matches,
                        card_matches(parts.ports.events, asking.person, signing.card_hash));
        card = citizen::CardVerdict{matches, asking.person.card};
    }
    return command_of(parts, asking, signing, card);
}

// ---- initiateRequest
// -----------------------------------------------------------------------------

void answer_asked(Parts& parts, const Asking& asking, const Result<runtime::Receipt>& receipt) {
    if (!receipt) {
        asking.request->reply->fail(receipt.error());
        return;
    }
    if (std::holds_alternative<schema::SignatureRefused>(*receipt->event)) {
        asking.request->reply->fail(citizen::signature_hkic_mismatch);  // recorded as such
        return;
    }
    nlohmann::ordered_json content;
    content["businessID"] = asking.head.business_id;
    content["authByQR"] = asking.by_qr;
    content["ticketID"] =
        parts.ports.secrets.bearer.mint(keys::BearerKind::ticket, slot_of(asking.token.account),
                                        receipt->event_id, receipt->recorded_at);
    answer(parts, *asking.request, content);
}

void ask(Parts& parts, const AskingPtr& asking) {
    const auto unused = check_unused(parts.ports, asking->request->party(), asking->business_id,
                                     asking->token.account);
    auto command = unused ? make_command(parts, *asking) : Result<citizen::Command>(unused.error());
    if (!command) {
        asking->request->reply->fail(command.error());
        return;
    }
    parts.ports.commands.submit(asking->token.account, *std::move(command),
                                asking->request->checked.head,
                                [&parts, asking](Result<runtime::Receipt> receipt) {
                                    answer_asked(parts, *asking, first_time(std::move(receipt)));
                                });
}

void initiate(Parts& parts, ReadBody read_body, Side side, const http::CallPtr& call,
              http::Reply reply) {
    const RequestPtr request = take_request(parts, call, std::move(reply));
    if (request == nullptr) {
        return;
    }
    auto head = read_ask_head(request->content(), request->party(), side);
    auto body = head ? read_body(request->content()) : Result<AskBody>(head.error());
    if (!body) {
        request->reply->fail(body.error());
        return;
    }
    const auto asking =
        std::make_shared<Asking>(Asking{{request, *std::move(head), side}, *std::move(body)});
    look_up_asking(parts, asking, [&parts, asking] { ask(parts, asking); });
}

// ---- ackResult
// -----------------------------------------------------------------------------------

Result<schema::SigningResult> read_result(const service::Json& content) {
    CHOPMARK_ASSIGN(const std::string text, text_parameter(content, "signingResult"));
    if (text == "SR001") {
        return schema::SIGNING_RESULT_ACCEPTED;
    }
    if (text == "SR002") {
        return schema::SIGNING_RESULT_REJECTED;
    }
    if (text == "SR003") {
        return schema::SIGNING_RESULT_NOTHING_RECEIVED;
    }
    return Error(parameter_invalid, "signingResult");
}

void acknowledge(Parts& parts, citizen::RequestSubject subject, const http::CallPtr& call,
                 http::Reply reply) {
    const RequestPtr request = take_request(parts, call, std::move(reply));
    if (request == nullptr) {
        return;
    }
    const auto result = read_result(request->content());
    const auto business_id = result ? text_parameter(request->content(), "businessID")
                                    : Result<std::string>(result.error());
    if (!business_id) {
        request->reply->fail(business_id.error());
        return;
    }
    citizen::AcknowledgeSignature command;
    command.client = request->party().id;
    command.business_id = business_id_token(parts.ports.secrets, command.client, *business_id);
    command.result = *result;
    command.subject = subject;
    const auto account = account_asked(parts, *request, command.business_id);
    if (!account) {
        request->reply->fail(account.error());
        return;
    }
    parts.ports.commands.submit(
        *account, citizen::Command(citizen::SignatureCommand(command)), request->checked.head,
        [&parts, request, id = *business_id](Result<runtime::Receipt> receipt) {
            const auto done = first_time(std::move(receipt));
            if (!done) {
                request->reply->fail(done.error());
                return;
            }
            nlohmann::ordered_json content;
            content["businessID"] = id;
            answer(parts, *request, content);
        });
}

// ---- what only a register of companies could answer
// -------------------------------------------------------------------------------

/// Authentic clients alone are told so.
void refuse_corporate(Parts& parts, const http::CallPtr& call, http::Reply reply) {
    if (const RequestPtr request = take_request(parts, call, std::move(reply))) {
        request->reply->fail(no_companies_register);
    }
}

struct AskRow {
    const char* path;
    const char* name;
    const char* summary;
    ReadBody read;
};

/// From account/auth/eme on as some clients send it (2.1.12); below the twins of CorpID (6.1), for
/// its clients' iAM Smart part.
constexpr AskRow ask_rows[] = {
    {"account/eme", "ask_consent", "Asks for form-filling fields", read_form_filling},
    {"account/auth/eme", "ask_by_content",
     "As some clients send it: form filling or signing, by what is in it", read_by_content},
    {"account/auth/profile", "ask_profile", "Asks for the verified profile, by callback",
     read_profile},
    {"account/signing", "ask_signature", "Asks for a signature", read_hash_signing},
    {"account/pdfsigning", "ask_pdf_signature", "Asks for a signature over a PDF's byte range",
     read_pdf_signing},
    {"account/stepup", "ask_step_up", "Asks for re-authentication", read_reauthentication},
    {"formFilling", "corp_ask_consent", "Asks for form-filling fields, at CorpID's path",
     read_form_filling},
    {"signing", "corp_ask_signature", "Asks for a signature, at CorpID's path", read_hash_signing},
    {"pdfsigning", "corp_ask_pdf_signature",
     "Asks for a signature over a PDF's byte range, at CorpID's path", read_pdf_signing}};

http::Route ask_route(Parts& parts, const AskRow& row, Side side) {
    const bool app = side == Side::app;
    return signed_route(
        parts, Operation::token,
        std::string(app ? "/api/appv1/" : "/api/v1/") + row.path + "/initiateRequest",
        std::string(app ? "rp.app_" : "rp.") + row.name,
        std::string(row.summary) + (app ? ", from an app on the citizen's phone." : "."),
        [&parts, read = row.read, side](const http::CallPtr& call, http::Reply reply) {
            initiate(parts, read, side, call, std::move(reply));
        });
}

}  // namespace

Result<AccountId> account_asked(const Parts& parts, const Request& request,
                                const citizen::BusinessIdToken& business_id) {
    if (service::has(request.content(), "accessToken")) {
        CHOPMARK_ASSIGN(const std::string text, text_parameter(request.content(), "accessToken"));
        CHOPMARK_ASSIGN(const auto found, find_token(parts, text, request.checked.now));
        return found.account;
    }
    return asked_account(parts.ports, business_id, asked_requests::Subject::signature);
}

http::Route acknowledging_route(Parts& parts, citizen::RequestSubject subject,
                                const std::string& path, std::string name) {
    const bool bulk = subject == citizen::RequestSubject::bulk;
    return signed_route(parts, bulk ? Operation::bulk_acknowledgement : Operation::acknowledgement,
                        "/api/v1/" + path, std::move(name),
                        bulk ? "What the relying party made of many signatures."
                             : "What the relying party made of a signature.",
                        [&parts, subject](const http::CallPtr& call, http::Reply reply) {
                            acknowledge(parts, subject, call, std::move(reply));
                        });
}

std::vector<http::Route> request_routes(Parts& parts) {
    const auto acknowledging = [&parts](const std::string& path, std::string name) {
        return acknowledging_route(parts, citizen::RequestSubject::signature, path,
                                   std::move(name));
    };
    const auto refusing = [&parts](std::string path, std::string name) {
        return signed_route(parts, Operation::token, "/api/v1/" + path, std::move(name),
                            "Refused: there is no register of companies here.",
                            [&parts](const http::CallPtr& call, http::Reply reply) {
                                refuse_corporate(parts, call, std::move(reply));
                            });
    };
    std::vector<http::Route> rows;
    for (const Side side : {Side::web, Side::app}) {
        for (const AskRow& row : ask_rows) {
            rows.push_back(ask_route(parts, row, side));
        }
    }
    rows.push_back(acknowledging("account/signing/ackResult", "rp.ack_signature"));
    rows.push_back(acknowledging("account/pdfsigning/ackResult", "rp.ack_pdf_signature"));
    rows.push_back(acknowledging("signing/ackResult", "rp.corp_ack_signature"));
    rows.push_back(acknowledging("pdfsigning/ackResult", "rp.corp_ack_pdf_signature"));
    rows.push_back(refusing("corp/requestDocList", "rp.corp_document_list"));
    rows.push_back(refusing("corp/getDocDetail", "rp.corp_document_detail"));
    rows.push_back(refusing("corp/uploadDoc", "rp.corp_document_upload"));
    rows.push_back(refusing("corp/requestDocSharing", "rp.corp_document_sharing"));
    return rows;
}

}  // namespace chopmark::rp
