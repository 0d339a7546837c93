#include "gateways/app/session_row.h"

namespace chopmark::app {
namespace {

http::Route row(RowName name) {
    http::Route out;
    out.path = std::move(name.path);
    out.name = std::move(name.name);
    out.summary = std::move(name.summary);
    out.permission = "app.session";
    return out;
}

/// The authorizer let it pass with `app.session`, so it is somebody.
const http::AppCaller& caller_of(const http::Call& call) {
    const auto* caller = call.principal.as<http::AppCaller>();
    ensure(caller != nullptr, "a session has a caller");
    return *caller;
}

}  // namespace

http::Route session_row(RowName name, SessionHandler handler) {
    http::Route out = row(std::move(name));
    out.method = "POST";
    out.handler = [handler = std::move(handler)](const http::CallPtr& call, http::Reply reply) {
        handler(*call, caller_of(*call), share(std::move(reply)));
    };
    return out;
}

http::Route query_row(const AppContext& context, RowName name, std::string_view view,
                      QueryHandler handler) {
    http::Route out = row(std::move(name));
    out.method = "GET";
    out.kind = http::RouteKind::query;
    out.handler = [&context, view, handler = std::move(handler)](const http::CallPtr& call,
                                                                 http::Reply reply) {
        const auto shared = share(std::move(reply));
        const auto ready = [&context, handler, call, shared](Result<fold::Reading> rows) {
            if (!rows) {
                shared->fail(rows.error());
                return;
            }
            const auto reading = std::make_shared<fold::Reading>(*std::move(rows));
            const bool taken = context.ports.work.try_post([handler, call, shared, reading] {
                auto body = handler(*reading, *call, caller_of(*call));
                shared->finish(body ? Result<httplib::Response>(json_response(*body))
                                    : Result<httplib::Response>(body.error()));
            });
            if (!taken) {
                shared->fail(Error(runtime::executor_busy, "the work pool is full"));
            }
        };
        context.ports.queries.read(view, header_of(*call, service::position_header), ready);
    };
    return out;
}

}  // namespace chopmark::app
