#include "aggregates/citizen/certificate.h"

#include "events/fold/row_codec.h"
#include "tests/support/citizen_evidence.h"

namespace chopmark::citizen {
namespace {

using namespace test;

CitizenStory with_sign_account() {
    CitizenStory story = staffed_story();
    story.given(register_by_nfc(story, card_of_chan(), 1));
    return story;
}

keys::KeyHandle key(std::uint8_t number) { return sample_id<keys::KeyHandle>(0xa1, number); }

IssueCertificate issue(CitizenStory& story, Bytes serial = "serial 1", std::uint8_t number = 1) {
    const auto& wanted = story.state().certificate.wanted;
    return {wanted ? wanted->cause : EventId(),
            serial,
            key(number),
            story.now() + std::chrono::hours(24 * 365 * 3),
            Sensitive<Bytes>("certificate"),
            {"issuer", "root"}};
}

CitizenStory with_certificate() {
    CitizenStory story = with_sign_account();
    story.given(issue(story));
    return story;
}

TEST(Certificate, IsOwedToEveryAccountThatReachesGradeSign) {
    CitizenStory story = staffed_story();
    story.given(register_by_app(story, card_of_chan(), 1));
    EXPECT_TRUE(outstanding(story.state().certificate).empty());
    EXPECT_EQ(check_certificate(story.state(), story.now()).error(), certificate_none);
    const EventId upgraded =
        story.given(UpgradeAccount{present(card_of_chan()), at_kiosk(story, card_of_chan()), {}});
    EXPECT_EQ(outstanding(story.state().certificate),
              std::vector{(FollowUp{upgraded, certificate_follow_up, story.now()})});
    EXPECT_EQ(check_certificate(story.state(), story.now()).error(), certificate_outstanding);

    const EventId registered = story.given(register_at_counter(story, card_of_wong(), 2));
    EXPECT_EQ(outstanding(story.state().certificate),
              std::vector{(FollowUp{registered, certificate_follow_up, story.now()})});
}

TEST(Certificate, IsIssuedOnceForItsCause) {
    CitizenStory story = with_sign_account();
    const IssueCertificate command = issue(story);
    const auto event = story.when(command).then<schema::CertificateIssued>();
    EXPECT_EQ(event.link().serial(), "serial 1");
    EXPECT_EQ(event.link().key_handle(), key(1).bytes());
    EXPECT_EQ(event.link().not_after_us(), command.not_after.micros());
    EXPECT_EQ(event.personal().certificate(), "certificate");
    ASSERT_EQ(event.personal().chain_size(), 2);
    EXPECT_EQ(event.personal().chain(0), "issuer");
    const EventId source = story.given(command);
    EXPECT_EQ(story.state().certificate.source, source);
    EXPECT_TRUE(outstanding(story.state().certificate).empty());
    EXPECT_TRUE(check_certificate(story.state(), story.now()));
    story.when(command).then_refused(certificate_not_wanted);
}

TEST(Certificate, IsRefusedForAnotherCauseOrWithoutItsParts) {
    CitizenStory story = with_sign_account();
    const auto spoilt = [&](auto spoil) {
        IssueCertificate command = issue(story);
        spoil(command);
        return story.when(command);
    };
    spoilt([](auto& c) { c.cause = EventId(); }).then_refused(certificate_not_wanted);
    spoilt([](auto& c) { c.serial.clear(); }).then_refused(certificate_malformed);
    spoilt([](auto& c) { c.key_handle = keys::KeyHandle(); }).then_refused(certificate_malformed);
    spoilt([](auto& c) { c.certificate = Sensitive<Bytes>(); }).then_refused(certificate_malformed);
    spoilt([](auto& c) { c.chain.clear(); }).then_refused(certificate_malformed);
    spoilt([&](auto& c) { c.not_after = story.now(); }).then_refused(certificate_malformed);
}

TEST(Certificate, ExpiresByItself) {
    CitizenStory story = with_certificate();
    const Instant end = story.state().certificate.not_after;
    EXPECT_TRUE(check_certificate(story.state(), end - Duration(1)));
    EXPECT_EQ(check_certificate(story.state(), end).error(), certificate_expired);
}

TEST(Certificate, RefusedByTheAuthorityIsNoLongerAskedFor) {
    CitizenStory story = with_sign_account();
    const EventId cause = story.state().certificate.wanted->cause;
    const RefuseCertificate command{cause, Sensitive<std::string>("unknown subject")};
    const auto event = story.when(command).then<schema::CertificateRefused>();
    EXPECT_EQ(event.leaf().head().outcome(), schema::FAILED);
    EXPECT_EQ(event.link().cause_event_id(), cause.bytes());
    EXPECT_EQ(event.personal().authority_answer(), "unknown subject");
    story.given(command);
    EXPECT_TRUE(outstanding(story.state().certificate).empty());
    EXPECT_EQ(check_certificate(story.state(), story.now()).error(), certificate_refused);
    story.when(command).then_refused(certificate_not_wanted);
    story.when(issue(story)).then_refused(certificate_not_wanted);
}

TEST(Certificate, RevokedAtTheCitizensWishHasNoSuccessor) {
    CitizenStory story = with_certificate();
    const RevokeCertificate command{Revocation::citizen_wish, proof(story), 12};
    const auto event = story.when(command).then<schema::CertificateRevoked>();
    EXPECT_EQ(event.leaf().head().reason(), "certificate.citizen_wish");
    EXPECT_EQ(event.link().serial(), "serial 1");
    EXPECT_EQ(event.link().crl_number(), 12U);
    EXPECT_EQ(event.personal().device_signature(), "signature");
    story.given(command);
    EXPECT_TRUE(outstanding(story.state().certificate).empty());
    EXPECT_EQ(check_certificate(story.state(), story.now()).error(), certificate_revoked);
    EXPECT_EQ(story.state().certificate.retired_keys, std::vector{key(1)});
    EXPECT_TRUE(story.state().certificate.key_handle.is_zero());
    story.when(command).then_refused(certificate_revoked);
}

TEST(Certificate, SupersededOrCompromisedCallsForASuccessor) {
    CitizenStory story = with_certificate();
    const EventId revoked = story.given(RevokeCertificate{Revocation::superseded, proof(story), 1});
    EXPECT_EQ(outstanding(story.state().certificate),
              std::vector{(FollowUp{revoked, certificate_follow_up, story.now()})});
    EXPECT_EQ(check_certificate(story.state(), story.now()).error(), certificate_outstanding);
    story.given(issue(story, "serial 2", 2));
    EXPECT_TRUE(check_certificate(story.state(), story.now()));
    EXPECT_EQ(story.state().certificate.serial, "serial 2");
    story.given(RevokeCertificate{Revocation::key_compromised, order(story), 2});
    EXPECT_EQ(outstanding(story.state().certificate).size(), 1U);
    EXPECT_EQ(story.state().certificate.retired_keys, (std::vector{key(1), key(2)}));
}

TEST(Certificate, IsRevokedForFraudByStaffOnly) {
    CitizenStory story = with_certificate();
    story.when(RevokeCertificate{Revocation::fraud_confirmed, proof(story), 1})
        .then_refused(certificate_not_permitted);
    const auto event = story.when(RevokeCertificate{Revocation::fraud_confirmed, order(story), 1})
                           .then<schema::CertificateRevoked>();
    EXPECT_EQ(event.leaf().head().reason(), "certificate.fraud_confirmed");
    EXPECT_EQ(event.link().case_id(), open_case.bytes());
}

TEST(Certificate, ThatIsNotThereCannotBeRevoked) {
    CitizenStory story = with_sign_account();
    story.when(RevokeCertificate{Revocation::citizen_wish, proof(story), 1})
        .then_refused(certificate_none);
}

TEST(Certificate, EndsWithTheAccount) {
    CitizenStory story = with_certificate();
    story.given(CloseAccount{Closure::citizen_wish, proof(story)});
    EXPECT_EQ(check_certificate(story.state(), story.now()).error(), certificate_revoked);
    EXPECT_EQ(story.state().certificate.retired_keys, std::vector{key(1)});
    story.when(RevokeCertificate{Revocation::fraud_confirmed, order(story), 1})
        .then_refused(account_closed);

    CitizenStory waiting = with_sign_account();
    const IssueCertificate late = issue(waiting);
    waiting.given(CloseAccount{Closure::citizen_wish, proof(waiting)});
    EXPECT_TRUE(outstanding(waiting.state().certificate).empty());
    waiting.when(late).then_refused(account_closed);
}

TEST(Certificate, IsIssuedToASuspendedAccountToo) {
    CitizenStory story = with_sign_account();
    story.given(SuspendAccount{Suspension::citizen_wish, proof(story)});
    story.when(issue(story)).then<schema::CertificateIssued>();
}

TEST(CertificateState, StaysBoundedHoweverManyKeysRetire) {
    CertificateState state;
    for (std::uint8_t i = 0; i < 40; ++i) {
        schema::CertificateIssued event;
        event.mutable_link()->set_serial(std::to_string(i));
        event.mutable_link()->set_key_handle(key(i).to_bytes());
        evolve(state, event, {});
    }
    EXPECT_EQ(state.retired_keys.size(), limits::retired_keys_per_account);
    EXPECT_EQ(state.retired_keys.back(), key(38));
}

TEST(CertificateState, IgnoresTheRevocationOfAnotherSerial) {
    CitizenStory story = with_certificate();
    schema::CertificateRevoked event;
    event.mutable_link()->set_serial("of somebody else");
    story.given_event(event);
    EXPECT_TRUE(check_certificate(story.state(), story.now()));
}

TEST(CertificateState, SurvivesItsRow) {
    CitizenStory story = with_certificate();
    story.given(RevokeCertificate{Revocation::superseded, proof(story), 1});
    const auto& certificate = story.state().certificate;
    const auto row = fold::decode_row<CertificateState>(fold::encode_row(certificate));
    ASSERT_TRUE(row);
    EXPECT_EQ(*row, certificate);
}

}  // namespace
}  // namespace chopmark::citizen
