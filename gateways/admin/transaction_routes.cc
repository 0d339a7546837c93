#include <charconv>

#include "aggregates/control/snapshot.h"
#include "gateways/admin/relying_party_words.h"
#include "gateways/rp/codes.h"
#include "gateways/rp/transaction_words.h"
#include "projections/service_transactions/service_transactions.h"

namespace chopmark::admin {
namespace {

using rp::Spelling;
using service::Json;
namespace listed = service_transactions;

constexpr auto transactions_path = "/admin/v1/relying-parties/{client}/transactions";
constexpr std::int64_t callbacks_at_most = 1000;             // of one request, of bulk signing
constexpr std::int64_t latest_millis = 253'402'300'800'000;  // the year 10,000

Json millis_or_null(const std::optional<Instant>& at) { return at ? Json(at->millis()) : Json(); }

Json attempt_to_json(const rp::CallbackAttempt& attempt) {
    return {{"at", attempt.at.millis()},
            {"callback", attempt.sequence},
            {"status", attempt.status},
            {"error", attempt.error.empty() ? Json() : Json(attempt.error)},
            {"replay", attempt.again}};
}

Json story_to_json(const rp::CallbackStory& story) {
    Json attempts = Json::array();
    for (const rp::CallbackAttempt& attempt : story.attempts) {
        attempts.push_back(attempt_to_json(attempt));
    }
    return {{"transaction", story.asked.hex()},
            {"made", story.made},
            {"next_at", millis_or_null(story.next)},
            {"attempts", std::move(attempts)}};
}

Json callback_to_json(const listed::Transaction& one) {
    const bool none = one.asked.anonymous || one.standing == listed::Standing::open;
    if (!one.settled) {
        return {{"state", none ? "none" : "being_sent"},
                {"attempts", Json()},
                {"last_status", Json()},
                {"settled_at", Json()}};
    }
    return {{"state", one.settled->delivered ? "delivered" : "given_up"},
            {"attempts", one.settled->attempts},
            {"last_status", one.settled->last_status},
            {"settled_at", one.settled->at.millis()}};
}

Json transaction_to_json(const listed::Transaction& one, rp::Family family) {
    const auto code = rp::end_code(one);
    const bool has_reason = one.answered && !one.answered->reason.empty();
    return {{"transaction", one.asked.asked.hex()},
            {"subject", rp::name_of(one.asked.subject, Spelling::staff)},
            {"standing", rp::name_of(one.standing, Spelling::staff)},
            {"reason", has_reason ? Json(one.answered->reason) : Json()},
            {"code", code ? Json(rp::code_text(family, *code)) : Json()},
            {"asked_at", one.asked_at.millis()},
            {"due_at", one.asked.due.millis()},
            {"answered_at", one.answered ? Json(one.answered->at.millis()) : Json()},
            {"acknowledged_at", millis_or_null(one.acknowledged_at)},
            {"anonymous", one.asked.anonymous},
            {"callback", callback_to_json(one)}};
}

/// relying_party.unknown for a client that nobody applied for.
Result<rp::Family> family_of_client(const Ports& ports, const ClientId& client) {
    const control::SnapshotPtr control = ports.control.latest();
    const auto* party = control::find_relying_party(*control->state, client);
    return party == nullptr ? Result<rp::Family>(control::rp_unknown) : rp::family_of(party);
}

/// A parameter that may be absent: a word, or milliseconds since 1970.
template <class Enum>
Result<std::optional<Enum>> word_asked(const http::Call& call, const char* name,
                                       std::optional<Enum> (*read)(std::string_view, Spelling)) {
    const std::string text = service::parameter(call, name);
    const auto value = read(text, Spelling::staff);
    return text.empty() || value ? Result<std::optional<Enum>>(value)
                                 : Error(service::parameter_bad, name);
}

Result<std::optional<Instant>> moment_asked(const http::Call& call, const char* name) {
    const std::string text = service::parameter(call, name);
    if (text.empty()) {
        return std::optional<Instant>();
    }
    std::int64_t millis = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), millis);
    if (end.ec != std::errc() || end.ptr != text.data() + text.size() || millis < 0 ||
        millis > latest_millis) {
        return Error(service::parameter_bad, name);
    }
    return std::optional(Instant::from_millis(millis));
}

Result<Json> list_transactions(const http::Call& call, const fold::Reading& rows,
                               const Ports& ports) {
    listed::Question question;
    CHOPMARK_ASSIGN(question.client, service::path_id<ClientId>(call, "client"));
    CHOPMARK_ASSIGN(const rp::Family family, family_of_client(ports, question.client));
    CHOPMARK_ASSIGN(question.subject, word_asked(call, "subject", rp::subject_named));
    CHOPMARK_ASSIGN(question.standing, word_asked(call, "standing", rp::standing_named));
    CHOPMARK_ASSIGN(question.from, moment_asked(call, "from"));
    CHOPMARK_ASSIGN(question.until, moment_asked(call, "until"));
    question.now = ports.clock.now();
    CHOPMARK_ASSIGN(const auto page, service::page_of(call));
    CHOPMARK_ASSIGN(const auto found, listed::read_transactions(rows, question, page));
    return service::page_to_json(
        found, [family](const auto& one) { return transaction_to_json(one, family); });
}

struct Named {
    ClientId client;
    EventId asked;
    AccountId account;
    listed::Transaction transaction;
};

