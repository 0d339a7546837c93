#include "gateways/rp/view_of_service.h"

#include "aggregates/citizen/bulk.h"
#include "aggregates/control/relying_party_life.h"
#include "aggregates/runtime/command_service.h"
#include "events/crypto/digest.h"
#include "events/schema/event.h"
#include "gateways/rp/parameters.h"
#include "gateways/rp/request_content.h"
#include "gateways/rp/transaction_list.h"
#include "gateways/rp/transaction_words.h"
#include "gateways/service/queries.h"
#include "projections/relying_party_view/relying_party_view.h"
#include "projections/sign_in_log/query.h"
#include "projections/sign_in_log/sign_in_log.h"

namespace chopmark::rp {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t settled_looked_at = 50;
constexpr std::size_t business_id_bytes = 36;
constexpr std::uint32_t most_callbacks = citizen::most_bulk_documents;  // of one request

Json maybe_millis(Instant at) { return at == Instant() ? Json() : Json(at.millis()); }

// ---- itself
// ---------------------------------------------------------------------------------------

Json describe_keys(const control::RelyingParty& party, Instant now) {
    Json keys;
    keys["kekFingerprint"] = to_hex(crypto::sha256(party.kek).bytes());
    keys["kekNotBefore"] = maybe_millis(party.kek_not_before);
    keys["kekNotAfter"] = maybe_millis(party.kek_not_after);
    keys["secretVersion"] = party.secret_version;
    const bool overlap = party.old_secret_until > now && !party.old_secret_source.is_zero();
    keys["oldSecretUntil"] = overlap ? Json(party.old_secret_until.millis()) : Json();
    const control::ContentKeySerial* newest = control::content_key_in_force(party, now);
    keys["contentKeySerial"] = newest != nullptr ? Json(newest->serial) : Json();
    keys["contentKeyUntil"] = newest != nullptr ? Json(newest->until.millis()) : Json();
    return keys;
}

Result<Json> describe_service(const Parts& parts, const CheckedCall& checked) {
    const control::RelyingParty& party = *checked.party;
    CHOPMARK_ASSIGN(const fold::Reading rows,
                    parts.ports.queries.any(relying_party_view::RelyingPartyView::view_name));
    CHOPMARK_ASSIGN(const auto activity, relying_party_view::read_activity(rows, party.id));
    Json content;
    content["clientID"] = party.id.hex();
    content["standing"] = party.in_production ? "production" : "trial";
    content["name"] = party.name_english;
    content["openIDGroup"] = party.open_id_group;
    content["scopes"] = party.scopes;
    content["scopesAppliedFor"] = party.scopes_applied_for;
    content["redirectURIs"] = party.redirect_uris;
    content["callbackURIs"] = party.callback_uris;
    content["directLoginURIs"] = party.direct_login_uris;
    content["keys"] = describe_keys(party, checked.now);
    content["declarationDue"] = maybe_millis(party.declaration_due);
    const auto step = party.in_production ? std::nullopt : control::missing_step(party);
    content["nextStep"] = step ? Json(*step) : Json();
    content["transactions"] = activity.records;
    content["transactionsCountedUntil"] = maybe_millis(activity.counted_until);
    return content;
}

void show_service(Parts& parts, const http::CallPtr& call, http::Reply reply) {
    const auto checked = parts.checks.check(*call);
    const auto content =
        checked ? describe_service(parts, *checked) : Result<Json>(checked.error());
    reply.finish(content ? Result<httplib::Response>(
                               success(parts.ports.entropy, family_of(checked->party), *content))
                         : content.error());
}

void show_errors(Parts& parts, const http::CallPtr& call, http::Reply reply) {
    const auto checked = parts.checks.check(*call);
    if (!checked) {
        reply.fail(checked.error());
        return;
    }
    const Family family = family_of(checked->party);
    Json codes = Json::object();
    for (const auto& [code, times] : parts.errors.of(checked->party->id, checked->now)) {
        codes[code_text(family, code)] = times;
    }
    reply.finish(success(parts.ports.entropy, family,
                         {{"hours", ErrorTally::hours_kept}, {"codes", std::move(codes)}}));
}

// ---- one transaction
// ------------------------------------------------------------------------------

struct Transaction {
    RequestPtr request;
    std::string business_id;
    AccountId account;
    RequestId id;
    citizen::Request state;
};
using TransactionPtr = std::shared_ptr<Transaction>;

/// The newest request of this client under that id.
Result<void> find_request(const citizen::State& state, const citizen::BusinessIdToken& business_id,
                          Transaction& transaction) {
    bool found = false;
    for (const auto& [id, request] : state.requests.requests) {
        if (request.business_id == business_id &&
            request.client == transaction.request->party().id &&
            (!found || request.due > transaction.state.due)) {
            found = true;
            transaction.id = id;
            transaction.state = request;
        }
    }
    return found ? Result<void>() : Result<void>(citizen::request_unknown);
}

/// Runs `go_on` in the pool with a transaction that is there; else the reply has been given.
void with_transaction(Parts& parts, const http::CallPtr& call, http::Reply reply,
                      std::function<void(const TransactionPtr&)> go_on) {
    const RequestPtr request = take_request(parts, call, std::move(reply));
    if (request == nullptr) {
        return;
    }
    auto id = text_parameter(request->content(), "businessID", business_id_bytes);
    if (!id) {
        request->reply->fail(id.error());
        return;
    }
    const auto transaction = std::make_shared<Transaction>();
    transaction->request = request;
    transaction->business_id = *std::move(id);
    const auto token =
        business_id_token(parts.ports.secrets, request->party().id, transaction->business_id);
    const auto account = asked_account(parts.ports, token);
    if (!account) {
        request->reply->fail(account.error());
        return;
    }
    transaction->account = *account;
    parts.ports.commands.look(
        *account, [&parts, transaction, token, go_on = std::move(go_on)](
                      const Result<std::shared_ptr<const citizen::State>>& state) {
            const auto found =
                !state || *state == nullptr
                    ? Result<void>(state ? Error(citizen::request_unknown) : state.error())
                    : find_request(**state, token, *transaction);
            if (!found) {
                transaction->request->reply->fail(found.error());
            } else if (!parts.ports.work.try_post([transaction, go_on] { go_on(transaction); })) {
                transaction->request->reply->fail(runtime::executor_busy);
            }
        });
}

/// How the callback ended, once it has: looked up in what was recorded after the answer.
Result<Json> describe_settled(const Parts& parts, const Transaction& transaction) {
    CHOPMARK_ASSIGN(const fold::Reading rows,
                    parts.ports.queries.any(sign_in_log::SignInLog::view_name));
    sign_in_log::Question question;
    question.account = transaction.account;
    question.audience = sign_in_log::Audience::staff;
    question.now = parts.ports.clock.now();
    question.topic = sign_in_log::Topic::consents;
    question.from = transaction.state.answered_at;
    CHOPMARK_ASSIGN(const auto page, sign_in_log::read_log(rows, parts.ports.vault, question,
                                                           {{}, settled_looked_at}));
    for (const auto& record : page.items) {
        const auto* settled = std::get_if<schema::CallbackSettled>(&record.event);
        if (settled != nullptr && settled->link().request_id() == transaction.id.bytes()) {
            return Json{{"state", settled->leaf().delivered() ? "delivered" : "givenUp"},
                        {"attempts", settled->link().attempts()},
                        {"lastStatus", settled->link().last_status()},
                        {"settledAt", record.prelude.recorded_at.millis()}};
        }
    }
    return Json{{"state", "settled"}};  // the view has to catch up
}

Json describe_attempt(const CallbackAttempt& attempt) {
    return {{"at", attempt.at.millis()},
            {"callbackSeq", attempt.sequence},
            {"status", attempt.status},
            {"error", attempt.error.empty() ? Json() : Json(attempt.error)},
            {"replay", attempt.again}};
}

/// With the attempts that this node remembers to have made.
Result<Json> describe_callback(const Parts& parts, const CallbackDesk& callbacks,
                               const Transaction& transaction) {
    const citizen::Request& state = transaction.state;
    if (!state.called_back() || state.open()) {
        return Json{{"state", "none"}};
    }
    Json out{{"state", "beingSent"}};
    if (state.settled) {
        CHOPMARK_ASSIGN(out, describe_settled(parts, transaction));
    }
    const auto story = callbacks.story(state.asked);
    if (!story) {
        return out;
    }
    if (!state.settled) {
        out["attempts"] = story->made;
        out["nextAttemptAt"] = story->next ? Json(story->next->millis()) : Json();
    }
    out["history"] = Json::array();
    for (const CallbackAttempt& attempt : story->attempts) {
        out["history"].push_back(describe_attempt(attempt));
    }
    return out;
}

void show_transaction(Parts& parts, const CallbackDesk& callbacks,
                      const TransactionPtr& transaction) {
    const auto callback = describe_callback(parts, callbacks, *transaction);
    if (!callback) {
        transaction->request->reply->fail(callback.error());
        return;
    }
    const citizen::Request& state = transaction->state;
    Json content;
    content["businessID"] = transaction->business_id;
    content["subject"] = name_of(subject_of(state.subject), Spelling::wire);
    content["answer"] = name_of(standing_of(state.answer), Spelling::wire);
    content["dueAt"] = state.due.millis();
    content["answeredAt"] = maybe_millis(state.answered_at);
    content["acknowledged"] = state.acknowledged;
    content["callback"] = *callback;
    answer(parts, *transaction->request, content);
}

// ---- its callback once more
// -----------------------------------------------------------------------

/// The first callback, or of a bulk request the one named.
void send_again(Parts& parts, CallbackDesk& callbacks, const TransactionPtr& transaction) {
    const auto sequence =
        whole_number(transaction->request->content(), "callbackSeq", 1, most_callbacks, 1);
    if (!sequence) {
        transaction->request->reply->fail(sequence.error());
        return;
    }
    callbacks.send_again(
        transaction->account, transaction->request->party().id, transaction->state.asked, *sequence,
        [&parts, transaction](const Result<CallbackAttempt>& attempt) {
            if (!attempt) {
                transaction->request->reply->fail(attempt.error());
                return;
            }
            Json content;
            content["businessID"] = transaction->business_id;
            content["delivered"] = attempt->delivered();
            content["status"] = attempt->status;
            content["error"] = attempt->error.empty() ? Json() : Json(attempt->error);
            answer(parts, *transaction->request, content);
        });
}

}  // namespace

