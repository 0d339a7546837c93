#include <gtest/gtest.h>

#include "gateways/http/route_table.h"
#include "tests/support/http_front.h"

namespace chopmark::http {
namespace {

using http_test::async_row;
using http_test::row;

Route plain(std::string method, std::string path, std::string name) {
    return row(std::move(method), std::move(path), std::move(name),
               [](const Call&) { return httplib::Response(); });
}

RouteTable table_of(std::vector<Route> rows) {
    auto table = RouteTable::build(std::move(rows));
    EXPECT_TRUE(table) << (table ? "" : to_string(table.error()));
    return *std::move(table);
}

std::string name_of(const Match& match) { return match.route == nullptr ? "" : match.route->name; }

TEST(HttpRouteTable, PrefersLiteralsToParameters) {
    const RouteTable table =
        table_of({plain("GET", "/a/{x}/{y}", "params"), plain("GET", "/a/{x}/c", "late"),
                  plain("GET", "/a/b/{y}", "early"), plain("GET", "/a/b/c", "literal")});
    EXPECT_EQ(name_of(table.find("GET", "/a/b/c")), "literal");
    EXPECT_EQ(name_of(table.find("GET", "/a/b/d")), "early");
    EXPECT_EQ(name_of(table.find("GET", "/a/x/c")), "late");
    EXPECT_EQ(name_of(table.find("GET", "/a/x/y")), "params");
}

TEST(HttpRouteTable, NamesAndDecodesParameters) {
    const RouteTable table = table_of({plain("GET", "/p/{first}/of/{second}", "two")});
    const Match match = table.find("GET", "/p/a%2Fb/of/%E4%B8%AD");
    ASSERT_EQ(name_of(match), "two");
    EXPECT_EQ(match.params, (PathParams{{"first", "a/b"}, {"second", "中"}}));
}

TEST(HttpRouteTable, MatchesWholePathsOnly) {
    const RouteTable table =
        table_of({plain("GET", "/", "root"), plain("GET", "/a/{x}", "a"), plain("GET", "/b", "b")});
    EXPECT_EQ(name_of(table.find("GET", "/")), "root");
    for (const char* path : {"/a", "/a/", "/a/x/", "//a/x", "/a//x", "/b/", "/B", "/%62", "", "*",
                             "/{}", "/a/{}/{}"}) {
        const Match match = table.find("GET", path);
        EXPECT_EQ(match.route, nullptr) << path;
        EXPECT_EQ(match.refusal, refusals::not_found) << path;
    }
    // A brace in a request is a character like any other.
    EXPECT_EQ(table.find("GET", "/a/{}").params.front().second, "{}");
    EXPECT_EQ(table.find("GET", "/a/" + std::string(5000, '/')).route, nullptr);
}

TEST(HttpRouteTable, FindsTheMethodBehindALiteralOfAnother) {
    const RouteTable table =
        table_of({plain("POST", "/a/new", "create"), plain("GET", "/a/{x}", "read")});
    EXPECT_EQ(name_of(table.find("GET", "/a/new")), "read");
    EXPECT_EQ(name_of(table.find("POST", "/a/new")), "create");
    const Match match = table.find("PUT", "/a/new");
    EXPECT_EQ(match.refusal, refusals::method_not_allowed);
    EXPECT_EQ(match.allow, "GET, HEAD, OPTIONS, POST");
}

TEST(HttpRouteTable, AnswersHeadForQueriesOnly) {
    const RouteTable table =
        table_of({plain("GET", "/q", "query"),
                  async_row(RouteKind::park, "GET", "/w", "wait", [](const CallPtr&, Reply) {})});
    EXPECT_EQ(name_of(table.find("HEAD", "/q")), "query");
    EXPECT_EQ(table.find("HEAD", "/w").allow, "GET, OPTIONS");
}

TEST(HttpRouteTable, RefusesRowsThatCannotBeMeant) {
    const auto refused = [](std::vector<Route> rows) {
        const auto table = RouteTable::build(std::move(rows));
        return !table && table.error() == route_invalid;
    };
    EXPECT_TRUE(refused({plain("GET", "/a/{x}", "one"), plain("GET", "/a/{y}", "two")}));
    EXPECT_TRUE(refused({plain("GET", "/a", "same"), plain("GET", "/b", "same")}));
    EXPECT_TRUE(refused({plain("BREW", "/a", "a")}));
    EXPECT_TRUE(refused({plain("HEAD", "/a", "a")}));
    EXPECT_TRUE(refused({plain("GET", "a", "a")}));
    EXPECT_TRUE(refused({plain("GET", "/a/", "a")}));
    EXPECT_TRUE(refused({plain("GET", "/a//b", "a")}));
    EXPECT_TRUE(refused({plain("GET", "/a/{x}b", "a")}));
    EXPECT_TRUE(refused({plain("GET", "/{x}/{x}", "a")}));
    EXPECT_TRUE(refused({plain("GET", "/a%20b", "a")}));
    EXPECT_TRUE(refused({plain("GET", "/a", "")}));
    Route without_permission = plain("GET", "/a", "a");
    without_permission.permission.clear();
    EXPECT_TRUE(refused({without_permission}));
    Route without_handler = plain("GET", "/a", "a");
    without_handler.handler = {};
    EXPECT_TRUE(refused({without_handler}));
    Route parked_thread = plain("GET", "/a", "a");
    parked_thread.kind = RouteKind::park;
    EXPECT_TRUE(refused({parked_thread}));
}

}  // namespace
}  // namespace chopmark::http
