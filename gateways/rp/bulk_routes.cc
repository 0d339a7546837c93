#include "gateways/rp/bulk_routes.h"

#include "aggregates/runtime/command_service.h"
#include "events/schema/event.h"
#include "gateways/rp/asked_head.h"
#include "gateways/rp/bulk_content.h"
#include "gateways/rp/bulk_listing.h"
#include "gateways/rp/bulk_result.h"
#include "gateways/rp/request_routes.h"
#include "gateways/rp/token_asking.h"
#include "gateways/service/secrets.h"

namespace chopmark::rp {
namespace {

using Json = nlohmann::ordered_json;

struct Asking : TokenAsking {
    BulkSigning body;
    RequestId id{};
    EventId asked{};
    Instant asked_at{};
};
using AskingPtr = std::shared_ptr<Asking>;

// ---- tokens of earlier agreements
// --------------------------------------------------------------------

bool is_gone(const Error& error) {
    return error == runtime::event_unknown || error.kind() == Kind::expired;
}

/// The approval that a BSQC token names, if this request is like it.
Result<EventId> find_agreement(Parts& parts, const Asking& asking) {
    const std::string& token = asking.body.agreement;
    const auto bearer = parts.ports.secrets.bearer.parse(keys::BearerKind::bulk_agreement, token,
                                                         asking.request->checked.now);
    if (!bearer) {
        return bulk_agreement_unknown;
    }
    const auto found = parts.ports.events.find_recorded(bearer->event.array());
    const auto event = found ? parts.ports.events.open(found->id)
                             : Result<std::shared_ptr<const schema::Event>>(found.error());
    if (!event) {
        return is_gone(event.error()) ? Error(bulk_agreement_unknown) : event.error();
    }
    const auto* approved = std::get_if<schema::BulkApproved>(event->get());
    if (approved == nullptr || found->account != asking.token.account ||
        approved->leaf().client_id() != asking.request->party().id.bytes()) {
        return bulk_agreement_unknown;
    }
    const bool same = approved->personal().department() == asking.body.frame.department &&
                      approved->personal().service_name() == asking.body.frame.service_name;
    return same ? Result<EventId>(found->id) : bulk_agreement_differs;
}

// ---- initiateRequest
// -----------------------------------------------------------------------------

Result<citizen::AskBulk> make_command(Parts& parts, Asking& asking) {
    CHOPMARK_ASSIGN(asking.head.open_id,
                    check_open_id(parts.ports.events, asking.person,
                                  asking.request->party().open_id_group, asking.head.open_id));
    citizen::AskBulk command;
    if (!asking.body.agreement.empty()) {
        CHOPMARK_ASSIGN(command.agreement, find_agreement(parts, asking));
    }
    const Signing& frame = asking.body.frame;
    if (!frame.card_hash.empty()) {
        CHOPMARK_ASSIGN(const bool matches,
                        card_matches(parts.ports.events, asking.person, frame.card_hash));
        command.card = citizen::CardVerdict{matches, asking.person.card};
    }
    command.head = request_head(parts.ports.entropy, asking.request->party().id, asking.business_id,
                                asking.head, {asking.token.id, asking.by_qr});
    command.documents = asking.body.documents;
    command.parts = static_cast<std::uint32_t>(asking.body.parts.size());
    const std::string code = citizen::identification_code({frame.digest, asking.head.open_id});
    command.subject = Sensitive(subject_of(asking.head, asking.body, code));
    auto delivery = delivery_of<schema::SignatureDelivery>(asking.head);
    delivery.set_max_callback_signatures(asking.body.max_callback_signatures);
    command.delivery = Sensitive(std::move(delivery));
    asking.id = command.head.request;
    return command;
}

void answer_listed(Parts& parts, const Asking& asking) {
    Json content;
    content["businessID"] = asking.head.business_id;
    content["authByQR"] = asking.by_qr;
    content["ticketID"] = parts.ports.secrets.bearer.mint(
        keys::BearerKind::ticket, slot_of(asking.token.account), asking.asked, asking.asked_at);
    answer(parts, *asking.request, content);
}

void list(Parts& parts, const AskingPtr& asking) {
    Listing listing;
    listing.request = asking->request;
    listing.address = asking->token.account;
    listing.asked = asking->asked;
    listing.parts = std::move(asking->body.parts);
    listing.command = [asking](std::uint32_t part, std::vector<schema::BulkDocument> documents) {
        citizen::ListBulk command{asking->id, asking->request->party().id, part,
                                  Sensitive(std::move(documents))};
        return citizen::Command(citizen::BulkCommand(std::move(command)));
    };
    listing.listed = [&parts, asking] { answer_listed(parts, *asking); };
    list_parts(parts, std::move(listing));
}

void take_asked(Parts& parts, const AskingPtr& asking, const Result<runtime::Receipt>& receipt) {
    if (!receipt) {
        asking->request->reply->fail(receipt.error());
    } else if (std::holds_alternative<schema::SignatureRefused>(*receipt->event)) {
        asking->request->reply->fail(citizen::signature_hkic_mismatch);  // recorded as such
    } else {
        asking->asked = receipt->event_id;
        asking->asked_at = receipt->recorded_at;
        list(parts, asking);
    }
}

void ask(Parts& parts, const AskingPtr& asking) {
    const auto unused = check_unused(parts.ports, asking->request->party(), asking->business_id,
                                     asking->token.account);
    auto command = unused ? make_command(parts, *asking) : Result<citizen::AskBulk>(unused.error());
    if (!command) {
        asking->request->reply->fail(command.error());
        return;
    }
    parts.ports.commands.submit(
        asking->token.account, citizen::Command(citizen::BulkCommand(*std::move(command))),
        asking->request->checked.head, [&parts, asking](Result<runtime::Receipt> receipt) {
            take_asked(parts, asking, first_time(std::move(receipt)));
        });
}

void initiate(Parts& parts, Side side, const http::CallPtr& call, http::Reply reply) {
    const RequestPtr request = take_request(parts, call, std::move(reply));
    if (request == nullptr) {
        return;
    }
    auto head = read_ask_head(request->content(), request->party(), side);
    auto body = head ? read_bulk_signing(request->content()) : Result<BulkSigning>(head.error());
    if (!body) {
        request->reply->fail(body.error());
        return;
    }
    const auto asking =
        std::make_shared<Asking>(Asking{{request, *std::move(head), side}, *std::move(body)});
    look_up_asking(parts, asking, [&parts, asking] { ask(parts, asking); });
}

// ---- what became of it
// -------------------------------------------------------------------------------

constexpr std::string_view no_request = "SS006";

void answer_status(Parts& parts, Request& request, const std::string& business_id,
                   std::string_view status) {
    Json content;
    content["businessID"] = business_id;
    content["signingStatus"] = status;
    answer(parts, request, content);
}

/// A request about one that was made: its businessID, and whose it is.
struct About {
    RequestPtr request;
    std::string business_id;
    citizen::BusinessIdToken token;
    Result<AccountId> account;
};
using AboutPtr = std::shared_ptr<About>;

/// Null where the reply has been given.
AboutPtr take_about(Parts& parts, const http::CallPtr& call, http::Reply reply) {
    const RequestPtr request = take_request(parts, call, std::move(reply));
    if (request == nullptr) {
        return nullptr;
    }
    auto id = text_parameter(request->content(), "businessID");
    if (!id) {
        request->reply->fail(id.error());
        return nullptr;
    }
    const auto token = business_id_token(parts.ports.secrets, request->party().id, *id);
    return std::make_shared<About>(
        About{request, *std::move(id), token, account_asked(parts, *request, token)});
}

void enquire(Parts& parts, const http::CallPtr& call, http::Reply reply) {
    const AboutPtr about = take_about(parts, call, std::move(reply));
    if (about == nullptr) {
        return;
    }
    if (!about->account) {
        if (about->account.error() == citizen::request_unknown) {
            answer_status(parts, *about->request, about->business_id, no_request);
        } else {
            about->request->reply->fail(about->account.error());
        }
        return;
    }
    parts.ports.commands.look(
        *about->account,
        [&parts, about](const Result<std::shared_ptr<const citizen::State>>& state) {
            if (!state) {
                about->request->reply->fail(state.error());
                return;
            }
            const auto* found = *state == nullptr
                                    ? nullptr
                                    : citizen::find_bulk((*state)->requests,
                                                         about->request->party().id, about->token);
            answer_status(parts, *about->request, about->business_id,
                          found == nullptr ? no_request : bulk_status(found->second));
        });
}

void cancel(Parts& parts, const http::CallPtr& call, http::Reply reply) {
    const AboutPtr about = take_about(parts, call, std::move(reply));
    if (about == nullptr) {
        return;
    }
    if (!about->account) {
        about->request->reply->fail(about->account.error());
        return;
    }
    const citizen::CancelBulk command{about->request->party().id, about->token};
    parts.ports.commands.submit(
        *about->account, citizen::Command(citizen::BulkCommand(command)),
        about->request->checked.head, [&parts, about](Result<runtime::Receipt> receipt) {
            const auto done = first_time(std::move(receipt));
            if (!done) {
                about->request->reply->fail(done.error());
            } else if (!std::holds_alternative<schema::BulkCancelled>(*done->event)) {
                about->request->reply->fail(citizen::bulk_not_pending);  // its time-out instead
            } else {
                answer_status(parts, *about->request, about->business_id, "SS004");
            }
        });
}

// ---- getBSQCToken
// ------------------------------------------------------------------------------------

struct Agreeing {
    RequestPtr request;
    std::string business_id;
    runtime::FoundEvent token;
    PersonSources person;
    EventId approved{};
};

void give_agreement(Parts& parts, const std::string& open_id, const Agreeing& agreeing) {
    const auto good = check_open_id(parts.ports.events, agreeing.person,
                                    agreeing.request->party().open_id_group, open_id);
    if (!good) {
        agreeing.request->reply->fail(good.error());
        return;
    }
    Json content;
    content["businessID"] = agreeing.business_id;
    content["bsqcToken"] = parts.ports.secrets.bearer.mint(
        keys::BearerKind::bulk_agreement, slot_of(agreeing.token.account), agreeing.approved,
        agreeing.request->checked.now);
    answer(parts, *agreeing.request, content);
}

void agree(Parts& parts, const http::CallPtr& call, http::Reply reply) {
    const RequestPtr request = take_request(parts, call, std::move(reply));
    if (request == nullptr) {
        return;
    }
    const auto read = [&]() -> Result<std::pair<Agreeing, std::string>> {
        const service::Json& content = request->content();
        CHOPMARK_ASSIGN(std::string business_id, text_parameter(content, "businessID"));
        CHOPMARK_ASSIGN(const std::string access, text_parameter(content, "accessToken"));
        CHOPMARK_ASSIGN(std::string open_id, text_parameter(content, "openID", open_id_bytes));
        CHOPMARK_ASSIGN(const auto token, find_token(parts, access, request->checked.now));
        return std::pair{Agreeing{request, std::move(business_id), token, {}}, std::move(open_id)};
    }();
    if (!read) {
        request->reply->fail(read.error());
        return;
    }
    const auto agreeing = std::make_shared<Agreeing>(read->first);
    const auto token =
        business_id_token(parts.ports.secrets, request->party().id, agreeing->business_id);
    look_up_token(
        parts, request, agreeing->token,
        [agreeing, token](const citizen::State& state, const citizen::TokenFacts&) -> Result<void> {
            const auto* found =
                citizen::find_bulk(state.requests, agreeing->request->party().id, token);
            if (found == nullptr || found->second.answer != citizen::Answer::granted) {
                return bulk_agreement_unknown;
            }
            agreeing->approved = found->second.answered;
            agreeing->person = sources_of(state.account);
            return {};
        },
        [&parts, agreeing, open_id = read->second] { give_agreement(parts, open_id, *agreeing); });
}

// ---- rows
// --------------------------------------------------------------------------------------------

http::Route ask_route(Parts& parts, const std::string& path, const std::string& whose, Side side) {
    const bool app = side == Side::app;
    http::Route route = signed_route(parts, Operation::bulk,
                                     (app ? "/api/appv1/" : "/api/v1/") + path + "/initiateRequest",
                                     (app ? "rp.app_" : "rp.") + whose + "ask_bulk",
                                     std::string("Asks for signatures over up to 1,000 documents") +
                                         (app ? ", from an app on the citizen's phone." : "."),
                                     [&parts, side](const http::CallPtr& call, http::Reply reply) {
                                         initiate(parts, side, call, std::move(reply));
                                     });
    route.body_limit_bytes = bulk_request_bytes;
    return route;
}

}  // namespace

std::vector<http::Route> bulk_routes(Parts& parts) {
    using Handle = void (*)(Parts&, const http::CallPtr&, http::Reply);
    std::vector<http::Route> rows;
    for (const bool corp : {false, true}) {
        const std::string path = corp ? "bdss" : "account/bdss";
        const std::string whose = corp ? "corp_" : "";
        const auto add = [&](Operation operation, const char* call, const std::string& name,
                             const char* summary, Handle handle) {
            rows.push_back(signed_route(
                parts, operation, "/api/v1/" + path + "/" + call, "rp." + whose + name, summary,
                [&parts, handle](const http::CallPtr& received, http::Reply reply) {
                    handle(parts, received, std::move(reply));
                }));
        };
        rows.push_back(ask_route(parts, path, whose, Side::web));
        rows.push_back(ask_route(parts, path, whose, Side::app));
        rows.push_back(acknowledging_route(parts, citizen::RequestSubject::bulk,
                                           path + "/ackResult", "rp." + whose + "ack_bulk"));
        add(Operation::bulk_state, "enquireStatus", "bulk_status",
            "How a bulk request stands: SS001 to SS006.", enquire);
        add(Operation::bulk_state, "cancelRequest", "cancel_bulk",
            "Cancels a bulk request that the citizen has not answered.", cancel);
        add(Operation::bulk, "getBSQCToken", "bulk_agreement",
            "A token for a bulk request that the citizen approved.", agree);
    }
    return rows;
}

}  // namespace chopmark::rp
