#include "tests/support/citizen_evidence.h"

#include "events/crypto/digest.h"

namespace chopmark::test {
namespace {

using namespace citizen;

CardFace card(std::string_view number, std::string_view name, std::string_view chinese_name,
              std::string_view born) {
    return {*HkidNumber::parse(number), std::string(name),      std::string(chinese_name), 'F',
            *parse_date(born),          *parse_date("20240105")};
}

schema::Event enrolled(const TerminalId& id, schema::TerminalKind kind, std::string_view site,
                       std::string_view team) {
    schema::TerminalEnrolled event;
    event.mutable_leaf()->set_terminal_id(id.to_bytes());
    event.mutable_leaf()->set_kind(kind);
    event.mutable_link()->set_public_key(sample_key(id.array().front()));
    event.mutable_link()->set_site(std::string(site));
    event.mutable_link()->set_team(std::string(team));
    return event;
}

schema::Event enrolled(const OperatorId& id, std::string_view site, std::string_view team) {
    schema::OperatorEnrolled event;
    event.mutable_link()->set_operator_id(id.to_bytes());
    event.mutable_link()->set_public_key(sample_key(id.array().front()));
    if (!site.empty()) {
        event.mutable_link()->add_sites(std::string(site));
    }
    event.mutable_link()->set_team(std::string(team));
    return event;
}

schema::Event enrolled(const StaffId& id, schema::StaffRole role) {
    schema::StaffEnrolled event;
    event.mutable_link()->set_staff_id(id.to_bytes());
    event.mutable_link()->set_public_key(sample_key(id.array().front()));
    event.mutable_link()->add_roles(role);
    return event;
}

schema::KeyedToken token(std::string_view text) {
    schema::KeyedToken out;
    out.set_current(Bytes(crypto::sha256(text).bytes().substr(0, AttemptToken::size)));
    return out;
}

template <class By>
RegisterAccount registration(const CardFace& card, std::uint8_t number, By by) {
    ByteArray<32> secret{};
    secret.fill(number);
    return {account_id(number), sample_id<PersonId>(0x61, number),
            Sensitive(secret),  present(card),
            std::move(by),      {}};
}

}  // namespace

CardFace card_of_chan() { return card("A123456(3)", "CHAN, Tai Man", "陳大文", "19900517"); }
CardFace card_of_wong() { return card("E364912(5)", "WONG, Siu Ming", "", "20120229"); }

PresentedCard present(const CardFace& card) {
    const Bytes& key = card.number.text();
    return {Sensitive(card), CardToken(crypto::sha256(key).array()), token(key)};
}

Bytes sample_key(std::uint8_t number) {
    return Bytes(1, '\x04') + Bytes(64, static_cast<char>(number));
}

AccountId account_id(std::uint8_t number) {
    ByteArray<16> bytes{};
    bytes[0] = static_cast<std::uint8_t>(story_slot.value() >> 2);
    bytes[1] = static_cast<std::uint8_t>((story_slot.value() & 3) << 6);
    bytes[15] = number;
    return AccountId(bytes);
}

CitizenStory staffed_story() {
    CitizenStory story;
    story.given_control(enrolled(kiosk, schema::TERMINAL_KIND_KIOSK, "library", ""));
    story.given_control(enrolled(counter, schema::TERMINAL_KIND_COUNTER, "post office", ""));
    story.given_control(enrolled(team_tablet, schema::TERMINAL_KIND_MOBILE_TEAM, "", "team 3"));
    story.given_control(enrolled(clerk, "post office", ""));
    story.given_control(enrolled(team_member, "", "team 3"));
    story.given_control(enrolled(supporter, schema::STAFF_ROLE_SUPPORT));
    story.given_control(enrolled(auditor, schema::STAFF_ROLE_AUDITOR));
    schema::CaseOpened opened;
    opened.mutable_leaf()->set_kind("case.report");
    opened.mutable_link()->set_case_id(open_case.to_bytes());
    story.given_control(opened);
    schema::AlertRaised raised;
    raised.mutable_leaf()->set_rule("new_device_signature");
    raised.mutable_leaf()->set_revision(1);
    raised.mutable_link()->set_alert_id(alert.to_bytes());
    story.given_control(raised);
    return story;
}

RegisterCheck matched(const CitizenStory& story, const CardFace& card) {
    return {RegisterCheck::Verdict::matched, "00", "R-1", digest_of(card), story.now()};
}

FaceCheck seen(const CitizenStory& story, const CardFace& card) {
    return {true, 950, 930, "M-1", digest_of(card), story.now()};
}

ChipCheck genuine(const CitizenStory& story, const CardFace& card) {
    return {true, true, story.command_id(), "reader.read", digest_of(card), story.now()};
}

TerminalProof signed_at(const CitizenStory& story, const TerminalId& terminal) {
    return {terminal, sample_key(terminal.array().front()), "morning", story.now()};
}

OperatorProof signed_by(const CitizenStory& story, const OperatorId& op) {
    return {op, sample_key(op.array().front()), true, story.now()};
}

NewDevice phone(const CitizenStory& story, std::uint8_t number) {
    NewDevice device;
    device.id = sample_id<DeviceId>(0x71, number);
    device.public_key = sample_key(number);
    device.attestation = schema::ATTESTATION_LEVEL_TRUSTED_ENVIRONMENT;
    device.app = token("app");
    device.hardware = token("hardware" + std::to_string(number));
    schema::DeviceFacts facts;
    facts.set_model("Model " + std::to_string(number));
    device.facts = Sensitive(facts);
    device.signature = "signature of the new key";
    device.made_at = story.now();
    return device;
}

PhotoIdentity by_photo(const CitizenStory& story, const CardFace& card) {
    return {seen(story, card), matched(story, card)};
}

ChipIdentity by_chip(const CitizenStory& story, const CardFace& card) {
    return {{PhoneSystem::Maker::android, 14},
            genuine(story, card),
            seen(story, card),
            matched(story, card)};
}

KioskIdentity at_kiosk(const CitizenStory& story, const CardFace& card) {
    return {signed_at(story, kiosk), genuine(story, card), seen(story, card), matched(story, card)};
}

StaffedIdentity at_counter(const CitizenStory& story, const CardFace& card) {
    return {signed_at(story, counter), signed_by(story, clerk), genuine(story, card),
            matched(story, card)};
}

StaffedIdentity before_team(const CitizenStory& story, const CardFace& card) {
    return {signed_at(story, team_tablet), signed_by(story, team_member), genuine(story, card),
            matched(story, card)};
}

RegisterAccount register_by_app(const CitizenStory& story, const CardFace& card,
                                std::uint8_t number) {
    return registration(card, number, ByApp{by_photo(story, card), phone(story, number)});
}

RegisterAccount register_by_nfc(const CitizenStory& story, const CardFace& card,
                                std::uint8_t number) {
    return registration(card, number,
                        ByNfc{by_chip(story, card), phone(story, number),
                              Sensitive<std::string>("tm.chan@example.hk"), true});
}

RegisterAccount register_at_kiosk(const CitizenStory& story, const CardFace& card,
                                  std::uint8_t number) {
    return registration(card, number, ByKiosk{at_kiosk(story, card)});
}

RegisterAccount register_at_counter(const CitizenStory& story, const CardFace& card,
                                    std::uint8_t number) {
    return registration(card, number, ByStaff{at_counter(story, card)});
}

DeviceProof proof(CitizenStory& story) {
    const Device* device = current_device(story.state());
    if (device == nullptr) {
        ADD_FAILURE() << "no phone is bound";
        return {};
    }
    return {device->id, device->bound_by, "signature", crypto::sha256("text"), story.now()};
}

StaffOrder order(CitizenStory& story) {
    story.actor = {schema::Party::STAFF_MEMBER, supporter.to_bytes()};
    return {open_case, Sensitive<std::string>("called the hotline")};
}

AtTerminal visit(const CitizenStory& story, const CardFace& card) {
    return {present(card), at_counter(story, card)};
}

}  // namespace chopmark::test