std::vector<http::Route> view_of_service_routes(Parts& parts, CallbackDesk& callbacks) {
    std::vector<http::Route> rows;
    rows.push_back(signed_route(parts, Operation::keys, "/api/chopmark/v1/service",
                                "rp.service.show",
                                "The service itself: standing, scopes, addresses, dates of its "
                                "keys, what is due.",
                                [&parts](const http::CallPtr& call, http::Reply reply) {
                                    show_service(parts, call, std::move(reply));
                                }));
    rows.push_back(signed_route(parts, Operation::keys, "/api/chopmark/v1/errors",
                                "rp.service.errors",
                                "How often which code was answered within a day, by this node.",
                                [&parts](const http::CallPtr& call, http::Reply reply) {
                                    show_errors(parts, call, std::move(reply));
                                }));
    rows.push_back(signed_route(
        parts, Operation::token, "/api/chopmark/v1/transaction", "rp.transaction.show",
        "One transaction by businessID, within a day of its answer: how it stands, and its "
        "callback.",
        [&parts, &callbacks](const http::CallPtr& call, http::Reply reply) {
            with_transaction(parts, call, std::move(reply),
                             [&parts, &callbacks](const TransactionPtr& transaction) {
                                 show_transaction(parts, callbacks, transaction);
                             });
        }));
    rows.push_back(transaction_list_route(parts));
    rows.push_back(signed_route(
        parts, Operation::token, "/api/chopmark/v1/callback/replay", "rp.callback.replay",
        "Sends the callback of an answered transaction once more, and says what came of it.",
        [&parts, &callbacks](const http::CallPtr& call, http::Reply reply) {
            with_transaction(parts, call, std::move(reply),
                             [&parts, &callbacks](const TransactionPtr& transaction) {
                                 send_again(parts, callbacks, transaction);
                             });
        }));
    return rows;
}

}  // namespace chopmark::rp
