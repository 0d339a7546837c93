#include "gateways/rp/token_route.h"

#include <fmt/format.h>

#include <algorithm>

#include "aggregates/citizen/scope.h"
#include "aggregates/runtime/command_service.h"
#include "events/crypto/digest.h"
#include "events/schema/event.h"
#include "gateways/rp/code_verifier.h"
#include "gateways/rp/parameters.h"
#include "gateways/rp/person.h"
#include "gateways/service/network.h"
#include "gateways/service/secrets.h"

namespace chopmark::rp {
namespace {

/// One getToken from its code to its answer.
struct Redemption {
    RequestPtr request;
    runtime::FoundEvent approved;
    PersonSources person;
    std::vector<std::string> scopes;
    nlohmann::ordered_json told;  // of the person; the token joins it
};
using RedemptionPtr = std::shared_ptr<Redemption>;

std::string joined(const std::vector<std::string>& words) {
    return fmt::format("{}", fmt::join(words, " "));
}

Result<runtime::FoundEvent> find_approved(Parts& parts, const Request& request) {
    CHOPMARK_ASSIGN(const std::string grant, text_parameter(request.content(), "grantType"));
    if (grant != "authorization_code") {
        return Error(parameter_invalid, "grantType");
    }
    CHOPMARK_ASSIGN(const std::string code, text_parameter(request.content(), "code"));
    const auto bearer =
        parts.ports.secrets.bearer.parse(keys::BearerKind::code, code, request.checked.now);
    if (!bearer) {
        return code_not_good;
    }
    // Of a one-tap login in an app; who has it from a page has none to send.
    if (service::has(request.content(), "code_verifier")) {
        CHOPMARK_ASSIGN(const std::string verifier,
                        text_parameter(request.content(), "code_verifier"));
        if (!verifies(parts.ports.secrets, code, verifier)) {
            return code_not_good;
        }
    }
    CHOPMARK_ASSIGN(const runtime::FoundEvent found,
                    parts.ports.events.find_recorded(bearer->event.array()));
    return found.account.is_zero() ? Result<runtime::FoundEvent>(code_not_good)
                                   : Result<runtime::FoundEvent>(found);
}

/// The salted digest for the leaf (citizen/claims.h). The salt goes to the relying party in a
/// header, for the wire has no field for it.
Digest claims_of(const ByteArray<16>& salt, const nlohmann::ordered_json& told) {
    return crypto::sha256({"chopmark/claims/1", view(salt), told.dump()});
}

void answer_redeemed(Parts& parts, Redemption& redemption, const ByteArray<16>& salt,
                     const Result<runtime::Receipt>& receipt) {
    http::Reply& reply = *redemption.request->reply;
    if (!receipt) {
        reply.fail(receipt.error());
        return;
    }
    const auto* redeemed = std::get_if<schema::LoginRedeemed>(receipt->event.get());
    if (redeemed == nullptr) {
        reply.fail(code_not_good);  // CodeReplayed: recorded, and told no more
        return;
    }
    nlohmann::ordered_json content;
    content["accessToken"] = parts.ports.secrets.bearer.mint(
        keys::BearerKind::access_token, slot_of(redemption.approved.account), receipt->event_id,
        receipt->recorded_at);
    content["tokenType"] = "Bearer";
    content["issueAt"] = receipt->recorded_at.millis();
    content["expiresIn"] = redeemed->leaf().token_life_ms();
    content.update(redemption.told);
    httplib::Response response =
        success(parts.ports.entropy, redemption.request->family(),
                parts.keys.seal(redemption.request->opened.key, content.dump()));
    response.set_header("Chopmark-Claims-Salt", to_base64(view(salt)));
    reply.send(std::move(response));
}

Result<void> read_told(Parts& parts, Redemption& redemption) {
    CHOPMARK_ASSIGN(const std::string open_id,
                    open_id_of(parts.ports.events, redemption.person,
                               redemption.request->party().open_id_group));
    CHOPMARK_ASSIGN(const Instant modified,
                    last_modified_of(parts.ports.events, redemption.person));
    redemption.told["openID"] = open_id;
    redemption.told["lastModifiedDate"] = modified.millis();
    redemption.told["userType"] = user_type(redemption.person.grade);
    redemption.told["scope"] = joined(redemption.scopes);
    return {};
}

void redeem(Parts& parts, const RedemptionPtr& redemption) {
    if (const auto read = read_told(parts, *redemption); !read) {
        redemption->request->reply->fail(read.error());
        return;
    }
    const CheckedCall& checked = redemption->request->checked;
    const httplib::Request& http = redemption->request->call->request;
    ByteArray<16> salt{};
    parts.ports.entropy.fill(salt);
    citizen::RedeemCode command;
    command.approved = redemption->approved.id;
    command.client = checked.party->id;
    command.relying_party = parts.ports.networks.endpoint(
        http.remote_addr, http.get_header_value("User-Agent"), checked.now);
    command.claims = claims_of(salt, redemption->told);
    parts.ports.commands.submit(
        redemption->approved.account, citizen::Command(citizen::LoginCommand(std::move(command))),
        checked.head, [&parts, redemption, salt](Result<runtime::Receipt> receipt) {
            answer_redeemed(parts, *redemption, salt, first_time(std::move(receipt)));
        });
}

std::string_view scope_of(citizen::RequestSubject subject) {
    switch (subject) {
        case citizen::RequestSubject::consent:
            return citizen::scope::form_filling;
        case citizen::RequestSubject::bulk:
            return citizen::scope::bulk_sign;
        case citizen::RequestSubject::signature:
        case citizen::RequestSubject::step_up:  // nobody asks for one without a token
            break;
    }
    return citizen::scope::sign;
}

/// Of a code that an anonymous request led to: what was asked for.
std::vector<std::string> scopes_of_request(const citizen::State& state, const EventId& granted) {
    for (const auto& [id, request] : state.requests.requests) {
        if (request.anonymous && request.answered == granted) {
            return {std::string(scope_of(request.subject))};
        }
    }
    return {};
}

void look_up_person(Parts& parts, const RedemptionPtr& redemption) {
    parts.ports.commands.look(
        redemption->approved.account,
        [&parts, redemption](Result<std::shared_ptr<const citizen::State>> state) {
            http::Reply& reply = *redemption->request->reply;
            if (!state || *state == nullptr) {
                reply.fail(state ? Error(code_not_good) : state.error());
                return;
            }
            redemption->person = sources_of((*state)->account);
            const auto& logins = (*state)->logins.logins;
            const auto login = std::find_if(logins.begin(), logins.end(), [&](const auto& entry) {
                return entry.second.approved == redemption->approved.id;
            });
            redemption->scopes = login != logins.end()
                                     ? login->second.scopes
                                     : scopes_of_request(**state, redemption->approved.id);
            const bool taken =
                parts.ports.work.try_post([&parts, redemption] { redeem(parts, redemption); });
            if (!taken) {
                reply.fail(runtime::executor_busy);
            }
        });
}

void get_token(Parts& parts, const http::CallPtr& call, http::Reply reply) {
    const RequestPtr request = take_request(parts, call, std::move(reply));
    if (request == nullptr) {
        return;
    }
    const auto approved = find_approved(parts, *request);
    if (!approved) {
        request->reply->fail(approved.error());
        return;
    }
    look_up_person(parts, std::make_shared<Redemption>(Redemption{request, *approved, {}, {}, {}}));
}

}  // namespace

http::Route token_route(Parts& parts) {
    return signed_route(parts, Operation::code, "/api/v1/auth/getToken", "rp.get_token",
                        "An access token for an authorisation code.",
                        [&parts](const http::CallPtr& call, http::Reply reply) {
                            get_token(parts, call, std::move(reply));
                        });
}

}  // namespace chopmark::rp
