#include "gateways/rp/transaction_list.h"

#include "gateways/rp/parameters.h"
#include "gateways/rp/request_content.h"
#include "gateways/rp/request_result.h"
#include "gateways/rp/transaction_words.h"
#include "gateways/service/queries.h"
#include "projections/service_transactions/service_transactions.h"

namespace chopmark::rp {
namespace {

using Json = nlohmann::ordered_json;
namespace listed = service_transactions;

constexpr std::size_t word_bytes = 16;

/// Milliseconds since 1970; nothing if absent.
Result<std::optional<Instant>> moment(const service::Json& content, const char* name) {
    const auto at = content.find(name);
    if (at == content.end() || at->is_null()) {
        return std::optional<Instant>();
    }
    constexpr std::int64_t latest = 253'402'300'800'000;  // the year 10,000
    if (!at->is_number_integer() || at->get<std::int64_t>() < 0 ||
        at->get<std::int64_t>() > latest) {
        return Error(parameter_invalid, name);
    }
    return std::optional(Instant::from_millis(at->get<std::int64_t>()));
}

template <class Enum>
Result<std::optional<Enum>> word(const service::Json& content, const char* name,
                                 std::optional<Enum> (*read)(std::string_view, Spelling)) {
    CHOPMARK_ASSIGN(const std::string text, optional_text(content, name, word_bytes));
    const auto value = read(text, Spelling::wire);
    return text.empty() || value ? Result<std::optional<Enum>>(value)
                                 : Error(parameter_invalid, name);
}

struct Asking {
    listed::Question question;
    projections::PageRequest page;
};

Result<Asking> read_asking(const service::Json& content) {
    Asking out;
    CHOPMARK_ASSIGN(out.question.subject, word(content, "subject", subject_named));
    CHOPMARK_ASSIGN(out.question.standing, word(content, "answer", standing_named));
    CHOPMARK_ASSIGN(out.question.from, moment(content, "from"));
    CHOPMARK_ASSIGN(out.question.until, moment(content, "until"));
    CHOPMARK_ASSIGN(out.page.cursor,
                    optional_text(content, "cursor", 2 * limits::query_cursor_bytes));
    CHOPMARK_ASSIGN(out.page.limit, whole_number(content, "limit", 1, limits::query_page_rows,
                                                 limits::query_page_rows));
    return out;
}

/// While the delivery values can be opened; there is nothing to look for afterwards.
Json business_id_of(const Ports& ports, const listed::Transaction& one, Instant now) {
    constexpr Duration delivery_at_most = std::chrono::hours(48);
    if (one.asked_at + delivery_at_most < now) {
        return {};
    }
    citizen::Request request;
    request.asked = one.asked.asked;
    const auto delivery = read_delivery(ports.events, request);
    return delivery ? Json(delivery->business_id) : Json();
}

Json callback_of(const listed::Transaction& one) {
    if (one.settled) {
        return {{"state", one.settled->delivered ? "delivered" : "givenUp"},
                {"attempts", one.settled->attempts},
                {"lastStatus", one.settled->last_status},
                {"settledAt", one.settled->at.millis()}};
    }
    const bool none = one.asked.anonymous || one.standing == listed::Standing::open;
    return {{"state", none ? "none" : "beingSent"}};
}

Json describe(const Ports& ports, Family family, const listed::Transaction& one, Instant now) {
    const auto code = end_code(one);
    Json out;
    out["transactionID"] = one.asked.asked.hex();
    out["businessID"] = business_id_of(ports, one, now);
    out["subject"] = name_of(one.asked.subject, Spelling::wire);
    out["answer"] = name_of(one.standing, Spelling::wire);
    out["code"] = code ? Json(code_text(family, *code)) : Json();
    out["askedAt"] = one.asked_at.millis();
    out["dueAt"] = one.asked.due.millis();
    out["answeredAt"] = one.answered ? Json(one.answered->at.millis()) : Json();
    out["acknowledgedAt"] = one.acknowledged_at ? Json(one.acknowledged_at->millis()) : Json();
    out["anonymous"] = one.asked.anonymous;
    out["callback"] = callback_of(one);
    return out;
}

Result<Json> list(const Parts& parts, const Request& request) {
    CHOPMARK_ASSIGN(Asking asking, read_asking(request.content()));
    const Instant now = request.checked.now;
    asking.question.client = request.party().id;
    asking.question.now = now;
    CHOPMARK_ASSIGN(const fold::Reading rows,
                    parts.ports.queries.any(listed::ServiceTransactions::view_name));
    CHOPMARK_ASSIGN(const auto page, listed::read_transactions(rows, asking.question, asking.page));
    Json content;
    content["transactions"] = Json::array();
    for (const listed::Transaction& one : page.items) {
        content["transactions"].push_back(describe(parts.ports, request.family(), one, now));
    }
    content["next"] = page.next.empty() ? Json() : Json(page.next);
    return content;
}

}  // namespace

http::Route transaction_list_route(Parts& parts) {
    return signed_route(parts, Operation::token, "/api/chopmark/v1/transactions",
                        "rp.transaction.list",
                        "Its transactions, newest first, by what was asked, how it was answered "
                        "and when.",
                        [&parts](const http::CallPtr& call, http::Reply reply) {
                            const RequestPtr request = take_request(parts, call, std::move(reply));
                            if (request == nullptr) {
                                return;
                            }
                            const auto content = list(parts, *request);
                            if (content) {
                                answer(parts, *request, *content);
                            } else {
                                request->reply->fail(content.error());
                            }
                        });
}

}  // namespace chopmark::rp
