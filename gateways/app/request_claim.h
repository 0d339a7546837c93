// A phone that has scanned the page of an anonymous request, or was opened with its ticket, claims
// it for its citizen: the card is compared where the request names one, the claim is recorded in
// the slot where the request lives, and the request is opened in the citizen's own slot, where it
// is answered like any other (design-notes A4); the documents of a bulk request follow it there.
// Sent again it ends alike. Should this process die in between, the follow-up of RequestClaimed
// opens it.
#pragma once

#include "gateways/app/answer.h"
#include "gateways/app/app_ports.h"
#include "gateways/app/signed_call.h"
#include "gateways/http/principal.h"

namespace chopmark::app {

/// Called once: with the event that asks the citizen, or why the request is not theirs. MUST NOT
/// block.
using Claimed = std::function<void(Result<runtime::Receipt>)>;

/// `opened` is its RequestOpened. From any thread; `context` must outlive the answer.
/// request.unknown, request.expired, request.already_claimed, signature.hkic_mismatch,
/// signature.grade_too_low, account.*, and what asking says.
void claim_request(const AppContext& context, const EventId& opened, const http::AppCaller& phone,
                   Claimed claimed);

/// The request of ConsentAsked, SignatureAsked or StepUpAsked.
std::optional<RequestId> asked_by(const schema::Event& event);

/// What a ticket stands for.
struct TicketFound {
    EventId opened;                    // of an anonymous request
    std::optional<RequestId> request;  // of one that this citizen was asked
};
/// request.unknown for garbage and for what another citizen was asked. In the pool.
Result<TicketFound> find_ticket(const AppContext& context, const std::string& ticket,
                                const http::AppCaller& phone);

/// Members `redirect` and `extras` of the answer to a phone that takes the outcome back to the app
/// that asked: an address with parameters, if there is one, and the parameters by themselves.
void put_outcome(const AppContext& context, Json& body, const service::LoginSettled& settled);

/// What an anonymous request's answer takes back, where the call has `return_to`: all but code and
/// error. In the pool. app.link_not_registered, and what opening says.
Result<std::optional<service::LoginSettled>> way_back(const AppContext& context,
                                                      const SignedCall& call,
                                                      const RequestId& request);

/// The answer to an answered request: its page, if it has one, is told before the phone is.
Render telling_page(const AppContext& context, std::optional<service::LoginSettled> back,
                    Render then = render_nothing);

}  // namespace chopmark::app
