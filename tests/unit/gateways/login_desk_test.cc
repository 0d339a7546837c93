#include "gateways/service/login_desk.h"

#include <gtest/gtest.h>

#include "events/core/limits.h"
#include "events/crypto/digest.h"
#include "tests/support/simulated.h"

namespace chopmark::service {
namespace {

using namespace std::chrono_literals;

template <class Id>
Id numbered(std::uint8_t number) {
    ByteArray<Id::size> bytes{};
    bytes.back() = number;
    return Id(bytes);
}

http::AppCaller phone(std::uint8_t number) {
    return {numbered<AccountId>(number), numbered<DeviceId>(number)};
}

struct Page {
    std::vector<LoginNews> news;
    LoginDesk::Told told() {
        return [this](const LoginNews& what) { news.push_back(what); };
    }
    [[nodiscard]] const LoginSettled* settled() const {
        return news.empty() ? nullptr : std::get_if<LoginSettled>(&news.back());
    }
};

struct LoginDeskTest : testing::Test {
    test::ManualClock clock;
    test::SeededEntropy entropy{3};
    Secrets secrets{keys::KeyMaterial::draw(entropy, clock.now()), "sandbox"};
    LoginDesk desk{{.node = 7, .entries = 4, .per_client = 2}, secrets, clock, entropy};

