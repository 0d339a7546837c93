// ops/guides/relying-party-reference.md is made from the gateway's own tables and committed, so
// that a relying party's developer needs no build: this test makes it again and compares.
// CHOPMARK_REFRESH=1 writes it.
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "gateways/rp/callback_sender.h"
#include "gateways/rp/codes.h"
#include "gateways/rp/sent_callbacks.h"
#include "tests/support/rp_bench.h"

namespace chopmark::rp {
namespace {

constexpr auto path = CHOPMARK_SOURCE_DIR "/ops/guides/relying-party-reference.md";

constexpr auto opening = R"(# The relying party's wire: calls and codes

Made from the gateway's tables by `CHOPMARK_REFRESH=1 build/release/unit_gateways
--gtest_filter='RpGuide*'`; a test compares. Do not edit. How to begin is in
[relying-parties.md](relying-parties.md).

)";

std::string table_of_calls(const std::vector<http::Route>& routes) {
    std::string out = "## Calls\n\n| call | what it does |\n|---|---|\n";
    for (const http::Route& route : routes) {
        out += fmt::format("| `{} {}` | {} |\n", route.method, route.path, route.summary);
    }
    return out;
}

std::string table_of_codes() {
    std::string out =
        "\n## Codes\n\nA client of iAM Smart gets them with D before the number, one of CorpID "
        "with "
        "M. Status is\n200 but for 20000, which may be 429 or 503. The last column is for reports "
        "to "
        "us: the names of our\nown refusals behind a code.\n\n"
        "| code | message | cause | cure | refusals |\n|---|---|---|---|---|\n";
    for (const CodeText& text : code_texts()) {
        std::string reasons;
        for (const std::string_view reason : reasons_of(text.number)) {
            reasons += (reasons.empty() ? "" : ", ") + fmt::format("`{}`", reason);
        }
        out += fmt::format("| {:05} | {} | {} | {} | {} |\n", text.number, text.message, text.cause,
                           text.cure, reasons);
    }
    return out;
}

struct RpGuide : test::RpBench {
    void SetUp() override {
        RpBench::SetUp();
        for (http::Route& row : gateway.own_routes(sent)) {
            routes.push_back(std::move(row));
        }
    }
    const RpCallbacks contents{ports, rp::Options()};
    const CallbackSender sender{{}};
    SentCallbacks sent{{commands, contents, sender, bench.clock, pool}};
};

TEST_F(RpGuide, IsWhatTheTablesSay) {
    const std::string made = opening + table_of_calls(routes) + table_of_codes();
    if (std::getenv("CHOPMARK_REFRESH") != nullptr) {
        std::ofstream(path) << made;
    }
    std::ostringstream committed;
    committed << std::ifstream(path).rdbuf();
    EXPECT_EQ(committed.str(), made);
}

/// Every number that a refusal becomes is explained.
TEST_F(RpGuide, ExplainsEveryCode) {
    for (int number = 20000; number < 90000; ++number) {
        if (!reasons_of(number).empty()) {
            EXPECT_EQ(std::ranges::count(code_texts(), number, &CodeText::number), 1) << number;
        }
    }
    EXPECT_TRUE(std::ranges::is_sorted(code_texts(), {}, &CodeText::number));
}

}  // namespace
}  // namespace chopmark::rp
