// Evidence of who somebody is: what the pool, the register, the face matcher, a chip, a terminal
// and an operator said, each with the time of the check and what it was checked against. No image
// is anywhere here (design 5). Judging is pure: scores against the policy, terminals and operators
// against control as it is now, cards and challenges against the command; whatever is too old or
// about something else is evidence.stale. Plain values; nothing here is trusted because it came,
// only because the pool that filled it in verified the signatures.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "aggregates/citizen/card.h"
#include "aggregates/citizen/slot.h"
#include "aggregates/decision.h"
#include "events/core/sensitive.h"

namespace chopmark::citizen {

// Plain refusals: of somebody unknown, or of nobody's making.
inline constexpr Reason register_unreachable{"identity.register_unreachable", Kind::unavailable};
inline constexpr Reason matcher_unreachable{"identity.matcher_unreachable", Kind::unavailable};
inline constexpr Reason terminal_unknown{"identity.terminal_unknown", Kind::forbidden};
inline constexpr Reason terminal_not_active{"identity.terminal_not_active", Kind::forbidden};
inline constexpr Reason terminal_wrong_kind{"identity.terminal_wrong_kind", Kind::forbidden};
inline constexpr Reason operator_unknown{"identity.operator_unknown", Kind::forbidden};
inline constexpr Reason phone_system_too_old{"identity.phone_system_too_old", Kind::refused};

// Refusals that matter to fraud: recorded, up to a quota, when an authenticated party causes them.
inline constexpr Reason operator_not_permitted{"identity.operator_not_permitted", Kind::forbidden};
inline constexpr Reason chip_not_genuine{"identity.chip_not_genuine", Kind::refused};
inline constexpr Reason liveness_failed{"identity.liveness_failed", Kind::refused};
inline constexpr Reason face_not_matched{"identity.face_not_matched", Kind::refused};
inline constexpr Reason operator_saw_another{"identity.operator_saw_another", Kind::refused};
inline constexpr Reason register_not_matched{"identity.register_not_matched", Kind::refused};
inline constexpr Reason card_not_valid{"identity.card_not_valid", Kind::refused};

/// Of the Immigration Department.
struct RegisterCheck {
    enum class Verdict : std::uint8_t { matched, not_matched, card_invalid, unreachable };
    Verdict verdict = Verdict::unreachable;
    std::string code;  // the register's own
    std::string reference;
    Digest card;  // digest_of the card it was asked about
    Instant checked_at;
};

/// Of the matcher: a selfie video against the picture of the card or register.
struct FaceCheck {
    bool reached = false;
    std::uint32_t match_permille = 0;
    std::uint32_t liveness_permille = 0;
    std::string reference;
    Digest card;
    Instant checked_at;
};

/// Of the card's chip: the issuer's signature over the card face, and the chip's own answer.
struct ChipCheck {
    bool issuer_signature_good = false;
    bool answered = false;
    CommandId answered_for;     // SHA-256 of the challenge, which is the command's id
    std::string reader_result;  // stable dotted name
    Digest card;
    Instant checked_at;
};

/// A terminal signed the command; the pool verified that with this key.
struct TerminalProof {
    TerminalId terminal;
    Bytes public_key;
    std::string shift;
    Instant made_at;
};

/// A named member of staff compared the face with the card and signed for it.
struct OperatorProof {
    OperatorId op;
    Bytes public_key;
    bool same_face = false;
    Instant made_at;
};

struct PhoneSystem {
    enum class Maker : std::uint8_t { apple, android };
    Maker maker = Maker::android;
    std::uint32_t major = 0;
};
inline constexpr std::uint32_t least_ios_major = 14;  // reads cards' chips from here on
inline constexpr std::uint32_t least_android_major = 12;

/// By app: photograph of the card, selfie video.
struct PhotoIdentity {
    FaceCheck face;
    RegisterCheck registered;
};
/// By NFC: the phone read the chip.
struct ChipIdentity {
    PhoneSystem phone;
    ChipCheck chip;
    FaceCheck face;
    RegisterCheck registered;
};
/// At a kiosk: it read the chip and filmed the face.
struct KioskIdentity {
    TerminalProof terminal;
    ChipCheck chip;
    FaceCheck face;
    RegisterCheck registered;
};
/// At a counter or before a mobile team: no selfie, the operator compared the face.
struct StaffedIdentity {
    TerminalProof terminal;
    OperatorProof op;
    ChipCheck chip;
    RegisterCheck registered;
};
using IdentityEvidence = std::variant<PhotoIdentity, ChipIdentity, KioskIdentity, StaffedIdentity>;

/// The card that evidence is about, with the pseudonyms that the pool derived from its number.
struct PresentedCard {
    Sensitive<CardFace> face;
    CardToken token;
    schema::KeyedToken attempt;
};

/// Void, or the first reason against; the order is fixed, so that the same evidence gives the same
/// reason. What is told to strangers comes last: whether the card has an account is no part of it.
Result<void> judge(const IdentityEvidence& evidence, const CardFace& card, const Context& context);

/// The outcome that a recorded refusal has; nothing for reasons that leave no record.
std::optional<schema::Outcome> recorded_outcome(const Reason& reason);

/// The reason of a recorded refusal by its name in a leaf; nothing for another name. Gateways
/// render RegistrationRefused and DeviceBindingRefused by it.
std::optional<Reason> recorded_reason(std::string_view name);

/// KIOSK for evidence of a terminal not known; judge has refused that.
schema::Channel channel_of(const IdentityEvidence& evidence, const control::State& control);
schema::Grade grade_of(const IdentityEvidence& evidence);
schema::IdentityChecks checks_of(const IdentityEvidence& evidence);
/// Nothing for evidence from a phone.
std::optional<schema::Counter> place_of(const IdentityEvidence& evidence,
                                        const control::State& control);
const TerminalProof* terminal_of(const IdentityEvidence& evidence);

/// evidence.stale unless the check is as young as the policy asks and not from the future.
Result<void> check_age(Instant checked_at, const Context& context);

}  // namespace chopmark::citizen
