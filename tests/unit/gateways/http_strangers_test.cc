// Which failed calls the front tells its Strangers port of.
#include <gtest/gtest.h>

#include "tests/support/http_front.h"

namespace chopmark::http {
namespace {

using http_test::row;

constexpr Reason no_token{"staff.no_token", Kind::unauthenticated};
constexpr Reason bad_code{"test.bad_code", Kind::unauthenticated};
constexpr Reason no_such{"test.no_such", Kind::not_found};
constexpr Reason refused{"test.refused", Kind::refused};

class Doorkeeper final : public Authorizer {
  public:
    Result<Principal> authorize(const Call& call, std::string_view) override {
        if (call.request.get_header_value("Authorization").empty()) {
            return no_token;
        }
        Principal out;
        out.who = StaffId{{1}};
        return out;
    }
};

class KeptStrangers final : public Strangers {
  public:
    void failed(const Call& call, const Reason& reason) override {
        const std::lock_guard lock(mutex_);
        seen_.push_back(call.request.remote_addr + " " + std::string(reason.name));
    }
    std::vector<std::string> seen() {
        const std::lock_guard lock(mutex_);
        return seen_;
    }

  private:
    std::mutex mutex_;
    std::vector<std::string> seen_;
};

std::vector<Route> rows() {
    const auto failing = [](std::string method, std::string path, const Reason& reason) {
        return row(std::move(method), path, "test" + path.substr(1),
                   [reason](const Call&) -> Result<httplib::Response> { return reason; });
    };
    std::vector<Route> out{failing("GET", "/code", bad_code), failing("GET", "/thing", no_such),
                           failing("POST", "/thingpost", no_such),
                           failing("GET", "/refused", refused), failing("GET", "/staff", no_such)};
    out.back().permission = "staff";
    return out;
}

TEST(Strangers, AreToldOfFailuresOfNobodyInParticular) {
    crypto::SystemEntropy entropy;
    SystemClock clock;
    Doorkeeper doorkeeper;
    KeptStrangers strangers;
    auto front = Front::start(RouteTable::build(rows()).value(), http_test::quick_options(),
                              {entropy, clock, &doorkeeper, nullptr, &strangers});
    ASSERT_TRUE(front) << to_string(front.error());
    const auto ask = [&](const std::string& line, const std::string& fields = {}) {
        http_test::Client client((*front)->port());
        return client.ask(line + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n").status;
    };
    EXPECT_EQ(ask("GET /code"), 401);
    EXPECT_EQ(ask("GET /thing"), 404);
    EXPECT_EQ(ask("GET /staff"), 401);
    // Of somebody who is known; of a command; of another kind; of no route at all.
    EXPECT_EQ(ask("GET /staff", "Authorization: me\r\n"), 404);
    EXPECT_EQ(ask("POST /thingpost", "Content-Length: 0\r\n"), 404);
    ask("GET /refused");
    EXPECT_EQ(ask("GET /nowhere"), 404);
    const std::vector<std::string> expected{"127.0.0.1 test.bad_code", "127.0.0.1 test.no_such",
                                            "127.0.0.1 staff.no_token"};
    EXPECT_EQ(strangers.seen(), expected);
}

}  // namespace
}  // namespace chopmark::http
