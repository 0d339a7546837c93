#include "gateways/app/bulk_approval.h"

#include <charconv>

#include "aggregates/citizen/state.h"
#include "events/record/record.h"
#include "events/schema/event.h"
#include "events/tlog/merkle.h"
#include "gateways/app/phone_evidence.h"
#include "gateways/app/request_routes.h"
#include "gateways/http/principal.h"

namespace chopmark::app {
namespace {

constexpr Reason bad_page{"app.bad_query", Kind::invalid};

Result<std::shared_ptr<const schema::Event>> open_part(const AppContext& context,
                                                       const EventId& listed) {
    CHOPMARK_ASSIGN(auto event, context.ports.finder.open_recorded(listed));
    return std::holds_alternative<schema::BulkListed>(*event)
               ? Result<std::shared_ptr<const schema::Event>>(std::move(event))
               : citizen::request_unknown;
}

/// Root and sources of what is listed now.
Result<void> hash_listed(const AppContext& context, const citizen::Request& request,
                         citizen::ApproveBulk& out) {
    tlog::RightEdge edge;
    for (const citizen::BulkPart& part : request.bulk.parts) {
        CHOPMARK_ASSIGN(const auto event, open_part(context, part.listed));
        for (const auto& document : std::get<schema::BulkListed>(*event).personal().documents()) {
            edge.append(record::leaf_hash(document.digest()));
        }
        out.listed.push_back(part.listed);
    }
    out.root = edge.root();
    return {};
}

// ---- pages of documents
// ------------------------------------------------------------------------------

struct PageWanted {
    RequestId request;
    std::size_t part = 0;  // from 0
};

Result<PageWanted> read_page(const http::Call& call) {
    PageWanted wanted;
    const auto id = RequestId::from_hex(call.request.get_param_value("request"));
    if (!id) {
        return Error(bad_page, "request");
    }
    wanted.request = *id;
    const std::string cursor = call.request.get_param_value("cursor");
    if (!cursor.empty()) {
        const char* end = cursor.data() + cursor.size();
        const auto read = std::from_chars(cursor.data(), end, wanted.part);
        if (read.ec != std::errc() || read.ptr != end) {
            return Error(bad_page, "cursor");
        }
    }
    return wanted;
}

Result<Json> documents_json(const AppContext& context, const citizen::State& state,
                            const PageWanted& wanted) {
    const auto at = state.requests.requests.find(wanted.request);
    if (at == state.requests.requests.end() ||
        at->second.subject != citizen::RequestSubject::bulk) {
        return citizen::request_unknown;
    }
    const auto& parts = at->second.bulk.parts;
    if (wanted.part >= parts.size()) {
        return Error(bad_page, "cursor");
    }
    CHOPMARK_ASSIGN(const auto event, open_part(context, parts[wanted.part].listed));
    Json items = Json::array();
    for (const auto& document : std::get<schema::BulkListed>(*event).personal().documents()) {
        items.push_back({{"id", document.id()},
                         {"name", document.name()},
                         {"digest", to_base64(document.digest())}});
    }
    const bool last = wanted.part + 1 == parts.size();
    return Json{{"items", std::move(items)},
                {"next", last ? std::string() : std::to_string(wanted.part + 1)}};
}

void show_documents(const AppContext& context, const http::CallPtr& call,
                    const SharedReply& reply) {
    const auto* caller = call->principal.as<http::AppCaller>();
    ensure(caller != nullptr, "a session has a caller");
    const auto wanted = read_page(*call);
    if (!wanted) {
        reply->fail(wanted.error());
        return;
    }
    context.ports.commands.look(
        caller->account, [&context, reply, wanted = *wanted](
                             const Result<std::shared_ptr<const citizen::State>>& state) {
            if (!state || *state == nullptr) {
                reply->fail(state ? Error(citizen::request_unknown) : state.error());
                return;
            }
            const bool taken =
                context.ports.work.try_post([&context, reply, wanted, known = *state] {
                    const auto body = documents_json(context, *known, wanted);
                    reply->finish(body ? Result<httplib::Response>(json_response(*body))
                                       : Result<httplib::Response>(body.error()));
                });
            if (!taken) {
                reply->fail(Error(runtime::executor_busy, "the work pool is full"));
            }
        });
}

}  // namespace

Result<citizen::ApproveBulk> read_bulk_approval(const AppContext& context, const SignedCall& call) {
    citizen::ApproveBulk out;
    CHOPMARK_ASSIGN(out.request, answered_request(call));
    out.proof = call.proof();
    out.phone = endpoint_of(context, *call.call);
    const citizen::Request& request = call.state->requests.requests.at(out.request);
    if (!request.open()) {
        return out;  // a repetition gets the recorded outcome
    }
    CHOPMARK_TRY(hash_listed(context, request, out));
    CHOPMARK_ASSIGN(out.checks, step_up_checks(context, call));
    return out;
}

http::Route bulk_documents_row(const AppContext& context) {
    http::Route row;
    row.method = "GET";
    row.path = "/app/v1/signatures/documents";
    row.name = "app.signature.documents";
    row.summary = "The documents of a bulk request";
    row.permission = "app.session";
    row.kind = http::RouteKind::query;
    row.handler = [&context](const http::CallPtr& call, http::Reply reply) {
        show_documents(context, call, share(std::move(reply)));
    };
    return row;
}

}  // namespace chopmark::app
