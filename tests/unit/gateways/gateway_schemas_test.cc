// What the gateways say of themselves in OpenAPI. Whether it is true, every other test of a gateway
// shows: the benches hold each answer against its row.
#include <gtest/gtest.h>

#include <set>

#include "gateways/admin/admin_schemas.h"
#include "gateways/app/app_schemas.h"
#include "gateways/audit/audit_schemas.h"
#include "gateways/channel/channel_schemas.h"
#include "gateways/http/openapi.h"
#include "gateways/security/security_schemas.h"
#include "tests/support/gateway_bench.h"
#include "tests/support/http_openapi.h"
#include "tests/support/staff_rig.h"

namespace chopmark::test {
namespace {

namespace words = http::words;

std::vector<http::Route> rows_of_phones_and_terminals() {
    GatewayBench bench;
    const app::AppGateway phones(bench.app_ports());
    const channel::ChannelGateway terminals(bench.channel_ports());
    std::vector<http::Route> rows = phones.routes();
    for (http::Route& row : terminals.routes()) {
        rows.push_back(std::move(row));
    }
    return rows;
}

void expect_described(const std::vector<http::Route>& rows) {
    for (const http::Route& row : rows) {
        ASSERT_FALSE(row.answers.empty()) << row.name;
        for (const http::Answer& answer : row.answers) {
            const bool json = answer.content_type == "application/json";
            EXPECT_TRUE(!json || answer.schema.size() > std::string(R"({"type":"object"})").size())
                << row.name << " does not say what it answers";
        }
        const bool bare = row.name.ends_with(".challenge") || row.name.starts_with("admin.view.") ||
                          row.name == "admin.node.drain" || row.name == "admin.node.resume" ||
                          row.name == "admin.node.checkpoint";
        EXPECT_EQ(row.method == "POST" && !bare, !row.request_schema.empty()) << row.name;
    }
    const auto document = http::openapi_document(rows, {"test", "1", "", {}});
    EXPECT_TRUE(document) << document.error().detail;
}

TEST(GatewaySchemas, EveryRowSaysWhatItReadsAndAnswers) {
    expect_described(rows_of_phones_and_terminals());
    expect_described(StaffRig().routes);
}

TEST(GatewaySchemas, NoLineIsOfARowThatIsNotThere) {
    std::set<std::string> names;
    for (const http::Route& row : rows_of_phones_and_terminals()) {
        names.insert(row.name);
    }
    for (const http::Route& row : StaffRig().routes) {
        names.insert(row.name);
    }
    for (const auto& table :
         {app::app_schemas(), channel::channel_schemas(), audit::audit_schemas(),
          security::security_schemas(), admin::admin_schemas()}) {
        for (const words::RowSchema& line : table) {
            EXPECT_TRUE(names.contains(line.name)) << line.name;
        }
    }
}

TEST(GatewaySchemas, AnExchangeIsHeldAgainstItsRow) {
    http::Route row;
    row.answers = {{200, "", "application/json", words::receipt({{"login", words::id()}}).dump()}};
    row.request_schema = words::open({{"claim", words::base64(16)}}).dump();
    const Json asked = {{"claim", "AQID"}, {"unknown", 1}};
    const Json good = {
        {"login", std::string(32, 'a')}, {"event", std::string(32, '0')}, {"recorded_at", 1}};
    const auto violations = [&](const Json& request, int status, const Json& answer) {
        return http_test::row_violations(row, request, status, answer).size();
    };
    EXPECT_EQ(violations(asked, 200, good), 0U);
    EXPECT_EQ(violations(Json::object(), 200, good), 1U);
    EXPECT_EQ(violations(Json::object(), 400, Json()), 0U);
    EXPECT_EQ(violations(asked, 201, good), 1U);
    Json more = good;
    more["secret"] = "x";
    EXPECT_EQ(violations(asked, 200, more), 1U);
    Json less = good;
    less.erase("event");
    EXPECT_EQ(violations(asked, 200, less), 1U);
}

}  // namespace
}  // namespace chopmark::test
