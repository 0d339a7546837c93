#include "gateways/http/service_routes.h"

#include <nlohmann/json.hpp>

namespace chopmark::http {
namespace {

httplib::Response json_answer(int status, const nlohmann::ordered_json& body) {
    httplib::Response response;
    response.status = status;
    response.set_content(body.dump(), "application/json");
    return response;
}

Route service_row(std::string path, std::string name, std::string summary, Handler handler) {
    Route route;
    route.method = "GET";
    route.path = std::move(path);
    route.name = std::move(name);
    route.permission = public_access;
    route.kind = RouteKind::query;
    route.body_limit_bytes = 0;
    route.handler = std::move(handler);
    route.summary = std::move(summary);
    return route;
}

Route live_row() {
    Route route =
        service_row("/health/live", "service.live", "The process answers.", [](const Call&) {
            return json_answer(200, {{"live", true}});
        });
    route.run = Run::on_loop;  // answers however busy the workers are
    route.limited = false;
    route.answers = {{200, "alive", "application/json",
                      R"({"type":"object","required":["live"],"additionalProperties":false,
                          "properties":{"live":{"const":true}}})"}};
    return route;
}

Route ready_row(std::function<std::vector<std::string>()> not_ready) {
    Route route =
        service_row("/health/ready", "service.ready", "Whether to send traffic here.",
                    [ask = std::move(not_ready)](const Call&) {
                        const auto reasons = ask ? ask() : std::vector<std::string>();
                        return json_answer(reasons.empty() ? 200 : 503,
                                           {{"ready", reasons.empty()}, {"reasons", reasons}});
                    });
    route.run = Run::on_loop;
    route.limited = false;
    const std::string schema =
        R"({"type":"object","required":["ready","reasons"],"additionalProperties":false,
            "properties":{"ready":{"type":"boolean"},
                          "reasons":{"type":"array","items":{"type":"string"}}}})";
    route.answers = {{200, "ready", "application/json", schema},
                     {503, "not ready, and why", "application/json", schema}};
    return route;
}

Route metrics_row(const ServiceSources& sources) {
    Route route = service_row("/metrics", "service.metrics", "Figures for Prometheus.",
                              [ask = sources.metrics](const Call&) {
                                  httplib::Response response;
                                  response.set_content(ask ? ask() : std::string(),
                                                       "text/plain; version=0.0.4; charset=utf-8");
                                  return response;
                              });
    route.permission = sources.metrics_permission;
    route.answers = {{200, "Prometheus text format", "text/plain", ""}};
    return route;
}

Route openapi_row() {
    Route route = service_row("/openapi.json", "service.openapi", "This description.", nullptr);
    route.answers = {{200, "OpenAPI 3.1", "application/json", R"({"type":"object"})"}};
    return route;
}

}  // namespace

Result<std::vector<Route>> with_service_routes(std::vector<Route> rows, const ApiInfo& info,
                                               ServiceSources sources) {
    rows.push_back(live_row());
    rows.push_back(ready_row(std::move(sources.not_ready)));
    rows.push_back(metrics_row(sources));
    rows.push_back(openapi_row());
    CHOPMARK_ASSIGN(const std::string document, openapi_document(rows, info));
    rows.back().handler = Handler([document](const Call&) -> Result<httplib::Response> {
        httplib::Response response;
        response.set_content(document, "application/json");
        return response;
    });
    return rows;
}

}  // namespace chopmark::http
