// Who somebody is, asked of those who know: the card as a caller sent it, the chip's own word, the
// register's and the matcher's. Gives the evidence that the decision judges
// (aggregates/citizen/identity.h), each with the time of the check, the card it was about and, of a
// chip, the command it answered. Judges nothing itself. All calls may block on the network: only in
// a work pool; safe from any thread.
#pragma once

#include "aggregates/citizen/identity.h"
#include "aggregates/ports/outside.h"
#include "events/core/clock.h"
#include "events/keys/key_ring.h"
#include "events/keys/pseudonym.h"
#include "gateways/outside/sandbox_cards.h"
#include "gateways/service/json_body.h"
#include "gateways/service/signed_message.h"

namespace chopmark::outside {

/// An image that is too large, or none.
inline constexpr Reason image_malformed{"identity.image_malformed", Kind::invalid};

// ---- from JSON
// -----------------------------------------------------------------------------------

/// Member `card`: {number, english_name, chinese_name, sex, birth_date, issue_date}.
Result<citizen::CardFace> card_of(const service::Json& body);
/// Member `chip`: {issuer_signature, chip_key, answer}, all Base64.
Result<ChipReading> chip_of(const service::Json& body);
/// A member in Base64, decoded at most so long.
Result<Sensitive<Bytes>> image_of(const service::Json& body, const char* name,
                                  std::size_t limit_bytes);
/// Member `phone`: {maker: "ios" or "android", major}.
Result<citizen::PhoneSystem> phone_of(const service::Json& body);

/// Names the register's own picture of a card to a matcher that has it, for faces that come without
/// a photograph: "chopmark-reference/1 HKIC HKG A1234563".
Sensitive<Bytes> picture_reference(const citizen::CardFace& card);

// ---- names of a card
// -----------------------------------------------------------------------------

Slot slot_of_card(const keys::KeyMaterial& material, const citizen::CardFace& card);
/// What the executors' card index is keyed by.
citizen::CardToken card_token(const keys::KeyMaterial& material, const schema::CardFacts& card);

schema::KeyedToken to_schema(const keys::TokenPair& tokens);

class IdentityChecks {
  public:
    /// All must outlive the object.
    struct Ports {
        ports::ImmigrationRegister& immigration;
        ports::FaceMatcher& matcher;
        const ChipVerifier& chips;
        const keys::KeyRing& ring;
        const Clock& clock;
    };
    explicit IdentityChecks(const Ports& ports) : ports_(ports) {}

    /// keys.no_period when this month's key of attempts was never drawn.
    [[nodiscard]] Result<citizen::PresentedCard> present(const citizen::CardFace& card) const;
    [[nodiscard]] Slot slot_of(const citizen::CardFace& card) const;

    /// Asked under a request id that follows from the command, so a repeated command asks no twice.
    [[nodiscard]] citizen::RegisterCheck ask_register(const CommandId& command,
                                                      const citizen::CardFace& card) const;
    [[nodiscard]] citizen::FaceCheck compare(const CommandId& command,
                                             const citizen::CardFace& card,
                                             const Sensitive<Bytes>& selfie,
                                             const Sensitive<Bytes>& picture) const;
    [[nodiscard]] citizen::ChipCheck check_chip(const service::CheckedChallenge& challenge,
                                                const citizen::CardFace& card,
                                                const ChipReading& reading) const;

  private:
    Ports ports_;
};

/// Void unless a party was not reached: then nothing is known, and the command is not worth
/// deciding. identity.register_unreachable, identity.matcher_unreachable.
Result<void> check_reached(const citizen::RegisterCheck& check);
Result<void> check_reached(const citizen::FaceCheck& check);

}  // namespace chopmark::outside
