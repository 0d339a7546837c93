#include "aggregates/citizen/bulk.h"

#include <gtest/gtest.h>

#include "events/core/limits.h"
#include "events/crypto/digest.h"
#include "tests/support/service_story.h"

namespace chopmark::test {
namespace {

using namespace citizen;
using std::chrono::hours;

std::vector<schema::BulkDocument> documents(std::uint32_t first, std::uint32_t count) {
    std::vector<schema::BulkDocument> out(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::string number = std::to_string(first + i);
        out[i].set_id("D" + number);
        out[i].set_name("Notice " + number);
        out[i].set_digest(crypto::sha256("document " + number).to_bytes());
    }
    return out;
}

/// 120 documents in two parts, of 100 and 20.
constexpr std::uint32_t asked_documents = 120;

AskBulk ask_bulk(const EventId& token, std::uint8_t number) {
    const AskSignature like = ask_signature(token, number);
    schema::SignatureSubject subject = like.subject.reveal();
    subject.set_document_digest(bulk_root(documents(0, asked_documents)).to_bytes());
    subject.set_document_name("");
    subject.set_department("Works");
    subject.set_service_name("Permits");
    AskBulk command;
    command.head = like.head;
    command.subject = Sensitive(subject);
    command.documents = asked_documents;
    command.parts = 2;
    return command;
}

ListBulk list_part(std::uint8_t number, std::uint32_t part) {
    return {request_id(number), service, part,
            Sensitive(part == 1 ? documents(0, 100) : documents(100, 20))};
}

ApproveBulk approve_bulk(CitizenStory& story, std::uint8_t number) {
    ApproveBulk command;
    command.request = request_id(number);
    command.proof = proof(story);
    command.root = bulk_root(documents(0, asked_documents));
    for (const BulkPart& part : story.state().requests.requests.at(request_id(number)).bulk.parts) {
        command.listed.push_back(part.listed);
    }
    command.phone.set_country("HK");
    return command;
}

SignBulkPart sign_part(CitizenStory& story, std::uint8_t number, std::uint32_t part) {
    SignBulkPart command;
    command.request = request_id(number);
    command.part = part;
    command.part_root = bulk_root(part == 1 ? documents(0, 100) : documents(100, 20));
    command.signatures = Sensitive(std::vector<Bytes>(part == 1 ? 100 : 20, "signature"));
    command.signed_at = story.now();
    command.certificate_serial = certificate_serial;
    command.crl_number = 17;
    return command;
}

CitizenStory listed_story() {
    CitizenStory story = served_story();
    story.given(ask_bulk(log_in(story, 9), 1));
    story.given(list_part(1, 1));
    story.given(list_part(1, 2));
    return story;
}

const Request& request_of(CitizenStory& story) {
    return story.state().requests.requests.at(request_id(1));
}

TEST(BulkRoot, IsTheTreeOfRfc6962) {
    // Python's hashlib: SHA-256(0x01 ‖ SHA-256(0x00 ‖ d0) ‖ SHA-256(0x00 ‖ d1)) with
    // di = SHA-256("document i").
    EXPECT_EQ(to_hex(bulk_root(documents(0, 2)).bytes()),
              "461c45aa97365118ef664bce73678f30bfbccdba4f171db4892b69223442536d");
}

TEST(BulkAsk, NamesNumberAndRoot) {
    CitizenStory story = served_story();
    const AskBulk command = ask_bulk(log_in(story, 9), 1);
    const auto event = story.when(command).then<schema::SignatureAsked>();
    EXPECT_EQ(event.leaf().kind(), schema::SIGNATURE_KIND_BULK);
    EXPECT_EQ(event.leaf().documents(), 120U);
    EXPECT_EQ(event.leaf().parts(), 2U);
    EXPECT_EQ(event.personal().subject().document_digest(),
              bulk_root(documents(0, 120)).to_bytes());
    const auto refused = [&](const Reason& reason, const auto& spoil) {
        AskBulk spoilt = command;
        spoil(spoilt);
        story.when(spoilt).then_refused(reason);
    };
    refused(bulk_size_malformed, [](AskBulk& one) { one.documents = 0; });
    refused(bulk_size_malformed, [](AskBulk& one) { one.documents = 1001; });
    refused(bulk_size_malformed, [](AskBulk& one) { one.parts = most_bulk_parts + 1; });
    refused(bulk_size_malformed, [](AskBulk& one) { one.parts = one.documents + 1; });
    refused(signature_digest_malformed, [](AskBulk& one) {
        one.subject = Sensitive(schema::SignatureSubject());
        schema::SignatureSubject subject;
        subject.set_algorithm("SHA256withRSA");
        one.subject = Sensitive(subject);
    });
    refused(signature_algorithm_unknown,
            [](AskBulk& one) { one.subject = Sensitive(schema::SignatureSubject()); });
    refused(token_unknown, [](AskBulk& one) { one.head.origin = ByToken{EventId(), true}; });
    refused(evidence_stale, [](AskBulk& one) { one.card = CardVerdict{true, EventId()}; });
}

TEST(BulkAsk, NeedsItsOwnScopeAndTheGradeSign) {
    CitizenStory story = staffed_story();
    given_service(story, service, {"eidapi_auth", "eidapi_sign"});
    story.given(register_by_nfc(story, card_of_chan(), 1));
    const EventId token =
        story.given(redeem(story.given(approve(story, 9, {"eidapi_auth", "eidapi_sign"}))));
    story.when(ask_bulk(token, 1)).then_refused(scope_not_approved);
}

TEST(BulkAsk, RecordsAWrongCard) {
    CitizenStory story = served_story();
    AskBulk command = ask_bulk(log_in(story, 9), 1);
    command.card = CardVerdict{false, story.state().account.card_source};
    EXPECT_EQ(story.when(command).then<schema::SignatureRefused>().leaf().head().reason(),
              signature_hkic_mismatch.name);
}

TEST(BulkAsk, KeepsNoMorePartsOfACitizenThanItsLimit) {
    CitizenStory story = served_story();
    const EventId token = log_in(story, 9);
    AskBulk large = ask_bulk(token, 1);
    large.documents = 1000;
    large.parts = most_bulk_parts;
    const auto fitting = static_cast<std::uint8_t>(kept_bulk_parts / most_bulk_parts);
    for (std::uint8_t number = 1; number <= fitting; ++number) {
        large.head = ask_signature(token, number).head;
        story.given(large);
    }
    large.head = ask_signature(token, 100).head;
    story.when(large).then_refused(request_too_many);
}

TEST(BulkList, TakesPartsInOrderUntilAllAreThere) {
    CitizenStory story = served_story();
    story.given(ask_bulk(log_in(story, 9), 1));
    story.when(list_part(1, 2)).then_refused(bulk_part_out_of_order);
    ListBulk foreign = list_part(1, 1);
    foreign.client = other_service;
    story.when(foreign).then_refused(request_unknown);
    ListBulk crowded = list_part(1, 1);
    crowded.documents = Sensitive(documents(0, 101));
    story.when(crowded).then_refused(bulk_part_malformed);
    ListBulk wordy = list_part(1, 1);
    auto long_names = documents(0, 100);
    for (auto& document : long_names) {
        document.set_name(std::string(300, 'x'));
    }
    wordy.documents = Sensitive(long_names);
    story.when(wordy).then_refused(bulk_part_malformed);
    const auto event = story.when(list_part(1, 1)).then<schema::BulkListed>();
    EXPECT_EQ(event.leaf().part(), 1U);
    EXPECT_EQ(event.leaf().documents(), 100U);
    EXPECT_EQ(event.personal().documents(99).name(), "Notice 99");
    story.given(list_part(1, 1));
    story.when(approve_bulk(story, 1)).then_refused(bulk_incomplete);
    ListBulk half = list_part(1, 2);
    half.documents = Sensitive(documents(100, 19));
    story.when(half).then_refused(bulk_part_malformed);
    story.given(list_part(1, 2));
    story.when(list_part(1, 3)).then_refused(bulk_part_out_of_order);
}

TEST(BulkApprove, IsOneAnswerToTheRoot) {
    CitizenStory story = listed_story();
    const ApproveBulk command = approve_bulk(story, 1);
    const auto event = story.when(command).then<schema::BulkApproved>();
    EXPECT_EQ(event.leaf().documents(), 120U);
    EXPECT_EQ(event.link().certificate_serial(), certificate_serial);
    EXPECT_EQ(event.personal().root(), bulk_root(documents(0, 120)).to_bytes());
    EXPECT_EQ(event.personal().department(), "Works");
    EXPECT_EQ(event.personal().device_signature(), "signature");
    ApproveBulk other = command;
    other.root = crypto::sha256("other");
    story.when(other).then_refused(evidence_stale);
    other = command;
    other.listed.pop_back();
    story.when(other).then_refused(evidence_stale);
    other = command;
    other.proof.text_digest = crypto::sha256("another text");
    story.when(other).then_refused(signature_text_mismatch);
    story.given(command);
    story.when(command).then_refused(request_already_answered);
    EXPECT_TRUE(request_of(story).being_signed());
    EXPECT_FALSE(request_of(story).callback_outstanding());
}

TEST(BulkApprove, WaitsForTheCoolingOffAndTheCertificate) {
    CitizenStory story = listed_story();
    schema::CertificateRevoked revoked;
    revoked.mutable_link()->set_serial(certificate_serial);
    revoked.mutable_leaf()->mutable_head()->set_reason("certificate.citizen_wish");
    CitizenStory without = story;
    without.given_event(revoked);
    without.when(approve_bulk(without, 1)).then_refused(certificate_revoked);
    given_rebound(story, 2);
    story.when(approve_bulk(story, 1)).then_refused(device_cooling_off);
}

TEST(BulkSign, RecordsPartAfterPart) {
    CitizenStory story = listed_story();
    story.when(sign_part(story, 1, 1)).then_refused(bulk_part_signed);  // not approved
    const EventId approved = story.given(approve_bulk(story, 1));
    const auto owed = outstanding(story.state());
    ASSERT_EQ(owed.size(), 1U);
    EXPECT_EQ(owed[0].name, bulk_signing);
    EXPECT_EQ(owed[0].cause, approved);
    EXPECT_EQ(request_answered_by(story.state().requests, approved), request_id(1));
    story.when(sign_part(story, 1, 2)).then_refused(bulk_part_out_of_order);
    const auto event = story.when(sign_part(story, 1, 1)).then<schema::BulkSigned>();
    EXPECT_EQ(event.leaf().parts(), 2U);
    EXPECT_EQ(event.leaf().documents(), 100U);
    EXPECT_EQ(event.personal().signatures_size(), 100);
    EXPECT_EQ(event.personal().part_root(), bulk_root(documents(0, 100)).to_bytes());
    story.given(sign_part(story, 1, 1));
    story.when(sign_part(story, 1, 1)).then_refused(bulk_part_signed);
    EXPECT_TRUE(request_of(story).being_signed());
    story.given(sign_part(story, 1, 2));
    EXPECT_FALSE(request_of(story).being_signed());
    ASSERT_EQ(outstanding(story.state()).size(), 1U);
    EXPECT_EQ(outstanding(story.state())[0].name, callback);
    story.when(sign_part(story, 1, 2)).then_refused(bulk_part_signed);
}

TEST(BulkSign, RefusesSignaturesOfSomethingElse) {
    CitizenStory story = listed_story();
    story.given(approve_bulk(story, 1));
    const auto stale = [&](const auto& spoil) {
        SignBulkPart command = sign_part(story, 1, 1);
        spoil(command);
        story.when(command).then_refused(evidence_stale);
    };
    stale([](SignBulkPart& one) { one.part_root = bulk_root(documents(0, 99)); });
    stale([](SignBulkPart& one) { one.certificate_serial = "other"; });
    stale([](SignBulkPart& one) { one.signatures = Sensitive(std::vector<Bytes>(99, "x")); });
    stale([](SignBulkPart& one) { one.signatures = Sensitive(std::vector<Bytes>(100, "")); });
    stale([](SignBulkPart& one) { one.signed_at = one.signed_at - hours(1); });
    EXPECT_EQ(sources(story.state(), BulkCommand(sign_part(story, 1, 1))),
              std::vector{request_of(story).bulk.parts[0].listed});
}

TEST(BulkSign, EndsWithItsCertificate) {
    CitizenStory story = listed_story();
    story.given(approve_bulk(story, 1));
    story.given(sign_part(story, 1, 1));
    schema::CertificateRevoked revoked;
    revoked.mutable_link()->set_serial(certificate_serial);
    revoked.mutable_leaf()->mutable_head()->set_reason("certificate.citizen_wish");
    story.given_event(revoked);
    const auto event = story.when(sign_part(story, 1, 2)).then<schema::BulkFailed>();
    EXPECT_EQ(event.leaf().head().outcome(), schema::FAILED);
    EXPECT_EQ(event.leaf().head().reason(), certificate_revoked.name);
    story.given(sign_part(story, 1, 2));
    EXPECT_EQ(request_of(story).answer, Answer::failed);
    EXPECT_TRUE(request_of(story).callback_outstanding());
}

TEST(BulkSign, EndsAfterADay) {
    CitizenStory story = listed_story();
    story.given(approve_bulk(story, 1));
    story.pass(hours(24));
    EXPECT_EQ(story.when(sign_part(story, 1, 1)).then<schema::BulkFailed>().leaf().head().reason(),
              bulk_overdue.name);
}

TEST(BulkSign, EndsWithTheAccount) {
    CitizenStory story = listed_story();
    story.given(approve_bulk(story, 1));
    given_closed(story);
    EXPECT_EQ(request_of(story).answer, Answer::ended);
    story.when(sign_part(story, 1, 1)).then_refused(bulk_part_signed);
}

TEST(BulkCancel, EndsWhatIsNotAnswered) {
    CitizenStory story = listed_story();
    const CancelBulk command{service, business_id(1)};
    story.when(CancelBulk{other_service, business_id(1)}).then_refused(request_unknown);
    story.when(command).then<schema::BulkCancelled>();
    CitizenStory approved = story;
    approved.given(approve_bulk(approved, 1));
    approved.when(command).then_refused(bulk_not_pending);
    CitizenStory late = story;
    late.pass(hours(1));
    late.when(command).then<schema::SignatureExpired>();
    story.given(command);
    EXPECT_EQ(request_of(story).answer, Answer::cancelled);
    story.when(command).then_refused(bulk_not_pending);
    story.when(approve_bulk(story, 1)).then_refused(request_already_answered);
}

TEST(BulkAnswer, IsRefusedAndAcknowledgedLikeASignature) {
    CitizenStory story = listed_story();
    story.when(RefuseSignature{request_id(1), proof(story)}).then<schema::SignatureRefused>();
    AcknowledgeSignature told{service, business_id(1), schema::SIGNING_RESULT_ACCEPTED,
                              RequestSubject::bulk};
    story.given(approve_bulk(story, 1));
    story.given(sign_part(story, 1, 1));
    story.when(told).then_refused(signature_not_made);
    story.given(sign_part(story, 1, 2));
    story.when(AcknowledgeSignature{service, business_id(1), schema::SIGNING_RESULT_ACCEPTED})
        .then_refused(request_unknown);
    story.given(told);
    story.when(told).then_refused(signature_already_acknowledged);
}

TEST(BulkAnswer, IsForgottenNoSoonerThanItIsSigned) {
    CitizenStory story = listed_story();
    story.given(approve_bulk(story, 1));
    story.pass(hours(25));
    story.given(ask_signature(log_in(story, 8), 2));
    ASSERT_TRUE(story.state().requests.requests.contains(request_id(1)));
    EXPECT_EQ(bulk_parts(story.state().requests, story.now()), 2U);
}

}  // namespace
}  // namespace chopmark::test
