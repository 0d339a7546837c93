#include "gateways/http/openapi.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "gateways/http/json_schema.h"
#include "gateways/http/problem.h"

namespace chopmark::http {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view problem_schema = R"({
    "type": "object",
    "description": "RFC 9457 problem details",
    "required": ["type", "title", "status", "reason", "trace_id"],
    "properties": {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "reason": {"type": "string", "description": "stable name of the reason"},
        "trace_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "detail": {"type": "string"}
    },
    "additionalProperties": false
})";

/// What the front refuses before any row is asked: where a row documents one of them with a content
/// of its own, a problem is possible, too.
constexpr std::array front_statuses{"400", "404", "405", "408", "413", "414", "417",
                                    "429", "431", "500", "501", "503", "504", "505"};

Result<Json> parse(const std::string& text, const std::string& where) {
    Json out = Json::parse(text, nullptr, false);
    if (out.is_discarded()) {
        return Error(schema_invalid, where + ": not JSON");
    }
    return out;
}

class Document {
  public:
    explicit Document(const ApiInfo& info) {
        root_["openapi"] = "3.1.0";
        root_["info"] = {{"title", info.title}, {"version", info.version}};
        if (!info.description.empty()) {
            root_["info"]["description"] = info.description;
        }
        root_["paths"] = Json::object();
    }

    Result<void> add_schemas(const ApiInfo& info) {
        schemas_["Problem"] = Json::parse(problem_schema);
        for (const auto& [name, text] : info.schemas) {
            CHOPMARK_ASSIGN(schemas_[name], parse(text, name));
        }
        checked_ = nlohmann::json::parse(schemas_.dump());
        for (const auto& entry : checked_.items()) {
            CHOPMARK_TRY(check(entry.value(), entry.key()));
        }
        return {};
    }

    Result<void> add(const Route& route) {
        Json operation = {{"operationId", route.name}};
        if (!route.summary.empty()) {
            operation["summary"] = route.summary;
        }
        operation["x-permission"] = route.permission;
        CHOPMARK_TRY(add_parameters(route, operation));
        if (!route.request_schema.empty()) {
            CHOPMARK_ASSIGN(Json schema, schema_of(route.request_schema, route.name));
            operation["requestBody"] = {{"required", true},
                                        {"content", {{"application/json", {{"schema", schema}}}}}};
        }
        CHOPMARK_TRY(add_answers(route, operation));
        std::string method = route.method;
        std::transform(method.begin(), method.end(), method.begin(),
                       [](char c) { return static_cast<char>(c | 0x20); });
        root_["paths"][route.path][method] = std::move(operation);
        return {};
    }

    [[nodiscard]] std::string text() {
        root_["components"]["schemas"] = schemas_;
        return root_.dump(1);
    }

  private:
    Result<void> check(const nlohmann::json& schema, const std::string& where) {
        const auto outcome = check_schema(schema, checked_);
        if (!outcome) {
            return Error(schema_invalid, where + ": " + outcome.error().detail);
        }
        return {};
    }

    Result<Json> schema_of(const std::string& text, const std::string& where) {
        CHOPMARK_ASSIGN(Json schema, parse(text, where));
        CHOPMARK_TRY(check(nlohmann::json::parse(text), where));
        return schema;
    }

    Result<void> add_parameters(const Route& route, Json& operation) {
        Json parameters = Json::array();
        for (const std::string& name : param_names(route.path)) {
            parameters.push_back({{"name", name},
                                  {"in", "path"},
                                  {"required", true},
                                  {"schema", {{"type", "string"}}}});
        }
        for (const QueryParam& param : route.query) {
            CHOPMARK_ASSIGN(Json schema, schema_of(param.schema, route.name + "?" + param.name));
            Json entry = {{"name", param.name}, {"in", "query"}, {"required", param.required}};
            if (!param.description.empty()) {
                entry["description"] = param.description;
            }
            entry["schema"] = std::move(schema);
            parameters.push_back(std::move(entry));
        }
        if (!parameters.empty()) {
            operation["parameters"] = std::move(parameters);
        }
        return {};
    }

    Result<void> add_answers(const Route& route, Json& operation) {
        Json responses = Json::object();
        for (const Answer& answer : route.answers) {
            Json& response = responses[std::to_string(answer.status)];
            response["description"] = answer.description.empty()
                                          ? std::string(phrase_of(answer.status))
                                          : answer.description;
            if (answer.content_type.empty()) {
                continue;
            }
            Json& media = response["content"][answer.content_type];
            media = Json::object();
            if (!answer.schema.empty()) {
                CHOPMARK_ASSIGN(media["schema"], schema_of(answer.schema, route.name));
            }
        }
        const Json problem = {{"schema", {{"$ref", "#/components/schemas/Problem"}}}};
        for (const char* status : front_statuses) {
            if (responses.contains(status)) {
                responses[status]["content"]["application/problem+json"] = problem;
            }
        }
        responses["default"] = {{"description", "refused or failed"},
                                {"content", {{"application/problem+json", problem}}}};
        operation["responses"] = std::move(responses);
        return {};
    }

    Json root_;
    Json schemas_ = Json::object();
    nlohmann::json checked_;  // the same, as the checker takes it
};

}  // namespace

Result<std::string> openapi_document(const std::vector<Route>& routes, const ApiInfo& info) {
    Document document(info);
    CHOPMARK_TRY(document.add_schemas(info));
    for (const Route& route : routes) {
        CHOPMARK_TRY(document.add(route));
    }
    return document.text();
}

}  // namespace chopmark::http
