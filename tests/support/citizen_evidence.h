// Evidence that passes, for stories about citizens: cards with published numbers, a kiosk, a
// counter and a mobile team with their operators, and checks made just now for the next command. A
// test spoils one thing and sees what becomes of it.
#pragma once

#include "tests/support/given_when_then.h"

namespace chopmark::test {

// Numbers of facts/iamsmart-api.md 10.
citizen::CardFace card_of_chan();  // A123456(3), born 1990-05-17
citizen::CardFace card_of_wong();  // E364912(5), born 2012-02-29

citizen::PresentedCard present(const citizen::CardFace& card);

template <class Id>
Id sample_id(std::uint8_t first, std::uint8_t last = 0) {
    ByteArray<Id::size> bytes{};
    bytes.front() = first;
    bytes.back() = last;
    return Id(bytes);
}

inline const TerminalId kiosk = sample_id<TerminalId>(0x11);
inline const TerminalId counter = sample_id<TerminalId>(0x12);
inline const TerminalId team_tablet = sample_id<TerminalId>(0x13);
inline const OperatorId clerk = sample_id<OperatorId>(0x21);        // at the counter's site
inline const OperatorId team_member = sample_id<OperatorId>(0x22);  // of the tablet's team
inline const StaffId supporter = sample_id<StaffId>(0x31);
inline const StaffId auditor = sample_id<StaffId>(0x32);
inline const control::CaseId open_case = sample_id<control::CaseId>(0x41);
inline const AlertId alert = sample_id<AlertId>(0x51);

Bytes sample_key(std::uint8_t number);  // shaped like an uncompressed point

/// A story whose control knows the terminals, operators, staff, case and alert above.
CitizenStory staffed_story();

AccountId account_id(std::uint8_t number);  // all in slot 5
inline constexpr Slot story_slot{5};

citizen::RegisterCheck matched(const CitizenStory& story, const citizen::CardFace& card);
citizen::FaceCheck seen(const CitizenStory& story, const citizen::CardFace& card);
citizen::ChipCheck genuine(const CitizenStory& story, const citizen::CardFace& card);
citizen::TerminalProof signed_at(const CitizenStory& story, const TerminalId& terminal);
citizen::OperatorProof signed_by(const CitizenStory& story, const OperatorId& op);
citizen::NewDevice phone(const CitizenStory& story, std::uint8_t number);

citizen::PhotoIdentity by_photo(const CitizenStory& story, const citizen::CardFace& card);
citizen::ChipIdentity by_chip(const CitizenStory& story, const citizen::CardFace& card);
citizen::KioskIdentity at_kiosk(const CitizenStory& story, const citizen::CardFace& card);
citizen::StaffedIdentity at_counter(const CitizenStory& story, const citizen::CardFace& card);
citizen::StaffedIdentity before_team(const CitizenStory& story, const citizen::CardFace& card);

/// With account, person and phone of that number.
citizen::RegisterAccount register_by_app(const CitizenStory& story, const citizen::CardFace& card,
                                         std::uint8_t number);
citizen::RegisterAccount register_by_nfc(const CitizenStory& story, const citizen::CardFace& card,
                                         std::uint8_t number);
citizen::RegisterAccount register_at_kiosk(const CitizenStory& story, const citizen::CardFace& card,
                                           std::uint8_t number);
citizen::RegisterAccount register_at_counter(const CitizenStory& story,
                                             const citizen::CardFace& card, std::uint8_t number);

/// By the phone that is bound now.
citizen::DeviceProof proof(CitizenStory& story);
/// By the supporter, who becomes the story's actor, under the open case.
citizen::StaffOrder order(CitizenStory& story);
citizen::AtTerminal visit(const CitizenStory& story, const citizen::CardFace& card);

}  // namespace chopmark::test
