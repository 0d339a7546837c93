// One row of a gateway's route table: everything the front, the authorizer, the metrics and
// OpenAPI need to know about one operation. A row is data; the table that dispatches is
// route_table.h.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateways/http/call.h"
#include "gateways/http/reply.h"

namespace chopmark::http {

enum class RouteKind : std::uint8_t {
    query,    // reads; refused before commands when workers are short; answers HEAD too
    command,  // changes something
    park,     // may wait long for its answer: counted, bounded, notices the client leaving
    stream,   // answers without an end: likewise
};

enum class Run : std::uint8_t {
    on_pool,  // on a worker, which it may keep busy
    on_loop,  // on the I/O thread: MUST take less than about 50 µs and never block
};

/// Answers before it returns. MUST NOT throw (if it does: 500 `http.handler_threw`).
using Handler = std::function<Result<httplib::Response>(const Call&)>;
/// Answers by the Reply, then or later, from any thread.
using AsyncHandler = std::function<void(const CallPtr&, Reply)>;
/// How an Error of this route looks on the wire; empty: problem+json (problem.h).
using ErrorRenderer = std::function<httplib::Response(const Error&, const Call&)>;

struct QueryParam {
    std::string name;
    bool required = false;
    std::string schema = R"({"type":"string"})";
    std::string description;
};

/// One answer as documented; refusals of the front and problem+json need no row.
struct Answer {
    int status = 200;
    std::string description;
    std::string content_type = "application/json";
    std::string schema;  // JSON Schema; empty: no schema, or no body if content_type is empty
};

struct Route {
    std::string method;
    /// Literal segments and `{name}` segments, each one whole segment: /v1/accounts/{account}/log.
    std::string path;
    /// Stable, unique, dotted: `audit.range`. Stands in log and metrics instead of the path.
    std::string name;
    /// public_access, or what the Authorizer is asked for.
    std::string permission;
    RouteKind kind = RouteKind::command;
    Run run = Run::on_pool;
    std::size_t body_limit_bytes = 64 * 1024;  // beyond it: 413 before the rest is read
    bool limited = true;  // counts as a request of its peer; a flood must not hide how we are
    /// park: the longest wait; stream: the longest life; otherwise unused.
    Duration wait = std::chrono::seconds(30);
    std::variant<std::monostate, Handler, AsyncHandler> handler;
    ErrorRenderer render_error;

    // for /openapi.json
    std::string summary;
    std::vector<QueryParam> query;
    std::string request_schema;  // of a JSON body; empty: none
    std::vector<Answer> answers;
};

}  // namespace chopmark::http
