#include <gtest/gtest.h>

#include "events/core/limits.h"
#include "gateways/http/target.h"

namespace chopmark::http {
namespace {

TEST(HttpTarget, SplitsOriginForm) {
    const auto target = parse_target("/a/b?c=d?e");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->path, "/a/b");
    EXPECT_EQ(target->query, "c=d?e");
}

// RFC 9112 section 3.2.2, 3.2.4 and their examples.
TEST(HttpTarget, TakesAbsoluteAndAsteriskForm) {
    EXPECT_EQ(parse_target("http://www.example.org/pub/WWW/TheProject.html")->path,
              "/pub/WWW/TheProject.html");
    EXPECT_EQ(parse_target("HTTPS://www.example.org:8001?x=1")->path, "/");
    EXPECT_EQ(parse_target("HTTPS://www.example.org:8001?x=1")->query, "x=1");
    EXPECT_EQ(parse_target("http://www.example.org")->path, "/");
    EXPECT_EQ(parse_target("*")->path, "*");
}

TEST(HttpTarget, RefusesWhatTwoParsersCouldReadDifferently) {
    for (const char* bad : {"",
                            "a",
                            "ftp://a/b",
                            "http:///b",
                            "www.example.org:443",
                            "http://u@a/",
                            "http://u:p@a/",
                            "http://a\\\\b/",
                            "http://a:b/",
                            "http://:80/",
                            "/a#b",
                            "/a b",
                            "/\x7f",
                            "/caf\xc3\xa9",
                            "/..",
                            "/a/../b",
                            "/a/.",
                            "/./a",
                            "/a/%2e%2E/b",
                            "/%2e",
                            "/%",
                            "/%4",
                            "/%4g",
                            "/%00",
                            "/a%ff",
                            "/%c0%af",
                            "/%ed%a0%80",
                            "**"}) {
        EXPECT_FALSE(parse_target(bad)) << bad;
    }
    EXPECT_FALSE(parse_target(std::string_view("/a\0b", 4)));
    EXPECT_TRUE(parse_target("/.well-known/x"));
    EXPECT_TRUE(parse_target("/a..b/..c"));
}

TEST(HttpTarget, DecodesPercentEncodingOnce) {
    EXPECT_EQ(percent_decode("%2541%2B+", false), "%41++");
    EXPECT_EQ(percent_decode("a%20b+c", true), "a b c");
    EXPECT_EQ(percent_decode("%E4%B8%AD", false), "中");
}

TEST(HttpTarget, ReadsFormsAsClientsWriteThem) {
    const auto form = parse_form("scope=eidapi_auth+eidapi_profiles&b=%26%3D&empty=&flag&&b=2");
    ASSERT_TRUE(form);
    EXPECT_EQ(form->find("scope")->second, "eidapi_auth eidapi_profiles");
    EXPECT_EQ(form->count("b"), 2U);
    EXPECT_EQ(form->find("b")->second, "&=");
    EXPECT_EQ(form->find("empty")->second, "");
    EXPECT_EQ(form->find("flag")->second, "");
    EXPECT_TRUE(parse_form("")->empty());
    EXPECT_FALSE(parse_form("a=%zz"));
}

TEST(HttpTarget, BoundsTheFieldsOfAForm) {
    std::string form;
    for (std::size_t i = 0; i < limits::form_fields; ++i) {
        form += "a=1&";
    }
    EXPECT_EQ(parse_form(form)->size(), limits::form_fields);
    EXPECT_FALSE(parse_form(form + "a=1"));
}

// RFC 3629, and the boundary cases of Markus Kuhn's UTF-8 stress test.
TEST(HttpTarget, KnowsUtf8) {
    for (const char* good :
         {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
          "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
        EXPECT_TRUE(is_utf8(good)) << good;
    }
    for (const char* bad :
         {"\x80", "\xbf", "\xc0\xaf", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xe0\xa0",
          "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe",
          "\xff", "\xe0\xa0\xc0", "\xf0\x90\x80\xc0"}) {
        EXPECT_FALSE(is_utf8(bad)) << bad;
    }
}

}  // namespace
}  // namespace chopmark::http
