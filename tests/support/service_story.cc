#include "tests/support/service_story.h"

#include "events/crypto/digest.h"

namespace chopmark::test {
namespace {

using namespace citizen;

Bytes digest_of(std::string_view text) { return crypto::sha256(text).to_bytes(); }

RequestHead head(const EventId& token, std::uint8_t number) {
    return {request_id(number),      service,
            business_id(number),     ByToken{token, true},
            crypto::sha256("state"), crypto::sha256("https://service.example/callback")};
}

std::vector<std::string> all_scopes() {
    std::vector<std::string> out;
    for (const ScopeRule& rule : scope_rules) {
        out.emplace_back(rule.name);
    }
    return out;
}

}  // namespace

void given_service(CitizenStory& story, const ClientId& client,
                   const std::vector<std::string_view>& scopes,
                   const schema::RelyingPartySetup& setup) {
    schema::RelyingPartyApplied applied;
    applied.mutable_leaf()->set_client_id(client.to_bytes());
    *applied.mutable_link()->mutable_setup() = setup;
    story.given_control(applied);
    schema::RelyingPartyApproved approved;
    approved.mutable_leaf()->set_client_id(client.to_bytes());
    for (const std::string_view scope : scopes) {
        approved.mutable_leaf()->add_scopes(std::string(scope));
    }
    story.given_control(approved);
}

CitizenStory served_story() {
    CitizenStory story = staffed_story();
    const auto names = all_scopes();
    for (const ClientId& client : {service, other_service}) {
        given_service(story, client, {names.begin(), names.end()});
    }
    story.given(register_by_nfc(story, card_of_chan(), 1));
    schema::CertificateIssued issued;
    issued.mutable_link()->set_serial(certificate_serial);
    issued.mutable_link()->set_key_handle("handle");
    issued.mutable_link()->set_not_after_us((story.now() + std::chrono::hours(24 * 365)).micros());
    story.given_event(issued);
    return story;
}

void given_policy(CitizenStory& story, std::string_view setting, std::uint64_t value) {
    schema::PolicySet set;
    set.mutable_leaf()->set_version(1);
    auto& one = *set.mutable_leaf()->add_settings();
    one.set_name(std::string(setting));
    one.set_value(std::to_string(value));
    story.given_control(set);
}

void given_suspended(CitizenStory& story) {
    schema::AccountSuspended suspended;
    suspended.mutable_leaf()->mutable_head()->set_reason("account.citizen_wish");
    story.given_event(suspended);
}

void given_closed(CitizenStory& story) {
    schema::AccountClosed closed;
    closed.mutable_leaf()->mutable_head()->set_reason("account.citizen_wish");
    story.given_event(closed);
}

void given_rebound(CitizenStory& story, std::uint8_t number) {
    schema::DeviceBound bound;
    auto& link = *bound.mutable_link();
    link.set_device_id(phone(story, number).id.to_bytes());
    link.set_public_key(sample_key(number));
    link.set_old_device_id(current_device(story.state())->id.to_bytes());
    link.set_cooling_off_until_us((story.now() + std::chrono::hours(72)).micros());
    link.set_attestation_level(schema::ATTESTATION_LEVEL_TRUSTED_ENVIRONMENT);
    story.given_event(bound);
}

RequestId request_id(std::uint8_t number) { return sample_id<RequestId>(0x91, number); }
BusinessIdToken business_id(std::uint8_t number) {
    return sample_id<BusinessIdToken>(0xa1, number);
}

LoginOffer offer(CitizenStory& story, std::uint8_t number, std::vector<std::string> scopes) {
    return {request_id(number),
            service,
            schema::QR,
            std::move(scopes),
            story.now(),
            current_device(story.state())->id,
            crypto::sha256("state"),
            crypto::sha256("https://service.example/back")};
}

ApproveLogin approve(CitizenStory& story, std::uint8_t number, std::vector<std::string> scopes) {
    ApproveLogin command;
    command.offer = offer(story, number, std::move(scopes));
    command.ends.phone.set_country("HK");
    command.ends.browser.set_country("HK");
    command.ends.qr_age = std::chrono::seconds(7);
    command.ends.scan_delay = std::chrono::seconds(3);
    command.ends.picture = schema::QR_REDRAWN;
    command.ends.distance_class = 1;
    command.ends.phone_address = Sensitive<std::string>("203.0.113.7");
    command.ends.browser_address = Sensitive<std::string>("203.0.113.8");
    command.ends.phone_agent = Sensitive<Bytes>("phone agent");
    command.ends.browser_agent = Sensitive<Bytes>("browser agent");
    command.proof = proof(story);
    command.claims = crypto::sha256("claims");
    return command;
}

RedeemCode redeem(const EventId& approved, const ClientId& client) {
    RedeemCode command;
    command.approved = approved;
    command.client = client;
    command.relying_party.set_asn(64'500);
    command.claims = crypto::sha256("claims");
    return command;
}

EventId log_in(CitizenStory& story, std::uint8_t number) {
    ApproveLogin command = approve(story, number, all_scopes());
    command.checks = checked(story);
    return story.given(redeem(story.given(command)));
}

StepUpChecks checked(CitizenStory& story) {
    return {seen(story, card_of_chan()), genuine(story, card_of_chan()),
            story.state().account.card_source};
}

AskConsent ask_consent(const EventId& token, std::uint8_t number, std::vector<std::string> names) {
    schema::ConsentDelivery delivery;
    delivery.set_redirect_uri("https://service.example/callback");
    delivery.set_business_id("B" + std::to_string(number));
    return {head(token, number), schema::PURPOSE_FORM_FILLING, std::move(names),
            crypto::sha256("text"), Sensitive(delivery)};
}

GrantConsent grant(CitizenStory& story, std::uint8_t number, std::vector<std::string> names) {
    GrantConsent command;
    command.request = request_id(number);
    command.field_names = std::move(names);
    command.profile_version = story.state().profile.version;
    command.proof = proof(story);
    command.phone.set_country("HK");
    command.claims = crypto::sha256("claims");
    return command;
}

AskSignature ask_signature(const EventId& token, std::uint8_t number) {
    schema::SignatureSubject subject;
    subject.set_document_digest(digest_of("document"));
    subject.set_algorithm("SHA256withRSA");
    subject.set_text_digest(digest_of("text"));
    subject.set_document_name("Lease");
    AskSignature command;
    command.head = head(token, number);
    command.kind = schema::SIGNATURE_KIND_HASH;
    command.subject = Sensitive(subject);
    return command;
}

ApproveSignature approve_signature(CitizenStory& story, std::uint8_t number) {
    ApproveSignature command;
    command.request = request_id(number);
    command.proof = proof(story);
    command.evidence.document_digest = digest_of("document");
    command.evidence.algorithm = "SHA256withRSA";
    command.evidence.signature = Sensitive<Bytes>("signature");
    command.evidence.signed_at = story.now();
    command.evidence.certificate_serial = certificate_serial;
    command.evidence.certificate_digest = crypto::sha256("certificate");
    command.evidence.chain_digest = crypto::sha256("chain");
    command.evidence.crl_number = 17;
    command.phone.set_country("HK");
    return command;
}

AskStepUp ask_step_up(const EventId& token, std::uint8_t number) {
    return {head(token, number),
            {schema::STEP_UP_METHOD_FACE, schema::STEP_UP_METHOD_NFC},
            crypto::sha256("text"),
            {}};
}

}  // namespace chopmark::test
