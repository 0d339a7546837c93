#include <gtest/gtest.h>

#include "aggregates/control/relying_party.h"
#include "events/core/limits.h"
#include "events/crypto/digest.h"
#include "tests/support/service_story.h"

namespace chopmark::test {
namespace {

using namespace citizen;
using std::chrono::milliseconds;
using std::chrono::minutes;

OpenRequest open_filling(std::uint8_t number) {
    FormFillingContent content;
    content.field_names = {"enName"};
    content.delivery.set_business_id("B1");
    OpenRequest command{request_id(number), service, business_id(number), {}};
    command.content = Sensitive<std::variant<FormFillingContent, SigningContent>>(content);
    return command;
}

SigningContent signing() {
    SigningContent content;
    content.kind = schema::SIGNATURE_KIND_PDF;
    content.subject.set_document_digest(crypto::sha256("document").to_bytes());
    content.subject.set_algorithm("SHA256withRSA");
    content.card_token = "keyed";
    return content;
}

OpenRequest open_signing(std::uint8_t number, SigningContent content = signing()) {
    OpenRequest command{request_id(number), service, business_id(number), {}};
    command.content =
        Sensitive<std::variant<FormFillingContent, SigningContent>>(std::move(content));
    return command;
}

ClaimRequest claim(std::uint8_t number, std::optional<bool> card_matches = std::nullopt) {
    return {request_id(number), account_id(1), card_matches};
}

const SlotRequests& requests(CitizenStory& story) { return story.slot().requests; }

TEST(AnonymousRequest, IsOpenedWithItsContent) {
    CitizenStory story = served_story();
    const auto event = story.when(open_filling(1)).then<schema::RequestOpened>();
    EXPECT_EQ(event.leaf().client_id(), service.bytes());
    EXPECT_EQ(event.leaf().kind(), schema::REQUEST_KIND_FORM_FILLING);
    EXPECT_EQ(event.link().request_id(), request_id(1).bytes());
    EXPECT_EQ(event.link().business_id_token(), business_id(1).bytes());
    EXPECT_EQ(event.link().due_us(), (story.now() + minutes(12)).micros());
    EXPECT_EQ(event.personal().consent().business_id(), "B1");
    ASSERT_EQ(event.personal().field_names_size(), 1);
    EXPECT_FALSE(event.personal().has_subject());

    const auto other = story.when(open_signing(2)).then<schema::RequestOpened>();
    EXPECT_EQ(other.leaf().kind(), schema::REQUEST_KIND_PDF_SIGNING);
    EXPECT_EQ(other.personal().card_token(), "keyed");
    EXPECT_EQ(other.personal().subject().algorithm(), "SHA256withRSA");
    SigningContent hash = signing();
    hash.kind = schema::SIGNATURE_KIND_HASH;
    EXPECT_EQ(story.when(open_signing(3, hash)).then<schema::RequestOpened>().leaf().kind(),
              schema::REQUEST_KIND_HASH_SIGNING);
}

TEST(AnonymousRequest, IsRefusedWhenItCannotBeAnswered) {
    CitizenStory story = served_story();
    SigningContent nameless = signing();
    nameless.card_token.clear();
    story.when(open_signing(1, nameless)).then_refused(request_card_missing);
    SigningContent bulk = signing();
    bulk.kind = schema::SIGNATURE_KIND_BULK;
    story.when(open_signing(1, bulk)).then_refused(bulk_size_malformed);
    OpenRequest empty = open_filling(1);
    empty.content =
        Sensitive<std::variant<FormFillingContent, SigningContent>>(FormFillingContent());
    story.when(empty).then_refused(consent_fields_missing);
    given_service(story, service, {"eidapi_auth"});
    story.when(open_filling(1)).then_refused(scope_not_approved);
    OpenRequest foreign = open_filling(1);
    foreign.client = sample_id<ClientId>(0x8f);
    story.when(foreign).then_refused(control::rp_not_active);
}

TEST(AnonymousRequest, UsesABusinessIdOnce) {
    CitizenStory story = served_story();
    story.given(open_filling(1));
    story.when(open_filling(1)).then_refused(request_id_used);
    OpenRequest again = open_filling(2);
    again.business_id = business_id(1);
    story.when(again).then_refused(business_id_used);
    story.given(claim(1));
    story.when(again).then_refused(business_id_used);
    story.pass(limits::business_id_memory);
    story.given(open_filling(3));
    story.when(again).then<schema::RequestOpened>();
}

TEST(AnonymousRequest, IsClaimedOnceAndThenOpenedWithItsClaimer) {
    CitizenStory story = served_story();
    story.given(open_filling(1));
    const auto event = story.when(claim(1)).then<schema::RequestClaimed>();
    EXPECT_EQ(event.leaf().head().outcome(), schema::DONE);
    EXPECT_EQ(event.link().claimer_account_id(), account_id(1).bytes());
    const EventId claimed = story.given(claim(1));
    story.when(claim(1)).then_refused(request_already_claimed);
    const std::vector<FollowUp> expected{{claimed, open_claimed, story.now()}};
    EXPECT_EQ(outstanding(requests(story), story.now()), expected);
    const auto* found = request_claimed_by(requests(story), claimed);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->second.claimer, account_id(1));
    EXPECT_EQ(request_claimed_by(requests(story), EventId()), nullptr);
    // Its time-out is no longer this slot's.
    EXPECT_EQ(next_due(requests(story)), std::nullopt);
    story.pass(minutes(12));
    story.when(ExpireOpenRequest{request_id(1)}).then_refused(request_already_claimed);
    story.pass(limits::claim_grace);
    EXPECT_TRUE(outstanding(requests(story), story.now()).empty());
}

TEST(AnonymousRequest, IsForThePersonWhoseCardItNames) {
    CitizenStory story = served_story();
    story.given(open_signing(1));
    story.when(claim(1)).then_refused(evidence_stale);
    story.when(claim(1, true)).then<schema::RequestClaimed>();
    const auto event = story.when(claim(1, false)).then<schema::RequestClaimed>();
    EXPECT_EQ(event.leaf().head().outcome(), schema::REFUSED);
    EXPECT_EQ(event.leaf().head().reason(), signature_hkic_mismatch.name);
    story.given(claim(1, false));
    story.when(claim(1, true)).then_refused(request_already_answered);
    EXPECT_TRUE(outstanding(requests(story), story.now()).empty());
}

TEST(AnonymousRequest, TimesOutWhereItIsDecided) {
    CitizenStory story = served_story();
    story.given(open_filling(1));
    EXPECT_EQ(next_due(requests(story)), story.now() + minutes(12));
    story.pass(minutes(12) - milliseconds(1));
    story.when(ExpireOpenRequest{request_id(1)}).then_refused(request_not_due);
    EXPECT_TRUE(due(requests(story), story.now()).empty());
    story.pass(milliseconds(1));
    story.when(claim(1)).then<schema::RequestExpired>();
    ASSERT_EQ(due(requests(story), story.now()).size(), 1u);
    const EventId expired = story.given(due(requests(story), story.now()).front());
    EXPECT_FALSE(expired.is_zero());
    story.when(claim(1)).then_refused(request_expired);
    story.when(claim(9)).then_refused(request_unknown);
    story.when(ExpireOpenRequest{request_id(1)}).then_refused(request_expired);
    EXPECT_EQ(next_due(requests(story)), std::nullopt);
}

TEST(AnonymousRequest, MakesRoomByForgettingTheOldestFinishedOne) {
    CitizenStory story = served_story();
    OpenRequest command = open_filling(0);
    const auto numbered = [&](std::size_t i) {
        Bytes name = "request";
        append_big_endian(name, static_cast<std::uint32_t>(i));
        const Digest id = crypto::sha256(name);
        command.request = RequestId(to_array<16>(id.bytes().substr(0, 16)));
        command.business_id = BusinessIdToken(id.array());
        return command;
    };
    for (std::size_t i = 0; i < limits::slot_requests; ++i) {
        story.given(numbered(i));
        story.pass(milliseconds(1));
    }
    story.when(open_filling(1)).then_refused(request_too_many);
    const RequestId second = numbered(1).request;
    const RequestId third = numbered(2).request;
    story.given(ClaimRequest{third, account_id(1), std::nullopt});
    story.given(ClaimRequest{second, account_id(1), std::nullopt});
    story.given(open_filling(1));
    EXPECT_EQ(requests(story).requests.size(), limits::slot_requests);
    EXPECT_FALSE(requests(story).requests.contains(second));
    EXPECT_TRUE(requests(story).requests.contains(third));
}

}  // namespace
}  // namespace chopmark::test
