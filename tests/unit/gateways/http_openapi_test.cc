#include "tests/support/http_openapi.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gateways/http/json_schema.h"
#include "gateways/http/service_routes.h"
#include "tests/support/http_front.h"

namespace chopmark::http {
namespace {

using http_test::Client;
using http_test::openapi_violations;
using http_test::quick_options;
using http_test::row;
using http_test::Seen;
using http_test::TestFront;
using http_test::text;
using Json = nlohmann::json;

Json components() {
    return Json::parse(R"({"Name":{"type":"string","minLength":1,"maxLength":3},
        "Tree":{"type":"object","required":["kids"],"properties":
                {"kids":{"type":"array","items":{"$ref":"#/components/schemas/Tree"}}}}})");
}

std::size_t violations(const char* schema, const char* value) {
    const Json parsed = Json::parse(schema);
    const auto sound = check_schema(parsed, components());
    EXPECT_TRUE(sound) << schema;
    return schema_violations(parsed, Json::parse(value), components()).size();
}

// Expectations after the official JSON-Schema-Test-Suite (draft 2020-12) of each keyword.
TEST(HttpJsonSchema, HoldsValuesAgainstEachKeyword) {
    struct Case {
        const char* schema;
        const char* good;
        const char* bad;
    };
    for (const Case& one : std::initializer_list<Case>{
             {R"({"type":"integer"})", "1", "1.5"},
             {R"({"type":"number"})", "1.5", "\"1\""},
             {R"({"type":["string","null"]})", "null", "0"},
             {R"({"type":"boolean"})", "false", "0"},
             {R"({"type":"array"})", "[]", "{}"},
             {R"({"const":{"a":1}})", R"({"a":1})", R"({"a":2})"},
             {R"({"enum":[1,"a",null]})", "null", "2"},
             {R"({"required":["a"]})", R"({"a":null})", R"({"b":1})"},
             {R"({"properties":{"a":{"type":"integer"}}})", R"({"a":1,"b":"x"})", R"({"a":"1"})"},
             {R"({"properties":{"a":{}},"additionalProperties":false})", R"({"a":1})",
              R"({"b":1})"},
             {R"({"additionalProperties":{"type":"integer"}})", R"({"b":1})", R"({"b":"1"})"},
             {R"({"items":{"type":"integer"}})", "[1,2]", "[1,\"2\"]"},
             {R"({"minItems":1})", "[1]", "[]"},
             {R"({"maxItems":1})", "[1]", "[1,2]"},
             {R"({"minLength":2})", "\"ab\"", "\"\u4e2d\""},
             {R"({"maxLength":2})", "\"\u4e2d\u6587\"", "\"abc\""},
             {R"({"pattern":"^a+$"})", "\"aaa\"", "\"aab\""},
             {R"({"minimum":1.5})", "1.5", "1.4"},
             {R"({"maximum":3})", "3", "3.5"},
             {R"({"oneOf":[{"type":"integer"},{"minimum":2}]})", "1", "3"},
             {R"({"anyOf":[{"type":"integer"},{"minimum":2}]})", "3", "1.5"},
             {R"({"$ref":"#/components/schemas/Name"})", "\"abc\"", "\"abcd\""},
             {R"({"$ref":"#/components/schemas/Tree"})", R"({"kids":[{"kids":[]}]})",
              R"({"kids":[{"kids":[{}]}]})"}}) {
        EXPECT_EQ(violations(one.schema, one.good), 0U) << one.schema;
        EXPECT_EQ(violations(one.schema, one.bad), 1U) << one.schema;
    }
}

TEST(HttpJsonSchema, RefusesKeywordsThatWouldCheckNothing) {
    for (const char* schema :
         {R"({"minlength":1})", R"({"type":"text"})", R"({"properties":{"a":{"foo":1}}})",
          R"({"items":{"maximun":1}})", R"({"$ref":"#/components/schemas/Nobody"})",
          R"({"$ref":"Name"})", R"({"oneOf":[]})", R"({"pattern":"("})", R"({"required":[1]})",
          R"({"maxLength":-1})", R"([])", R"("string")"}) {
        const auto outcome = check_schema(Json::parse(schema), components());
        EXPECT_TRUE(!outcome && outcome.error() == schema_invalid) << schema;
    }
}

TEST(HttpJsonSchema, NamesThePlaceAndNotTheValue) {
    const auto found =
        schema_violations(Json::parse(R"({"properties":{"a":{"items":{"type":"integer"}}}})"),
                          Json::parse(R"({"a":[1,"A1234563"]})"), Json::object());
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front(), "/a/1: is not of type \"integer\"");
}

std::vector<Route> documented_routes() {
    std::vector<Route> rows;
    rows.push_back(row(
        "GET", "/v1/items/{item}", "items.read", [](const Call& call) -> Result<httplib::Response> {
            if (call.path_param("item") == "none") {
                return Error(Reason{"items.unknown", Kind::not_found});
            }
            httplib::Response out;
            out.set_content(call.path_param("item") == "odd" ? R"({"id":7})" : R"({"id":"7"})",
                            "application/json");
            return out;
        }));
    rows.back().answers = {
        {200, "", "application/json", R"({"$ref":"#/components/schemas/Item"})"}};
    rows.back().query = {{"limit", false, R"({"type":"integer","minimum":1})", "page size"}};
    rows.push_back(row("DELETE", "/v1/items/{item}", "items.remove", [](const Call&) {
        httplib::Response out;
        out.status = 204;
        return out;
    }));
    rows.back().answers = {{204, "gone", "", ""}, {400, "a page", "text/html", ""}};
    rows.push_back(
        row("POST", "/v1/items", "items.add", [](const Call&) { return text("plain", 201); }));
    rows.back().request_schema = R"({"$ref":"#/components/schemas/Item"})";
    rows.back().answers = {{200, "", "application/json", ""}};
    return rows;
}

ApiInfo info() {
    return {"Test", "1.2.3", "", {{"Item", R"({"type":"object","required":["id"],
        "properties":{"id":{"type":"string"}},"additionalProperties":false})"}}};
}

struct ServiceFront {
    std::vector<std::string> reasons;
    std::unique_ptr<TestFront> front;

    explicit ServiceFront(const FrontOptions& options = quick_options()) {
        ServiceSources sources;
        sources.not_ready = [this] { return reasons; };
        sources.metrics = [] { return std::string("up 1\n"); };
        auto rows = with_service_routes(documented_routes(), info(), sources);
        EXPECT_TRUE(rows) << (rows ? "" : to_string(rows.error()));
        front = std::make_unique<TestFront>(*std::move(rows), options);
    }
    Seen ask(const std::string& method, const std::string& path) const {
        Client client(front->port());
        return client.ask(method + " " + path +
                          " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    }
};

TEST(HttpOpenApi, DescribesEveryRow) {
    const ServiceFront service;
    const Json document = Json::parse(service.ask("GET", "/openapi.json").body);
    EXPECT_EQ(document.at("openapi"), "3.1.0");
    EXPECT_EQ(document.at("info").at("version"), "1.2.3");
    const Json& read = document.at("paths").at("/v1/items/{item}").at("get");
    EXPECT_EQ(read.at("operationId"), "items.read");
    EXPECT_EQ(read.at("x-permission"), "public");
    EXPECT_EQ(read.at("parameters").at(0).at("name"), "item");
    EXPECT_EQ(read.at("parameters").at(0).at("required"), true);
    EXPECT_EQ(read.at("parameters").at(1).at("schema").at("minimum"), 1);
    EXPECT_TRUE(document.at("paths").at("/v1/items").at("post").contains("requestBody"));
    for (const char* path : {"/health/live", "/health/ready", "/metrics", "/openapi.json"}) {
        EXPECT_TRUE(document.at("paths").contains(path)) << path;
    }
}

TEST(HttpOpenApi, HoldsLiveAnswersAgainstTheDocument) {
    ServiceFront service;
    const std::string document = service.ask("GET", "/openapi.json").body;
    const auto found = [&](const std::string& method, const std::string& path) {
        return openapi_violations(document, method, path, service.ask(method, path));
    };
    using Violations = std::vector<std::string>;
    for (const char* path : {"/v1/items/7", "/v1/items/none", "/health/live", "/health/ready",
                             "/metrics", "/openapi.json"}) {
        EXPECT_EQ(found("GET", path), Violations()) << path;
    }
    EXPECT_EQ(found("DELETE", "/v1/items/7"), Violations());
    EXPECT_EQ(found("DELETE", "/v1/items/%zz"), Violations()) << "the front's word, not the row's";
    service.reasons = {"journal.read_only"};
    EXPECT_EQ(service.ask("GET", "/health/ready").status, 503);
    EXPECT_EQ(found("GET", "/health/ready"), Violations());
    // And it sees what contradicts it.
    EXPECT_EQ(found("GET", "/v1/items/odd"), Violations{"/id: is not of type \"string\""});
    EXPECT_EQ(found("POST", "/v1/items"), Violations{"status 201 is not documented"});
    EXPECT_EQ(found("PUT", "/v1/items"), Violations{"no operation PUT /v1/items"});
}

TEST(HttpOpenApi, RefusesATableWithASchemaThatIsNone) {
    for (const char* schema :
         {"{", R"({"tipe":"object"})", R"({"$ref":"#/components/schemas/X"})"}) {
        auto rows = documented_routes();
        rows.front().answers.front().schema = schema;
        const auto outcome = openapi_document(rows, info());
        EXPECT_TRUE(!outcome && outcome.error() == schema_invalid) << schema;
    }
}

TEST(HttpService, TellsHowItIsUnderAFlood) {
    FrontOptions options = quick_options();
    options.peers.exempt_loopback = false;
    options.peers.requests_per_second = 0.001;
    options.peers.burst = 1;
    const ServiceFront service(options);
    EXPECT_EQ(service.ask("GET", "/v1/items/7").status, 200);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(service.ask("GET", "/v1/items/7").status, 429);
        EXPECT_EQ(service.ask("GET", "/health/live").status, 200);
        EXPECT_EQ(service.ask("GET", "/health/ready").status, 200);
        EXPECT_EQ(service.ask("GET", "/nowhere").status, 429) << "what is not there counts";
    }
}

TEST(HttpService, SaysWhyItIsNotReady) {
    ServiceFront service;
    EXPECT_EQ(service.ask("GET", "/health/ready").body, R"({"ready":true,"reasons":[]})");
    service.reasons = {"journal.read_only", "view.stopped"};
    const Seen seen = service.ask("GET", "/health/ready");
    EXPECT_EQ(seen.status, 503);
    EXPECT_EQ(seen.body, R"({"ready":false,"reasons":["journal.read_only","view.stopped"]})");
    EXPECT_EQ(service.ask("GET", "/health/live").status, 200);
    EXPECT_EQ(service.ask("GET", "/metrics").body, "up 1\n");
}

}  // namespace
}  // namespace chopmark::http
