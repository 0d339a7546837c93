#include <gtest/gtest.h>

#include "aggregates/control/relying_party.h"
#include "events/core/limits.h"
#include "events/crypto/digest.h"
#include "tests/support/service_story.h"

namespace chopmark::test {
namespace {

using namespace citizen;
using std::chrono::hours;

/// Changes what an asking command wants signed.
AskSignature with(AskSignature command, const auto& change) {
    schema::SignatureSubject subject = command.subject.reveal();
    change(subject);
    command.subject = Sensitive(subject);
    return command;
}

AskSignature for_card(CitizenStory& story, AskSignature command, bool matches) {
    command.card = CardVerdict{matches, story.state().account.card_source};
    return command;
}

/// Logged in, and asked to sign the document as request 1.
CitizenStory asked_story() {
    CitizenStory story = served_story();
    story.given(ask_signature(log_in(story, 9), 1));
    return story;
}

TEST(IdentificationCode, IsMadeAsTheFactsSay) {
    // printf 6 | openssl dgst -sha512 -binary | openssl dgst -md5 begins c1542d20 a42e5520
    // a05a785e cd3f5c96: the high nibbles are 12, 10, 10, 12.
    EXPECT_EQ(identification_code({"6"}), "2002");
    // Python's hashlib over SHA-256("document") and "openid".
    EXPECT_EQ(identification_code({crypto::sha256("document").bytes(), "openid"}), "2274");
}

TEST(SignatureAsk, SaysWhatIsToBeSigned) {
    CitizenStory story = served_story();
    const EventId token = log_in(story, 9);
    const auto event = story.when(ask_signature(token, 1)).then<schema::SignatureAsked>();
    EXPECT_EQ(event.leaf().client_id(), service.bytes());
    EXPECT_EQ(event.leaf().kind(), schema::SIGNATURE_KIND_HASH);
    EXPECT_EQ(event.leaf().documents(), 1u);
    EXPECT_EQ(event.leaf().algorithm(), "SHA256withRSA");
    EXPECT_EQ(event.link().request_id(), request_id(1).bytes());
    EXPECT_EQ(event.link().login_id(), request_id(9).bytes());
    EXPECT_EQ(event.personal().subject().document_name(), "Lease");
    AskSignature pdf = ask_signature(token, 1);
    pdf.kind = schema::SIGNATURE_KIND_PDF;
    EXPECT_EQ(story.when(pdf).then<schema::SignatureAsked>().leaf().kind(),
              schema::SIGNATURE_KIND_PDF);
}

TEST(SignatureAsk, KnowsKindsAlgorithmsAndDigests) {
    CitizenStory story = served_story();
    const AskSignature good = ask_signature(log_in(story, 9), 1);
    AskSignature bulk = good;
    bulk.kind = schema::SIGNATURE_KIND_BULK;
    story.when(bulk).then_refused(signature_kind_unknown);
    const auto bare = with(good, [](auto& subject) { subject.set_algorithm("NONEwithRSA"); });
    story.when(bare).then<schema::SignatureAsked>();
    AskSignature bare_pdf = bare;
    bare_pdf.kind = schema::SIGNATURE_KIND_PDF;
    story.when(bare_pdf).then_refused(signature_algorithm_unknown);
    story.when(with(good, [](auto& subject) { subject.set_algorithm("SM3withSM2"); }))
        .then_refused(signature_algorithm_unknown);
    story.when(with(good, [](auto& subject) { subject.set_document_digest("short"); }))
        .then_refused(signature_digest_malformed);
    story.when(with(bare, [](auto& subject) { subject.set_document_digest(Bytes(246, 'x')); }))
        .then_refused(signature_digest_malformed);
    story.when(with(bare, [](auto& subject) { subject.clear_document_digest(); }))
        .then_refused(signature_digest_malformed);
    story.when(with(good, [](auto& subject) { subject.set_step_up_method("IRIS"); }))
        .then_refused(signature_step_up_malformed);
    story.when(with(good, [](auto& subject) { subject.set_step_up_period_hours(721); }))
        .then_refused(signature_step_up_malformed);
}

TEST(SignatureAsk, IsForGradeSignOnly) {
    CitizenStory story = staffed_story();
    given_service(story, service, {"eidapi_auth", "eidapi_sign"});
    story.given(register_by_app(story, card_of_chan(), 1));
    const EventId token =
        story.given(redeem(story.given(approve(story, 9, {"eidapi_auth", "eidapi_sign"}))));
    story.when(ask_signature(token, 1)).then_refused(signature_grade_too_low);
}

TEST(SignatureAsk, IsForTheCardItNames) {
    CitizenStory story = served_story();
    const AskSignature command = ask_signature(log_in(story, 9), 1);
    story.when(for_card(story, command, true)).then<schema::SignatureAsked>();
    AskSignature stale = for_card(story, command, true);
    stale.card->identity_source = EventId();
    story.when(stale).then_refused(evidence_stale);
    const auto event = story.when(for_card(story, command, false)).then<schema::SignatureRefused>();
    EXPECT_EQ(event.leaf().head().outcome(), schema::REFUSED);
    EXPECT_EQ(event.leaf().head().reason(), signature_hkic_mismatch.name);
    EXPECT_EQ(event.link().request_id(), request_id(1).bytes());
}

TEST(SignatureAsk, RecordsWrongCardsUpToAQuota) {
    CitizenStory story = served_story();
    given_policy(story, "card_mismatches_per_hour", 2);
    const EventId token = log_in(story, 9);
    const AskSignature wrong = for_card(story, ask_signature(token, 1), false);
    story.given(wrong);
    story.given(wrong);
    story.when(wrong).then_refused(signature_hkic_mismatch);
    // It took neither id nor businessID.
    story.when(for_card(story, wrong, true)).then<schema::SignatureAsked>();
    story.pass(hours(1));
    story.when(wrong).then<schema::SignatureRefused>();
}

TEST(SignatureMake, IsApprovalAndSignatureInOneRecord) {
    CitizenStory story = asked_story();
    const ApproveSignature command = approve_signature(story, 1);
    const auto event = story.when(command).then<schema::SignatureMade>();
    EXPECT_EQ(event.leaf().kind(), schema::SIGNATURE_KIND_HASH);
    EXPECT_EQ(event.leaf().client_id(), service.bytes());
    EXPECT_EQ(event.link().certificate_serial(), certificate_serial);
    EXPECT_EQ(event.link().device_id(), command.proof.device.bytes());
    EXPECT_EQ(event.link().phone().country(), "HK");
    const auto& personal = event.personal();
    EXPECT_EQ(personal.document_digest(), crypto::sha256("document").bytes());
    EXPECT_EQ(personal.algorithm(), "SHA256withRSA");
    EXPECT_EQ(personal.signature(), "signature");
    EXPECT_EQ(personal.signed_at_us(), story.now().micros());
    EXPECT_EQ(personal.certificate_digest(), crypto::sha256("certificate").bytes());
    EXPECT_EQ(personal.chain_digest(), crypto::sha256("chain").bytes());
    EXPECT_EQ(personal.crl_number(), 17u);
    EXPECT_EQ(personal.device_signature(), "signature");
    EXPECT_EQ(personal.text_digest(), crypto::sha256("text").bytes());
    EXPECT_EQ(sources(story.state(), SignatureCommand(command)),
              std::vector{story.state().requests.requests.at(request_id(1)).asked});
    story.given(command);
    story.when(command).then_refused(request_already_answered);
}

TEST(SignatureMake, RefusesEvidenceThatIsNotOfNow) {
    CitizenStory story = asked_story();
    const auto stale = [&](const auto& spoil) {
        ApproveSignature command = approve_signature(story, 1);
        spoil(command);
        story.when(command).then_refused(evidence_stale);
    };
    stale([](auto& command) { command.proof.bound_by = EventId(); });
    stale([](auto& command) { command.evidence.certificate_serial = "another"; });
    stale([](auto& command) { command.evidence.document_digest = "another"; });
    stale([](auto& command) { command.evidence.algorithm = "NONEwithRSA"; });
    stale([](auto& command) { command.evidence.signed_at = Instant(); });
    ApproveSignature other_text = approve_signature(story, 1);
    other_text.proof.text_digest = crypto::sha256("another text");
    story.when(other_text).then_refused(signature_text_mismatch);
    story.when(approve_signature(story, 7)).then_refused(request_unknown);
    story.forget_opened();
    stale([](auto&) {});
}

TEST(SignatureMake, NeedsACertificateThatIsGood) {
    CitizenStory story = asked_story();
    schema::CertificateRevoked revoked;
    revoked.mutable_link()->set_serial(certificate_serial);
    revoked.mutable_leaf()->mutable_head()->set_reason("certificate.citizen_wish");
    story.given_event(revoked);
    story.when(approve_signature(story, 1)).then_refused(certificate_revoked);

    CitizenStory later = served_story();
    later.pass(hours(24 * 365) - std::chrono::minutes(1));
    later.given(ask_signature(log_in(later, 9), 1));
    later.pass(std::chrono::minutes(1));
    later.when(approve_signature(later, 1)).then_refused(certificate_expired);
}

TEST(SignatureMake, NeedsAnAttestedPhoneThatHasCooledOff) {
    CitizenStory story = asked_story();
    given_rebound(story, 2);
    story.when(approve_signature(story, 1)).then_refused(device_cooling_off);

    CitizenStory plain = staffed_story();
    given_service(plain, service, {"eidapi_auth", "eidapi_sign"});
    RegisterAccount registration = register_by_nfc(plain, card_of_chan(), 1);
    std::get<ByNfc>(registration.by).device.attestation = schema::ATTESTATION_LEVEL_NONE;
    plain.given(registration);
    const EventId token =
        plain.given(redeem(plain.given(approve(plain, 9, {"eidapi_auth", "eidapi_sign"}))));
    plain.given(ask_signature(token, 1));
    plain.when(approve_signature(plain, 1)).then_refused(device_not_attested);
    given_policy(plain, "unattested_devices_may_sign", 1);
    plain.when(approve_signature(plain, 1)).then_refused(certificate_outstanding);
}

TEST(SignatureMake, ChecksTheStandingOfAccountGradeAndService) {
    CitizenStory story = asked_story();
    schema::AccountUpgraded downgraded;  // no event lowers a grade; decide does not rely on it
    downgraded.mutable_leaf()->set_grade(schema::DEFAULT);
    story.given_event(downgraded);
    story.when(approve_signature(story, 1)).then_refused(signature_grade_too_low);
    schema::RelyingPartySuspended suspended;
    suspended.mutable_leaf()->set_client_id(service.to_bytes());
    story.given_control(suspended);
    story.when(approve_signature(story, 1)).then_refused(control::rp_not_active);
    given_suspended(story);
    story.when(approve_signature(story, 1)).then_refused(account_suspended);
}

TEST(SignatureMake, DoesTheStepUpThatWasAskedFor) {
    CitizenStory story = served_story();
    const EventId token = log_in(story, 9);
    const auto asked = [&](std::uint8_t number, std::string_view method, std::uint32_t period) {
        story.given(with(ask_signature(token, number), [&](auto& subject) {
            subject.set_step_up_method(std::string(method));
            subject.set_step_up_period_hours(period);
        }));
    };
    asked(1, step_up_face, 0);
    asked(2, step_up_chip, 0);
    asked(3, step_up_face_and_chip, 0);
    asked(4, step_up_face, 1);
    for (const auto number : std::initializer_list<std::uint8_t>{1, 2, 3, 4}) {
        ApproveSignature command = approve_signature(story, number);
        story.when(command).then_refused(step_up_required);
        command.checks = checked(story);
        const auto event = story.when(command).then<schema::SignatureMade>();
        EXPECT_EQ(event.personal().step_up().face_score_permille(), 950u);
        EXPECT_TRUE(event.personal().step_up().chip_answered());
        command.checks.chip->answered = false;
        if (number == 2 || number == 3) {
            story.when(command).then_refused(chip_not_genuine);
        }
        command.checks.face.reset();
        command.checks.chip.reset();
        story.when(command).then_refused(step_up_required);
    }
}

TEST(SignatureMake, AsksForStepUpOnlyWhileTheAccountIsYoung) {
    CitizenStory story = served_story();
    const auto asked = [&](std::uint8_t number) {
        story.given(
            with(ask_signature(log_in(story, static_cast<std::uint8_t>(number + 100)), number),
                 [](auto& subject) {
                     subject.set_step_up_method(std::string(step_up_face));
                     subject.set_step_up_period_hours(24);
                 }));
    };
    story.pass(hours(24) - std::chrono::milliseconds(1));
    asked(1);
    story.when(approve_signature(story, 1)).then_refused(step_up_required);
    story.pass(std::chrono::milliseconds(1));
    story.when(approve_signature(story, 1)).then<schema::SignatureMade>();
}

TEST(SignatureRefuse, IsRecordedOnce) {
    CitizenStory story = asked_story();
    const RefuseSignature command{request_id(1), proof(story)};
    const auto event = story.when(command).then<schema::SignatureRefused>();
    EXPECT_EQ(event.leaf().head().reason(), signature_declined.name);
    EXPECT_EQ(event.link().device_id(), command.proof.device.bytes());
    story.given(command);
    story.when(command).then_refused(request_already_answered);
    RefuseSignature foreign = command;
    foreign.proof.device = DeviceId();
    story.when(foreign).then_refused(device_unknown);
    given_suspended(story);
    story.when(command).then_refused(account_suspended);
}

TEST(SignatureAcknowledge, RecordsWhatTheServiceMadeOfIt) {
    CitizenStory story = asked_story();
    AcknowledgeSignature command{service, business_id(1), schema::SIGNING_RESULT_ACCEPTED};
    story.when(command).then_refused(signature_not_made);
    story.given(approve_signature(story, 1));
    AcknowledgeSignature foreign = command;
    foreign.client = other_service;
    story.when(foreign).then_refused(request_unknown);
    AcknowledgeSignature odd = command;
    odd.result = schema::SIGNING_RESULT_UNSPECIFIED;
    story.when(odd).then_refused(signature_result_unknown);
    const auto event = story.when(command).then<schema::SignatureAcknowledged>();
    EXPECT_EQ(event.leaf().result(), schema::SIGNING_RESULT_ACCEPTED);
    EXPECT_EQ(event.link().request_id(), request_id(1).bytes());
    command.result = schema::SIGNING_RESULT_REJECTED;
    story.given(command);
    story.when(command).then_refused(signature_already_acknowledged);
}

TEST(SignatureAcknowledge, OfOneThatWasNotMadeIsOnlyThatNothingCame) {
    CitizenStory story = asked_story();
    story.given(RefuseSignature{request_id(1), proof(story)});
    story.when(AcknowledgeSignature{service, business_id(1), schema::SIGNING_RESULT_ACCEPTED})
        .then_refused(signature_not_made);
    story
        .when(
            AcknowledgeSignature{service, business_id(1), schema::SIGNING_RESULT_NOTHING_RECEIVED})
        .then<schema::SignatureAcknowledged>();
}

}  // namespace
}  // namespace chopmark::test