    static LoginDraw wish(std::uint8_t client = 1) {
        LoginDraw draw;
        draw.client = numbered<ClientId>(client);
        draw.scopes = {"eidapi_auth"};
        draw.redirect_uri = "https://service.example/back";
        draw.state = "s-1";
        draw.browser.address = Sensitive<std::string>("192.0.2.1");
        draw.browser.agent = Sensitive<Bytes>("agent");
        draw.browser.endpoint.set_country("HK");
        draw.life = 120s;
        return draw;
    }
    DrawnLogin draw(std::uint8_t client = 1) { return desk.draw(wish(client)).value(); }
    DrawnLogin draw(schema::QrPicture qr, schema::Flow flow = schema::QR) {
        LoginDraw draw = wish();
        draw.qr = qr;
        draw.flow = flow;
        return desk.draw(std::move(draw)).value();
    }
    /// What the page's script would show, that long after it was drawn.
    static Scan picture(const DrawnLogin& drawn, std::uint64_t step) {
        const Digest key = *Digest::from_hex(drawn.page_key);
        return {redrawn_text(drawn.handle, key.bytes(), step)};
    }
    /// What an approval by that phone would record, and as which flow.
    std::pair<schema::QrPicture, schema::Flow> recorded(const Result<ClaimedLogin>& claimed) {
        const auto taken = desk.take_claim(claimed.value().claim, phone(1)).value();
        return {taken.ends.picture, taken.offer.flow};
    }
};

TEST_F(LoginDeskTest, TakesARedrawnPictureForTenSecondsAndThenTheNextOne) {
    const DrawnLogin drawn = draw(schema::QR_REDRAWN);
    const Scan first = picture(drawn, 0);
    clock.advance(10s + 1us);
    EXPECT_EQ(desk.scan(first, phone(1)).error(), qr_code_old);
    EXPECT_EQ(desk.probe().codes_old, 1U);
    const auto claimed = desk.scan(picture(drawn, 3), phone(1));
    ASSERT_TRUE(claimed) << claimed.error();
    EXPECT_EQ(recorded(claimed), std::pair(schema::QR_REDRAWN, schema::QR));
    // Whoever has claimed it may ask again with what was read then.
    clock.advance(30s);
    EXPECT_TRUE(desk.scan(first, phone(1)));
    EXPECT_EQ(desk.scan(picture(drawn, 13), phone(2)).error(), handle_claimed);
}

TEST_F(LoginDeskTest, RefusesCodesOfOtherPagesAndOfLaterSteps) {
    const DrawnLogin drawn = draw(schema::QR_REDRAWN);
    const DrawnLogin other = draw(schema::QR_REDRAWN);
    const Scan foreign{drawn.handle + picture(other, 0).text.substr(drawn.handle.size())};
    EXPECT_EQ(desk.scan(foreign, phone(1)).error(), qr_code_wrong);
    EXPECT_EQ(desk.scan(picture(drawn, 2), phone(1)).error(), qr_code_wrong);
    EXPECT_EQ(desk.scan({drawn.handle + ".0"}, phone(1)).error(), handle_unknown);
    EXPECT_EQ(desk.probe().codes_wrong, 2U);
    EXPECT_TRUE(desk.scan(picture(drawn, 1), phone(1))) << "a step ahead is a clock's error";
}

TEST_F(LoginDeskTest, TakesNoPictureWithoutACodeWhereRedrawnOnesAreWanted) {
    const DrawnLogin drawn = draw(schema::QR_REDRAWN);
    EXPECT_EQ(desk.scan({drawn.handle}, phone(1)).error(), qr_code_missing);
    EXPECT_EQ(desk.scan({drawn.handle, true}, phone(1)).error(), qr_code_missing)
        << "no page for the same phone";
    EXPECT_EQ(desk.probe().codes_missing, 2U);
    EXPECT_TRUE(desk.scan(picture(drawn, 0), phone(1)));
}

TEST_F(LoginDeskTest, RecordsAPictureWithoutACodeAsStatic) {
    EXPECT_EQ(recorded(desk.scan({draw().handle}, phone(1))),
              std::pair(schema::QR_STATIC, schema::QR));
    const DrawnLogin plain = draw(schema::QR_STATIC);
    EXPECT_TRUE(plain.page_key.empty());
    EXPECT_EQ(recorded(desk.scan({plain.handle}, phone(1))),
              std::pair(schema::QR_STATIC, schema::QR));
}

TEST_F(LoginDeskTest, KnowsALinkOpenedOnThePhoneFromACamerasView) {
    const DrawnLogin opened = draw(schema::QR_REDRAWN, schema::TICKET);
    EXPECT_EQ(recorded(desk.scan({opened.handle, true}, phone(1))),
              std::pair(schema::QR_PICTURE_UNSPECIFIED, schema::TICKET));
    const DrawnLogin scanned = draw(schema::QR_REDRAWN, schema::TICKET);
    EXPECT_EQ(desk.scan({scanned.handle}, phone(1)).error(), qr_code_missing);
    Scan by_other_camera = picture(scanned, 0);
    by_other_camera.by_link = true;
    EXPECT_EQ(recorded(desk.scan(by_other_camera, phone(1))),
              std::pair(schema::QR_REDRAWN, schema::QR));
}

TEST_F(LoginDeskTest, SaysOfAnExpiredLoginWhichPictureWasScanned) {
    const DrawnLogin drawn = draw(schema::QR_REDRAWN);
    ASSERT_TRUE(desk.scan(picture(drawn, 0), phone(1)));
    clock.advance(121s);
    const auto overdue = desk.take_overdue(clock.now());
    ASSERT_EQ(overdue.size(), 1U);
    EXPECT_EQ(overdue[0].command.ends.picture, schema::QR_REDRAWN);
}

TEST_F(LoginDeskTest, DrawsThreeValuesThatDoNotGiveEachOtherAway) {
    const DrawnLogin one = draw();
    const DrawnLogin other = draw();
    EXPECT_EQ(one.handle.size(), 26U);
    EXPECT_EQ(one.browser_secret.size(), 64U);
    EXPECT_EQ(one.number.size(), 2U);
    EXPECT_EQ(one.until, clock.now() + 120s);
    EXPECT_NE(one.handle, other.handle);
    EXPECT_NE(one.browser_secret, other.browser_secret);
    EXPECT_NE(one.login, other.login);
}

TEST_F(LoginDeskTest, KeepsWhatAClaimSaysFromWhoeverHoldsIt) {
    const DrawnLogin drawn = draw();
    const Bytes claim = from_base64(desk.scan({drawn.handle}, phone(1)).value().claim).value();
    EXPECT_EQ(claim.find("192.0.2.1"), Bytes::npos);
    EXPECT_EQ(claim.find("agent"), Bytes::npos);
    EXPECT_EQ(claim.find("eidapi_auth"), Bytes::npos);
    EXPECT_NE(claim, from_base64(desk.scan({drawn.handle}, phone(1)).value().claim).value());
}

TEST_F(LoginDeskTest, GivesTheFirstPhoneTheClaimAndTellsTheSecondSo) {
    const DrawnLogin drawn = draw();
    const auto first = desk.scan({drawn.handle}, phone(1));
    ASSERT_TRUE(first);
    EXPECT_EQ(first->offer.login, drawn.login);
    EXPECT_EQ(first->offer.claimed_by, phone(1).device);
    EXPECT_EQ(first->number, drawn.number);
    EXPECT_EQ(first->offer.state_digest, crypto::sha256("s-1"));
    EXPECT_TRUE(desk.scan({drawn.handle}, phone(1)));
    EXPECT_EQ(desk.scan({drawn.handle}, phone(2)).error(), handle_claimed);
    EXPECT_EQ(desk.probe().claimed_twice, 1U);
}

TEST_F(LoginDeskTest, KnowsNoHandleOfAnotherProcessNorGarbage) {
    LoginDesk other({.node = 7}, secrets, clock, entropy);
    EXPECT_EQ(desk.scan({other.draw(wish()).value().handle}, phone(1)).error(), handle_unknown);
    EXPECT_EQ(desk.scan({""}, phone(1)).error(), handle_unknown);
    EXPECT_EQ(desk.scan({std::string(26, 'A')}, phone(1)).error(), handle_unknown);
}

TEST_F(LoginDeskTest, TakesAClaimBackFromItsPhoneAlone) {
    const DrawnLogin drawn = draw();
    clock.advance(3s);
    const std::string claim = desk.scan({drawn.handle}, phone(1))->claim;
    clock.advance(4s);
    const auto taken = desk.take_claim(claim, phone(1));
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->offer.login, drawn.login);
    EXPECT_EQ(taken->account, phone(1).account);
    EXPECT_EQ(taken->ends.qr_age, 3s);
    EXPECT_EQ(taken->ends.scan_delay, 4s);
    EXPECT_EQ(taken->ends.browser.country(), "HK");
    EXPECT_EQ(taken->ends.browser_address.reveal(), "192.0.2.1");
    EXPECT_EQ(taken->number, drawn.number);

