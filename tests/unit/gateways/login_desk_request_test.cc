// Pages of the login desk that stand for an anonymous request, or for another app on the phone.
#include <gtest/gtest.h>

#include "events/core/limits.h"
#include "gateways/service/login_desk.h"
#include "tests/support/simulated.h"

namespace chopmark::service {
namespace {

using namespace std::chrono_literals;

struct RequestDesk : testing::Test {
    test::ManualClock clock;
    test::SeededEntropy entropy{3};
    Secrets secrets{keys::KeyMaterial::draw(entropy, clock.now()), "sandbox"};
    LoginDesk desk{LoginDesk::Options(), secrets, clock, entropy};
    const http::AppCaller one{entropy.draw<AccountId>(), entropy.draw<DeviceId>()};
    const http::AppCaller other{entropy.draw<AccountId>(), entropy.draw<DeviceId>()};
    const RequestId request = entropy.draw<RequestId>();
    const EventId opened = entropy.draw<EventId>();
    const Instant due = clock.now() + 12min;

    LoginDraw wish() {
        LoginDraw draw;
        draw.client = ClientId(ByteArray<ClientId::size>{1});
        draw.redirect_uri = "https://service.example/back";
        draw.state = "s-1";
        draw.life = 120s;
        return draw;
    }
    DrawnLogin draw_request() {
        LoginDraw draw = wish();
        draw.request = PageRequest{request, opened, schema::REQUEST_KIND_FORM_FILLING, due, "b-1"};
        return desk.draw(std::move(draw)).value();
    }
    /// What the page is told by now.
    std::optional<LoginNews> told(const DrawnLogin& page) {
        std::optional<LoginNews> out;
        EXPECT_TRUE(desk.wait(page.handle, page.browser_secret, true,
                              [&](const LoginNews& news) { out = news; }));
        desk.leave(page.handle);
        return out;
    }
    std::string error_of(const DrawnLogin& page) {
        const auto news = told(page);
        const auto* settled = news ? std::get_if<LoginSettled>(&*news) : nullptr;
        return settled == nullptr ? "nothing" : settled->error;
    }
};

TEST_F(RequestDesk, NamesTheRequestAndGivesNoClaimToALogin) {
    const auto claimed = desk.scan({draw_request().handle}, one).value();
    EXPECT_EQ(claimed.opened, opened);
    EXPECT_TRUE(claimed.claim.empty());
    EXPECT_EQ(claimed.until, due);
    EXPECT_EQ(desk.scan({desk.draw(wish()).value().handle}, one)->opened, EventId());
}

TEST_F(RequestDesk, LivesUntilTheRequestIsDueOnceItWasScanned) {
    const DrawnLogin scanned = draw_request();
    const DrawnLogin seen_by_nobody = draw_request();
    ASSERT_TRUE(desk.scan({scanned.handle}, one));
    clock.advance(121s);
    EXPECT_TRUE(desk.take_overdue(clock.now()).empty());
    EXPECT_EQ(error_of(seen_by_nobody), "expired");
    EXPECT_EQ(error_of(scanned), "nothing");
    clock.advance(10min + 30s);
    EXPECT_TRUE(desk.take_overdue(clock.now()).empty()) << "the log knows of it already";
    EXPECT_EQ(error_of(scanned), "expired");
    clock.advance(2min);
    (void)desk.take_overdue(clock.now());
    EXPECT_EQ(desk.probe().entries, 0U);
    EXPECT_EQ(desk.probe().requests, 0U);
}

TEST_F(RequestDesk, DiesWithItsRequest) {
    clock.advance(11min);
    const DrawnLogin late = draw_request();
    clock.advance(61s);
    (void)desk.take_overdue(clock.now());
    EXPECT_EQ(error_of(late), "expired");
}

TEST_F(RequestDesk, TellsTheAnswerToPagesThatItsCitizenHasScanned) {
    const DrawnLogin first = draw_request();
    const DrawnLogin again = draw_request();
    const DrawnLogin of_other = draw_request();
    const DrawnLogin fresh = draw_request();
    ASSERT_TRUE(desk.scan({first.handle}, one));
    ASSERT_TRUE(desk.scan({again.handle}, one));
    ASSERT_TRUE(desk.scan({of_other.handle}, other));
    desk.settle_request(entropy.draw<RequestId>(), one.account, "of another request", "");
    EXPECT_FALSE(told(first));
    desk.settle_request(request, one.account, "c0de", "");
    desk.settle_request(request, one.account, "", "refused");  // what was told first stands
    for (const DrawnLogin& page : {first, again}) {
        const auto news = told(page);
        ASSERT_TRUE(news && std::holds_alternative<LoginSettled>(*news));
        const auto& settled = std::get<LoginSettled>(*news);
        EXPECT_EQ(settled.code, "c0de");
        ASSERT_TRUE(settled.request);
        EXPECT_EQ(settled.request->business_id, "b-1");
    }
    EXPECT_FALSE(told(of_other));
    EXPECT_FALSE(told(fresh));
}

TEST_F(RequestDesk, SealsTheWayBackToAnAppIntoTheClaim) {
    LoginDraw draw = wish();
    draw.to_app = true;
    const auto claimed = desk.scan({desk.draw(std::move(draw)).value().handle}, one).value();
    const auto taken = desk.take_claim(claimed.claim, one).value();
    EXPECT_EQ(taken.back, (AppReturn{"https://service.example/back", "s-1", ""}));
    const auto by_page = desk.scan({desk.draw(wish()).value().handle}, one).value();
    EXPECT_FALSE(desk.take_claim(by_page.claim, one)->back);
}

}  // namespace
}  // namespace chopmark::service
