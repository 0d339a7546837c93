#include "aggregates/citizen/request_claimed.h"

#include <gtest/gtest.h>

#include "aggregates/follow_up.h"
#include "events/crypto/digest.h"
#include "tests/support/service_story.h"

namespace chopmark::test {
namespace {

using namespace citizen;
using Content = std::variant<FormFillingContent, SigningContent>;

schema::RequestOpened opened_with(CitizenStory& story, std::uint8_t number, Content content) {
    OpenRequest command{request_id(number), service, business_id(number),
                        Sensitive<Content>(std::move(content))};
    return story.when(command).then<schema::RequestOpened>();
}

SigningContent signing(schema::SignatureKind kind) {
    SigningContent content;
    content.kind = kind;
    content.subject.set_document_digest(crypto::sha256("document").to_bytes());
    content.subject.set_algorithm("SHA256withRSA");
    content.subject.set_identification_code("0123");
    content.delivery.set_state("state");
    content.card_token = "keyed";
    return content;
}

TEST(ClaimedRequest, AsksForTheFieldsThatWereOpened) {
    CitizenStory story = served_story();
    FormFillingContent form;
    form.field_names = {"enName", "birthDate"};
    form.delivery.set_text("what the phone shows");
    form.delivery.set_state("state");
    form.delivery.set_redirect_uri("https://service.example/back");
    const auto opened = opened_with(story, 1, form);
    const auto command = ask_claimed(opened);
    ASSERT_TRUE(command.has_value());
    const auto& ask = std::get<AskConsent>(std::get<ConsentCommand>(*command));
    EXPECT_EQ(ask.head.request, request_id(1));
    EXPECT_EQ(ask.head.client, service);
    EXPECT_EQ(ask.head.business_id, business_id(1));
    EXPECT_EQ(std::get<ByClaim>(ask.head.origin).due, Instant::from_micros(opened.link().due_us()));
    EXPECT_EQ(ask.head.state_digest, crypto::sha256("state"));
    EXPECT_EQ(ask.head.redirect_uri_digest, crypto::sha256("https://service.example/back"));
    EXPECT_EQ(ask.purpose, schema::PURPOSE_FORM_FILLING);
    EXPECT_EQ(ask.field_names, form.field_names);
    EXPECT_EQ(ask.text_digest, crypto::sha256("what the phone shows"));
    EXPECT_EQ(ask.delivery.reveal().text(), "what the phone shows");
}

TEST(ClaimedRequest, AsksForTheSignatureThatWasOpenedAndForNoCardAgain) {
    CitizenStory story = served_story();
    std::uint8_t number = 0;
    for (const auto kind : {schema::SIGNATURE_KIND_HASH, schema::SIGNATURE_KIND_PDF}) {
        const auto command = ask_claimed(opened_with(story, ++number, signing(kind)));
        ASSERT_TRUE(command.has_value());
        const auto& ask = std::get<AskSignature>(std::get<SignatureCommand>(*command));
        EXPECT_EQ(ask.head.request, request_id(number));
        EXPECT_EQ(ask.kind, kind);
        EXPECT_EQ(ask.subject.reveal().identification_code(), "0123");
        EXPECT_EQ(ask.delivery.reveal().state(), "state");
        EXPECT_FALSE(ask.card.has_value());
    }
}

TEST(ClaimedRequest, AsksForNothingWithoutThePersonalLayer) {
    CitizenStory story = served_story();
    auto opened = opened_with(story, 1, signing(schema::SIGNATURE_KIND_HASH));
    opened.clear_personal();
    EXPECT_FALSE(ask_claimed(opened).has_value());
}

/// design 3: SHA-256(cause ‖ name), so that whoever comes second repeats.
TEST(ClaimedRequest, IsAskedUnderTheNameOfItsFollowUp) {
    const auto cause = sample_id<EventId>(7);
    const CommandHead head = head_of_claimed(cause, Instant::from_micros(5));
    EXPECT_EQ(head.id.bytes(), crypto::sha256({cause.bytes(), "open"}).bytes());
    EXPECT_EQ(head.id, follow_up_id(cause, open_claimed));
    EXPECT_EQ(head.digest.bytes(), head.id.bytes());
    EXPECT_EQ(head.issued_at, Instant::from_micros(5));
    EXPECT_EQ(head.channel, schema::PLATFORM_TIMER);
}

}  // namespace
}  // namespace chopmark::test