/// The transaction of the path, if it is one of that service's.
Result<Named> transaction_named(const http::Call& call, const fold::Reading& rows,
                                const Ports& ports) {
    Named out;
    CHOPMARK_ASSIGN(out.client, service::path_id<ClientId>(call, "client"));
    CHOPMARK_ASSIGN(out.asked, service::path_id<EventId>(call, "transaction"));
    const auto event = ports.events.find(out.asked);
    if (!event) {
        return event.error() == runtime::event_unknown ? Error(listed::no_such_transaction)
                                                       : event.error();
    }
    out.account = event->account;
    CHOPMARK_ASSIGN(
        out.transaction,
        listed::find_transaction(
            rows, out.client, {event->recorded_at, event->place.partition, event->place.sequence},
            ports.clock.now()));
    return out;
}

Result<Json> show_transaction(const http::Call& call, const fold::Reading& rows,
                              const Ports& ports) {
    CHOPMARK_ASSIGN(const Named named, transaction_named(call, rows, ports));
    CHOPMARK_ASSIGN(const rp::Family family, family_of_client(ports, named.client));
    Json out = transaction_to_json(named.transaction, family);
    const auto story = ports.callbacks.story(named.asked);
    out["sending"] = story ? story_to_json(*story) : Json();
    return out;
}

void list_waiting(const http::Call& call, http::Reply reply, const Ports& ports) {
    const auto client = service::path_id<ClientId>(call, "client");
    const auto family = client ? family_of_client(ports, *client) : client.error();
    if (!family) {
        reply.fail(family.error());
        return;
    }
    Json items = Json::array();
    for (const rp::CallbackStory& story : ports.callbacks.waiting(*client)) {
        items.push_back(story_to_json(story));
    }
    reply.send(service::json_response({{"items", std::move(items)}}));
}

/// Who asked for it is recorded before it is sent; a key that was used sends nothing again.
struct Replay {
    Named named;
    std::uint32_t sequence = 1;
    CommandHead head;
    control::RecordLook record;
};

Result<Replay> replay_of(const http::Call& call, const Ports& ports) {
    Replay out;
    CHOPMARK_ASSIGN(const Json body, service::parse_object(call.request.body));
    if (service::has(body, "callback")) {
        CHOPMARK_ASSIGN(const std::int64_t sequence, service::number_of(body, "callback"));
        if (sequence < 1 || sequence > callbacks_at_most) {
            return Error(service::json_member, "callback");
        }
        out.sequence = static_cast<std::uint32_t>(sequence);
    }
    CHOPMARK_ASSIGN(const fold::Reading rows,
                    ports.queries.any(listed::ServiceTransactions::view_name));
    CHOPMARK_ASSIGN(out.named, transaction_named(call, rows, ports));
    CHOPMARK_ASSIGN(out.head, service::staff_head(call, ports.clock));
    out.record = {call.route->name, out.head.digest, Sensitive<std::string>(call.request.target)};
    return out;
}

void replay_callback(const http::CallPtr& call, http::Reply reply, const Ports& ports,
                     const service::StaffCalls& calls) {
    const auto replay = replay_of(*call, ports);
    if (!replay) {
        reply.fail(replay.error());
        return;
    }
    const auto owed = std::make_shared<http::Reply>(std::move(reply));
    const auto send = [owed, &calls, &ports, named = replay->named,
                       sequence = replay->sequence](const runtime::Receipt& recorded) {
        ports.callbacks.send_again(
            named.account, named.client, named.asked, sequence,
            [owed, &calls, recorded](const Result<rp::CallbackAttempt>& attempt) {
                if (!attempt) {
                    owed->fail(attempt.error());
                    return;
                }
                Json out = attempt_to_json(*attempt);
                out["delivered"] = attempt->delivered();
                owed->send(calls.receipt_response(recorded, std::move(out)));
            });
    };
    ports.commands.submit(control::Command(control::AuditQueryCommand(replay->record)),
                          replay->head, [owed, send](const Result<runtime::Receipt>& recorded) {
                              if (!recorded) {
                                  owed->fail(recorded.error());
                              } else if (recorded->replayed) {
                                  owed->fail(replay_asked_before);
                              } else {
                                  send(*recorded);
                              }
                          });
}

}  // namespace

Routes transaction_routes(const Ports& ports, const service::StaffCalls& calls) {
    const std::string one = std::string(transactions_path) + "/{transaction}";
    Routes rows;
    rows.push_back(calls.view_row(
        transactions_path, "admin.relying_party.transactions", rp_read_permission,
        "What a service asked of citizens, newest first, and what became of it; of nobody by name.",
        listed::ServiceTransactions::view_name,
        [&ports](const http::Call& call, const fold::Reading& found) {
            return list_transactions(call, found, ports);
        }));
    rows.push_back(
        calls.view_row(one, "admin.relying_party.transaction", rp_read_permission,
                       "One of them, with the attempts at its callback that this node remembers.",
                       listed::ServiceTransactions::view_name,
                       [&ports](const http::Call& call, const fold::Reading& found) {
                           return show_transaction(call, found, ports);
                       }));
    rows.push_back(service::staff_route(
        "GET", "/admin/v1/relying-parties/{client}/callbacks", "admin.relying_party.callbacks",
        rp_read_permission,
        "Callbacks of a service that this node is trying to deliver, the longest waiting first.",
        [&ports](const http::CallPtr& call, http::Reply reply) {
            list_waiting(*call, std::move(reply), ports);
        }));
    rows.push_back(service::staff_route(
        "POST", one + "/replay", "admin.relying_party.replay", rp_write_permission,
        "Sends the callback of an answered transaction once more, and says what came of it.",
        [&ports, &calls](const http::CallPtr& call, http::Reply reply) {
            replay_callback(call, std::move(reply), ports, calls);
        }));
    return rows;
}

}  // namespace chopmark::admin