    EXPECT_EQ(desk.take_claim(claim, phone(2)).error(), bad_claim);
    EXPECT_EQ(desk.take_claim("AAAA", phone(1)).error(), bad_claim);
    std::string spoilt = claim;
    spoilt[10] = spoilt[10] == 'A' ? 'B' : 'A';
    EXPECT_EQ(desk.take_claim(spoilt, phone(1)).error(), bad_claim);
    clock.advance(120s + limits::login_id_grace);
    EXPECT_EQ(desk.take_claim(claim, phone(1)).error(), keys::stamp_expired);
}

TEST_F(LoginDeskTest, TakesAClaimOfAnyNodeOfTheDeployment) {
    const std::string claim = desk.scan({draw().handle}, phone(1))->claim;
    const LoginDesk other({.node = 8}, secrets, clock, entropy);
    EXPECT_TRUE(other.take_claim(claim, phone(1)));
}

TEST_F(LoginDeskTest, TellsTheWaitingPageOnceThatItWasScanned) {
    const DrawnLogin drawn = draw();
    Page page;
    ASSERT_TRUE(desk.wait(drawn.handle, drawn.browser_secret, false, page.told()));
    EXPECT_TRUE(page.news.empty());
    (void)desk.scan({drawn.handle}, phone(1));
    (void)desk.scan({drawn.handle}, phone(1));
    ASSERT_EQ(page.news.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<LoginScanned>(page.news[0]));
    // A page that has not seen it is told at once, one that has waits.
    ASSERT_TRUE(desk.wait(drawn.handle, drawn.browser_secret, false, page.told()));
    EXPECT_EQ(page.news.size(), 2U);
    ASSERT_TRUE(desk.wait(drawn.handle, drawn.browser_secret, true, page.told()));
    EXPECT_EQ(page.news.size(), 2U);
}

TEST_F(LoginDeskTest, YieldsTheCodeToTheBrowsersSecretAlone) {
    const DrawnLogin drawn = draw();
    Page thief;
    EXPECT_EQ(desk.wait(drawn.handle, std::string(64, '0'), false, thief.told()).error(),
              handle_unknown);
    EXPECT_EQ(desk.wait(drawn.handle, "", false, thief.told()).error(), handle_unknown);
    EXPECT_EQ(desk.wait(drawn.handle, draw().browser_secret, false, thief.told()).error(),
              handle_unknown);
    desk.settle(drawn.login, "c0de", "");
    EXPECT_TRUE(thief.news.empty());
}

TEST_F(LoginDeskTest, TellsTheSettlementOnceAndALatePageAtOnce) {
    const DrawnLogin drawn = draw();
    (void)desk.scan({drawn.handle}, phone(1));
    Page page;
    ASSERT_TRUE(desk.wait(drawn.handle, drawn.browser_secret, true, page.told()));
    desk.settle(drawn.login, "c0de", "");
    desk.settle(drawn.login, "", "refused");  // what came first stands
    ASSERT_EQ(page.news.size(), 1U);
    ASSERT_NE(page.settled(), nullptr);
    EXPECT_EQ(page.settled()->code, "c0de");
    EXPECT_EQ(page.settled()->redirect_uri, "https://service.example/back");
    EXPECT_EQ(page.settled()->state, "s-1");
    Page late;
    ASSERT_TRUE(desk.wait(drawn.handle, drawn.browser_secret, true, late.told()));
    EXPECT_NE(late.settled(), nullptr);
    EXPECT_EQ(desk.scan({drawn.handle}, phone(1)).error(), handle_unknown);
}

TEST_F(LoginDeskTest, ReplacesAWaitAndForgetsAPageThatLeft) {
    const DrawnLogin drawn = draw();
    Page first;
    Page second;
    ASSERT_TRUE(desk.wait(drawn.handle, drawn.browser_secret, false, first.told()));
    ASSERT_TRUE(desk.wait(drawn.handle, drawn.browser_secret, false, second.told()));
    EXPECT_EQ(desk.probe().waiting, 1U);
    desk.leave(drawn.handle);
    EXPECT_EQ(desk.probe().waiting, 0U);
    desk.settle(drawn.login, "c0de", "");
    EXPECT_TRUE(first.news.empty());
    EXPECT_TRUE(second.news.empty());
}

TEST_F(LoginDeskTest, RefusesBeyondItsBoundsUntilEntriesAreOver) {
    (void)draw(1);
    (void)draw(1);
    EXPECT_EQ(desk.draw(wish(1)).error(), client_quota);
    (void)draw(2);
    (void)draw(3);
    ASSERT_TRUE(desk.draw(wish(4))) << "the first service has two";
    ASSERT_FALSE(desk.draw(wish(5)));
    EXPECT_EQ(desk.draw(wish(5)).error(), desk_full);
    clock.advance(121s);
    EXPECT_TRUE(desk.take_overdue(clock.now()).empty());
    clock.advance(61s);
    EXPECT_TRUE(desk.take_overdue(clock.now()).empty());
    EXPECT_EQ(desk.probe().entries, 0U);
    EXPECT_TRUE(desk.draw(wish(1)));
}

/// A flood takes its own places back, the oldest first, and nobody else's.
TEST_F(LoginDeskTest, GivesThePlacesOfWhoHasTheMostToWhoHasLess) {
    LoginDesk large{{.node = 7, .entries = 6, .per_client = 4}, secrets, clock, entropy};
    const auto from = [&](const char* address, std::uint8_t client = 1) {
        LoginDraw draw = wish(client);
        draw.browser.address = Sensitive<std::string>(address);
        return large.draw(std::move(draw));
    };
    const auto oldest = from("192.0.2.66").value();
    Page page;
    ASSERT_TRUE(large.wait(oldest.handle, oldest.browser_secret, false, page.told()));
    const auto second = from("192.0.2.66").value();
    ASSERT_TRUE(from("192.0.2.66"));
    ASSERT_TRUE(from("192.0.2.66"));
    EXPECT_EQ(from("192.0.2.66").error(), client_quota);
    const auto modest = from("2001:db8::1");
    ASSERT_TRUE(modest);
    ASSERT_NE(page.settled(), nullptr);
    EXPECT_EQ(page.settled()->error, "expired");
    EXPECT_EQ(large.scan({oldest.handle}, phone(1)).error(), handle_unknown);
    EXPECT_EQ(from("192.0.2.66").error(), client_quota);
    // What a phone has scanned is taken from nobody.
    ASSERT_TRUE(large.scan({second.handle}, phone(1)));
    EXPECT_EQ(from("2001:db8::2").error(), client_quota)
        << "the same /64, which would have as many";
    EXPECT_TRUE(from("2001:db8:0:1::2"));
    EXPECT_TRUE(large.scan({second.handle}, phone(1)));
    EXPECT_TRUE(large.scan({modest->handle}, phone(2)));
    // Where the whole desk is full, of all services.
    ASSERT_TRUE(from("192.0.2.77", 2));
    ASSERT_TRUE(from("192.0.2.77", 2));
    EXPECT_EQ(from("192.0.2.88", 3).has_value(), true);
    EXPECT_EQ(from("192.0.2.99", 3).error(), desk_full) << "nobody has more than one";
    EXPECT_EQ(large.probe().entries, 6U);
    EXPECT_EQ(large.probe().made_room, 3U);
}

TEST_F(LoginDeskTest, DiesAfterItsLife) {
    const DrawnLogin drawn = draw();
    Page page;
    ASSERT_TRUE(desk.wait(drawn.handle, drawn.browser_secret, false, page.told()));
    clock.advance(120s);
    EXPECT_EQ(desk.scan({drawn.handle}, phone(1)).error(), handle_unknown);
    EXPECT_TRUE(desk.take_overdue(clock.now()).empty());  // nobody claimed it: nothing to record
    ASSERT_NE(page.settled(), nullptr);
    EXPECT_EQ(page.settled()->error, "expired");
}

TEST_F(LoginDeskTest, HandsOverWhatWasClaimedAndNotDecidedOnce) {
    const DrawnLogin drawn = draw();
    clock.advance(5s);
    (void)desk.scan({drawn.handle}, phone(1));
    Page page;
    ASSERT_TRUE(desk.wait(drawn.handle, drawn.browser_secret, true, page.told()));
    clock.advance(115s);
    const auto overdue = desk.take_overdue(clock.now());
    ASSERT_EQ(overdue.size(), 1U);
    EXPECT_EQ(overdue[0].account, phone(1).account);
    EXPECT_EQ(overdue[0].command.offer.login, drawn.login);
    EXPECT_EQ(overdue[0].command.offer.claimed_by, phone(1).device);
    EXPECT_EQ(overdue[0].command.ends.qr_age, 5s);
    EXPECT_TRUE(desk.take_overdue(clock.now()).empty());
    EXPECT_TRUE(page.news.empty());  // an approval may still come first
    desk.settle(drawn.login, "c0de", "");
    ASSERT_NE(page.settled(), nullptr);
    EXPECT_EQ(page.settled()->code, "c0de");
}

TEST_F(LoginDeskTest, HandsOverAgainWithPausesWhatCameToNothing) {
    const DrawnLogin drawn = draw();
    (void)desk.scan({drawn.handle}, phone(1));
    clock.advance(120s);
    ASSERT_EQ(desk.take_overdue(clock.now()).size(), 1U);
    for (const auto pause : {2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
        desk.try_again(drawn.login);
        desk.try_again(drawn.login);  // only what was handed over
        clock.advance(pause - 1s);
        EXPECT_TRUE(desk.take_overdue(clock.now()).empty()) << pause.count();
        clock.advance(1s);
        const auto again = desk.take_overdue(clock.now());
        ASSERT_EQ(again.size(), 1U) << pause.count();
        EXPECT_EQ(again[0].command.offer.login, drawn.login);
    }
    desk.settle(drawn.login, "", "expired");
    desk.try_again(drawn.login);
    clock.advance(61s);
    EXPECT_TRUE(desk.take_overdue(clock.now()).empty());
    EXPECT_EQ(desk.probe().entries, 0U);
    EXPECT_EQ(desk.probe().never_recorded, 0U);
}

TEST_F(LoginDeskTest, TellsThePageWhileTheRecordIsStillOwed) {
    const DrawnLogin drawn = draw();
    (void)desk.scan({drawn.handle}, phone(1));
    Page page;
    ASSERT_TRUE(desk.wait(drawn.handle, drawn.browser_secret, true, page.told()));
    clock.advance(120s);
    (void)desk.take_overdue(clock.now());
    desk.try_again(drawn.login);
    clock.advance(30s);
    EXPECT_EQ(desk.take_overdue(clock.now()).size(), 1U);
    ASSERT_NE(page.settled(), nullptr);
    EXPECT_EQ(page.settled()->error, "expired");
}

TEST_F(LoginDeskTest, GivesUpWhenTheSlotHasForgottenTheLogin) {
    const DrawnLogin drawn = draw();
    (void)desk.scan({drawn.handle}, phone(1));
    clock.advance(120s);
    (void)desk.take_overdue(clock.now());
    desk.try_again(drawn.login);
    clock.advance(limits::login_id_grace);
    EXPECT_TRUE(desk.take_overdue(clock.now()).empty());
    EXPECT_EQ(desk.probe().never_recorded, 1U);
    clock.advance(61s);
    EXPECT_TRUE(desk.take_overdue(clock.now()).empty());
    EXPECT_EQ(desk.probe().entries, 0U);
}

}  // namespace
}  // namespace chopmark::service
