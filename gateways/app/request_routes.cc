#include "gateways/app/request_routes.h"

#include "aggregates/citizen/state.h"
#include "aggregates/citizen/step_up.h"
#include "events/crypto/digest.h"
#include "gateways/app/phone_evidence.h"
#include "gateways/app/request_claim.h"
#include "gateways/app/simple_row.h"

namespace chopmark::app {
namespace {

Result<citizen::GrantConsent> read_grant(const AppContext& context, const SignedCall& call) {
    citizen::GrantConsent out;
    CHOPMARK_ASSIGN(out.request, answered_request(call));
    CHOPMARK_ASSIGN(out.field_names, service::texts_of(call.body, "fields"));
    CHOPMARK_ASSIGN(const std::int64_t version, service::number_of(call.body, "profile_version"));
    if (version < 0) {
        return Error(service::json_member, "profile_version");
    }
    out.profile_version = static_cast<std::uint64_t>(version);
    out.proof = call.proof();
    out.phone = endpoint_of(context, *call.call);
    return out;
}

/// Of a request, or of a login with profile scopes; the state knows which stand.
Result<citizen::WithdrawConsent> read_withdrawal(const SignedCall& call) {
    CHOPMARK_ASSIGN(const auto request, service::id_of<RequestId>(call.body, "request"));
    return citizen::WithdrawConsent{request, call.proof()};
}

Result<citizen::PassStepUp> read_step_up(const AppContext& context, const SignedCall& call) {
    citizen::PassStepUp out;
    CHOPMARK_ASSIGN(out.request, answered_request(call));
    out.proof = call.proof();
    CHOPMARK_ASSIGN(out.checks, step_up_checks(context, call));
    out.phone = endpoint_of(context, *call.call);
    return out;
}

/// A face or a chip that was checked and is not the citizen's, as opposed to none.
bool is_failed_check(const Error& error) {
    return error == citizen::face_not_matched || error == citizen::liveness_failed ||
           error == citizen::chip_not_genuine;
}

/// One request is one try: a check that failed is recorded, under an id that the same call always
/// gives, and the phone told why once it is.
void record_failed_check(const AppContext& context, const SignedCall& call,
                         citizen::RefuseStepUp command, const Error& why,
                         const SharedReply& reply) {
    CommandHead head = call.head;
    head.id =
        CommandId(crypto::sha256({"chopmark/step-up-failed/1", call.head.id.bytes()}).array());
    context.ports.commands.submit(call.account(), citizen::StepUpCommand(std::move(command)),
                                  std::move(head),
                                  [reply, why](const Result<runtime::Receipt>& recorded) {
                                      reply->fail(recorded ? why : recorded.error());
                                  });
}

void pass_step_up(const AppContext& context, const std::shared_ptr<SignedCall>& call,
                  const SharedReply& reply) {
    const auto command = read_step_up(context, *call);
    if (!command) {
        reply->fail(command.error());
        return;
    }
    citizen::RefuseStepUp failure{command->request, command->proof, command->checks,
                                  command->phone};
    submit(context, *call, call->account(), citizen::StepUpCommand(*command),
           [&context, call, reply, failure = std::move(failure),
            answer = answer_to(context.ports.queries, reply, render_nothing)](
               const Result<runtime::Receipt>& outcome) {
               if (!outcome && is_failed_check(outcome.error())) {
                   record_failed_check(context, *call, failure, outcome.error(), reply);
               } else {
                   answer(outcome);
               }
           });
}

Result<citizen::RefuseStepUp> read_step_up_refusal(const AppContext& context,
                                                   const SignedCall& call) {
    CHOPMARK_ASSIGN(const auto request, answered_request(call));
    return citizen::RefuseStepUp{request, call.proof(), std::nullopt,
                                 endpoint_of(context, *call.call)};
}

/// A simple row whose request may have a page that waits for it.
template <class Noun, class Read>
http::Route answering_row(const AppContext& context, RowName name, Read read) {
    return signed_row(
        context, std::move(name),
        [&context, read](const std::shared_ptr<SignedCall>& call, const SharedReply& reply) {
            auto command = read(*call);
            if (!command) {
                reply->fail(command.error());
                return;
            }
            auto back = way_back(context, *call, command->request);
            if (!back) {
                reply->fail(back.error());
                return;
            }
            submit(context, *call, Noun(*std::move(command)), reply,
                   telling_page(context, *std::move(back)));
        });
}

template <class Command>
auto refusal() {
    return [](const SignedCall& call) -> Result<Command> {
        CHOPMARK_ASSIGN(const auto request, answered_request(call));
        return Command{request, call.proof()};
    };
}

}  // namespace

Result<RequestId> answered_request(const SignedCall& call) {
    CHOPMARK_ASSIGN(const auto id, service::id_of<RequestId>(call.body, "request"));
    CHOPMARK_ASSIGN(const auto client, service::id_of<ClientId>(call.body, "client"));
    const auto& requests = call.state->requests.requests;
    const auto request = requests.find(id);
    if (request == requests.end()) {
        return citizen::request_unknown;
    }
    if (request->second.client != client) {
        return text_mismatch;
    }
    return id;
}

std::vector<http::Route> request_routes(const AppContext& context) {
    const auto with = [&context](auto read) {
        return [&context, read](const SignedCall& call) { return read(context, call); };
    };
    std::vector<http::Route> rows;
    rows.push_back(answering_row<citizen::ConsentCommand>(
        context, {"/app/v1/consents/grant", "app.consent.grant", "Lets a service have fields"},
        with(read_grant)));
    rows.push_back(answering_row<citizen::ConsentCommand>(
        context, {"/app/v1/consents/refuse", "app.consent.refuse", "Refuses fields to a service"},
        refusal<citizen::RefuseConsent>()));
    rows.push_back(simple_row<citizen::ConsentCommand>(
        context, {"/app/v1/consents/withdraw", "app.consent.withdraw", "Takes a consent back"},
        read_withdrawal));
    rows.push_back(signed_row(
        context, {"/app/v1/step-ups/pass", "app.step_up.pass", "Proves face or chip to a service"},
        [&context](const std::shared_ptr<SignedCall>& call, const SharedReply& reply) {
            pass_step_up(context, call, reply);
        }));
    rows.back().body_limit_bytes = image_body_bytes;
    rows.push_back(simple_row<citizen::StepUpCommand>(
        context, {"/app/v1/step-ups/refuse", "app.step_up.refuse", "Refuses a step-up"},
        with(read_step_up_refusal)));
    rows.push_back(answering_row<citizen::SignatureCommand>(
        context, {"/app/v1/signatures/refuse", "app.signature.refuse", "Refuses to sign"},
        refusal<citizen::RefuseSignature>()));
    return rows;
}

}  // namespace chopmark::app
