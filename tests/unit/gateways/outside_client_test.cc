#include <gtest/gtest.h>

#include "gateways/outside/https_parties.h"
#include "gateways/outside/sandbox_cards.h"
#include "gateways/outside/sandbox_parties.h"
#include "tests/support/simulated.h"

namespace chopmark {
namespace {

using outside::CircuitBreaker;
using outside::OutsideClient;

citizen::CardFace card_named(const std::string& name) {
    return {
        *citizen::HkidNumber::parse("A123456(3)"), name, "", 'F', *citizen::parse_date("19900517"),
        *citizen::parse_date("20240105")};
}

TEST(CircuitBreaker, OpensAfterFailuresInARowAndLetsOneTryAgain) {
    const Instant start = Instant::from_seconds(1'000);
    CircuitBreaker breaker(2, std::chrono::seconds(10));
    breaker.failed(start);
    EXPECT_TRUE(breaker.admits(start));
    breaker.failed(start);
    EXPECT_FALSE(breaker.admits(start + std::chrono::seconds(9)));
    EXPECT_TRUE(breaker.admits(start + std::chrono::seconds(10)));
    EXPECT_FALSE(breaker.admits(start + std::chrono::seconds(11)));
    breaker.succeeded();
    EXPECT_TRUE(breaker.admits(start + std::chrono::seconds(11)));
}

TEST(OutsideClient, TriesAPartyThatIsNotThereAndThenHoldsBack) {
    test::ManualClock clock;
    test::SeededEntropy entropy(1);
    outside::OutsideOptions options;
    options.host = "127.0.0.1";
    options.port = 1;  // tcpmux: nobody listens
    options.connect = std::chrono::milliseconds(200);
    options.pause = std::chrono::milliseconds(1);
    options.failures_to_open = 1;
    OutsideClient client(options, clock, entropy);
    outside::HttpsRegister immigration(client);
    const Sensitive query(citizen::query_of(card_named("CHAN, Tai Man")));
    EXPECT_EQ(immigration.match(RequestId(), query).error(), ports::outside_unreachable);
    EXPECT_EQ(client.probe().retries, 2U);
    EXPECT_EQ(immigration.match(RequestId(), query).error(), ports::outside_unreachable);
    EXPECT_EQ(client.probe().held_back, 1U);
}

TEST(SandboxRegister, AnswersByTheName) {
    outside::SandboxRegister immigration;
    const auto verdict = [&](const std::string& name) {
        return immigration.match(RequestId(), Sensitive(citizen::query_of(card_named(name))))
            .value()
            .verdict;
    };
    using Verdict = ports::RegisterAnswer::Verdict;
    EXPECT_EQ(verdict("CHAN, Tai Man"), Verdict::matched);
    EXPECT_EQ(verdict("NOMATCH, Tai Man"), Verdict::not_matched);
    EXPECT_EQ(verdict("INVALID, Tai Man"), Verdict::card_invalid);
}

TEST(SandboxMatcher, GivesNoScoreForAnotherCardsPicture) {
    outside::SandboxMatcher matcher;
    const auto one = *citizen::HkidNumber::parse("A123456(3)");
    const auto other = *citizen::HkidNumber::parse("E364912(5)");
    const auto score = [&](const citizen::HkidNumber& picture) {
        return matcher
            .compare(RequestId(), Sensitive(outside::sandbox_selfie(one, 950, 930)),
                     Sensitive(outside::sandbox_picture(picture)))
            .value()
            .match_permille;
    };
    EXPECT_EQ(score(one), 950U);
    EXPECT_EQ(score(other), 0U);
}

TEST(ChipVerifier, KnowsTheIssuersCardsAndTheChipAtHand) {
    const crypto::P256Verifier verifier;
    const outside::ChipVerifier chips(outside::sandbox_issuer(), verifier);
    const auto card = card_named("CHAN, Tai Man");
    const auto reading = outside::sandbox_chip(card, "challenge");
    EXPECT_TRUE(chips.check(card, reading, "challenge").issuer_signature_good);
    EXPECT_TRUE(chips.check(card, reading, "challenge").answered);
    EXPECT_FALSE(chips.check(card, reading, "another").answered);
    EXPECT_FALSE(
        chips.check(card_named("CHAN, Tai Mun"), reading, "challenge").issuer_signature_good);
}

}  // namespace
}  // namespace chopmark
