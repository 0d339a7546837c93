// Bulk requests of nobody yet: opened, listed and claimed in their own slot, and listed again in
// that of whoever claimed them.
#include <gtest/gtest.h>

#include "aggregates/citizen/bulk.h"
#include "aggregates/citizen/request_claimed.h"
#include "events/core/limits.h"
#include "events/crypto/digest.h"
#include "tests/support/service_story.h"

namespace chopmark::test {
namespace {

using namespace citizen;
using std::chrono::minutes;
using Content = std::variant<FormFillingContent, SigningContent>;

/// 120 documents in two parts, of 100 and 20.
std::vector<schema::BulkDocument> part_of(std::uint32_t part) {
    std::vector<schema::BulkDocument> out(part == 1 ? 100 : 20);
    for (std::size_t i = 0; i < out.size(); ++i) {
        const std::string number = std::to_string((part - 1) * 100 + i);
        out[i].set_id("D" + number);
        out[i].set_digest(crypto::sha256("document " + number).to_bytes());
    }
    return out;
}

Digest root() {
    auto all = part_of(1);
    const auto rest = part_of(2);
    all.insert(all.end(), rest.begin(), rest.end());
    return bulk_root(all);
}

SigningContent bulk_content() {
    SigningContent content;
    content.kind = schema::SIGNATURE_KIND_BULK;
    content.subject.set_document_digest(root().to_bytes());
    content.subject.set_algorithm("SHA256withRSA");
    content.subject.set_text_digest(crypto::sha256("text").to_bytes());
    content.delivery.set_business_id("B1");
    content.card_token = "keyed";
    content.documents = 120;
    content.parts = 2;
    return content;
}

OpenRequest open_bulk(std::uint8_t number, SigningContent content = bulk_content()) {
    return {request_id(number), service, business_id(number),
            Sensitive<Content>(std::move(content))};
}

ListRequest list(std::uint8_t number, std::uint32_t part) {
    return {request_id(number), service, part, Sensitive(part_of(part))};
}

ClaimRequest claim(std::uint8_t number, bool card_matches = true) {
    return {request_id(number), account_id(1), card_matches};
}

const AnonymousRequest& request(CitizenStory& story, std::uint8_t number) {
    return story.slot().requests.requests.at(request_id(number));
}

TEST(AnonymousBulk, IsOpenedWithNumberAndRoot) {
    CitizenStory story = served_story();
    const auto event = story.when(open_bulk(1)).then<schema::RequestOpened>();
    EXPECT_EQ(event.leaf().kind(), schema::REQUEST_KIND_BULK_SIGNING);
    EXPECT_EQ(event.leaf().documents(), 120U);
    EXPECT_EQ(event.leaf().parts(), 2U);
    EXPECT_EQ(event.personal().subject().document_digest(), root().bytes());
    const auto refused = [&](const Reason& reason, const auto& spoil) {
        SigningContent spoilt = bulk_content();
        spoil(spoilt);
        story.when(open_bulk(2, spoilt)).then_refused(reason);
    };
    refused(bulk_size_malformed, [](SigningContent& one) { one.documents = 0; });
    refused(bulk_size_malformed, [](SigningContent& one) { one.documents = 1001; });
    refused(bulk_size_malformed, [](SigningContent& one) { one.parts = most_bulk_parts + 1; });
    refused(signature_digest_malformed,
            [](SigningContent& one) { one.subject.set_document_digest("short"); });
    refused(request_card_missing, [](SigningContent& one) { one.card_token.clear(); });
}

TEST(AnonymousBulk, NeedsTheScopeOfBulkSigning) {
    CitizenStory story = served_story();
    given_service(story, service, {"eidapi_auth", "eidapi_sign"});
    story.when(open_bulk(1)).then_refused(scope_not_approved);
}

TEST(AnonymousBulk, IsListedInItsOrder) {
    CitizenStory story = served_story();
    story.given(open_bulk(1));
    story.when(list(1, 2)).then_refused(bulk_part_out_of_order);
    ListRequest foreign = list(1, 1);
    foreign.client = sample_id<ClientId>(0x8f);
    story.when(foreign).then_refused(request_unknown);
    ListRequest crowded = list(1, 1);
    crowded.documents = Sensitive(std::vector(101, part_of(1).front()));
    story.when(crowded).then_refused(bulk_part_malformed);
    const auto event = story.when(list(1, 1)).then<schema::RequestListed>();
    EXPECT_EQ(event.leaf().part(), 1U);
    EXPECT_EQ(event.leaf().documents(), 100U);
    EXPECT_EQ(event.personal().documents(99).id(), "D99");
    story.given(list(1, 1));
    story.when(list(1, 1)).then_refused(bulk_part_out_of_order);
    ListRequest half = list(1, 2);
    half.documents = Sensitive(std::vector(19, part_of(2).front()));
    story.when(half).then_refused(bulk_part_malformed);
    story.given(list(1, 2));
    EXPECT_TRUE(request(story, 1).bulk.listed());
    story.when(list(1, 2)).then_refused(bulk_part_out_of_order);
}

TEST(AnonymousBulk, IsListedOnlyWhereSomeAreAwaited) {
    CitizenStory story = served_story();
    SigningContent one = bulk_content();
    one.kind = schema::SIGNATURE_KIND_HASH;
    one.documents = one.parts = 0;
    story.given(open_bulk(1, one));
    story.when(list(1, 1)).then_refused(bulk_part_out_of_order);
    story.when(list(2, 1)).then_refused(request_unknown);
}

/// What a gateway left that died on the way is nobody's, and times out.
TEST(AnonymousBulk, IsNotClaimedBeforeTheLastPart) {
    CitizenStory story = served_story();
    story.given(open_bulk(1));
    story.when(claim(1)).then_refused(bulk_incomplete);
    story.given(list(1, 1));
    story.when(claim(1)).then_refused(bulk_incomplete);
    story.pass(minutes(13));
    story.when(list(1, 2)).then<schema::RequestExpired>();
    story.given(ExpireOpenRequest{request_id(1)});
    story.when(list(1, 2)).then_refused(request_expired);
    EXPECT_EQ(request(story, 1).bulk, BulkProgress());
}

TEST(AnonymousBulk, IsClaimedWithTheRecordsOfItsParts) {
    CitizenStory story = served_story();
    story.given(open_bulk(1));
    const EventId first = story.given(list(1, 1));
    const EventId second = story.given(list(1, 2));
    const auto refusal = story.when(claim(1, false)).then<schema::RequestClaimed>();
    EXPECT_EQ(refusal.leaf().head().outcome(), schema::REFUSED);
    const auto event = story.when(claim(1)).then<schema::RequestClaimed>();
    ASSERT_EQ(event.link().listed_event_ids_size(), 2);
    EXPECT_EQ(event.link().listed_event_ids(0), first.bytes());
    EXPECT_EQ(event.link().listed_event_ids(1), second.bytes());
    story.given(claim(1));
    EXPECT_EQ(request(story, 1).claim, Claim::claimed);
    EXPECT_EQ(request(story, 1).bulk, BulkProgress()) << "the claim knows them";
    story.when(list(1, 1)).then_refused(request_already_claimed);
}

TEST(AnonymousBulk, KeepsNoMoreUnclaimedPartsOfASlotThanItsLimit) {
    CitizenStory story = served_story();
    SigningContent large = bulk_content();
    large.documents = 1000;
    large.parts = most_bulk_parts;
    const auto fitting = static_cast<std::uint8_t>(slot_bulk_parts / most_bulk_parts);
    for (std::uint8_t number = 1; number <= fitting; ++number) {
        story.given(open_bulk(number, large));
    }
    story.when(open_bulk(100)).then_refused(request_too_many);
    story.pass(minutes(13));
    story.given(ExpireOpenRequest{request_id(1)});
    story.when(open_bulk(100)).then<schema::RequestOpened>();
}

TEST(AnonymousBulk, IsAskedAndListedInTheSlotOfWhoeverClaimedIt) {
    CitizenStory story = served_story();
    const auto opened = story.when(open_bulk(1)).then<schema::RequestOpened>();
    story.given(open_bulk(1));
    std::vector<Command> commands{*ask_claimed(opened)};
    for (const std::uint32_t part : {1U, 2U}) {
        commands.push_back(*list_claimed(story.when(list(1, part)).then<schema::RequestListed>()));
        story.given(list(1, part));
    }
    story.given(claim(1));
    const auto& ask = std::get<AskBulk>(std::get<BulkCommand>(commands[0]));
    EXPECT_EQ(ask.documents, 120U);
    EXPECT_FALSE(ask.card.has_value()) << "it was compared when the request was claimed";
    EXPECT_TRUE(ask.agreement.is_zero());
    story.given(ask);
    const auto known = [&]() -> const Request& {
        return story.state().requests.requests.at(request_id(1));
    };
    EXPECT_FALSE(known().bulk.listed());
    EXPECT_TRUE(known().anonymous);
    for (const std::size_t part : {1U, 2U}) {
        story.given(std::get<ListBulk>(std::get<BulkCommand>(commands[part])));
    }
    EXPECT_TRUE(known().bulk.listed());
    EXPECT_EQ(known().due, Instant::from_micros(opened.link().due_us()));
}

TEST(AnonymousBulk, ListsNothingWithoutThePersonalLayer) {
    CitizenStory story = served_story();
    story.given(open_bulk(1));
    auto listed = story.when(list(1, 1)).then<schema::RequestListed>();
    listed.clear_personal();
    EXPECT_FALSE(list_claimed(listed).has_value());
}

/// Its signatures come later than its code, so it is called back as well.
TEST(AnonymousBulk, IsCalledBack) {
    CitizenStory story = served_story();
    const auto opened = story.when(open_bulk(1)).then<schema::RequestOpened>();
    story.given(std::get<AskBulk>(std::get<BulkCommand>(*ask_claimed(opened))));
    EXPECT_TRUE(outstanding(story.state().requests).empty());
    story.given(CancelBulk{service, business_id(1)});
    const auto owed = outstanding(story.state().requests);
    ASSERT_EQ(owed.size(), 1U);
    EXPECT_EQ(owed[0].name, callback);
}

}  // namespace
}  // namespace chopmark::test
