// Identity cards' chips and what comes with them. ChipVerifier judges what a chip said, against an
// issuer's key that is configured. The rest makes such answers for the sandbox, where no card
// exists: the simulated phone and terminal hold the "cards" that the daemon then verifies, both by
// these functions, so the two sides cannot drift. Keys of the sandbox follow from public texts:
// whoever reads this can make any card, hence nothing but environment `sandbox` may use them.
//
//   face_text        = number "\n" english_name "\n" chinese_name "\n" sex "\n" birth_date "\n"
//                      issue_date                    ; the number as A1234563, dates as yyyyMMdd
//   issuer_signature = ECDSA of the issuer over face_text "\n" base64(chip_key)          ; DER
//   answer           = ECDSA of the chip over the bytes of the challenge                 ; DER
//
// Pure; safe from any thread.
#pragma once

#include <optional>

#include "aggregates/citizen/card.h"
#include "events/crypto/p256.h"
#include "events/schema/account.pb.h"

namespace chopmark::outside {

/// What a reader got from a chip.
struct ChipReading {
    Bytes issuer_signature;
    Bytes chip_key;  // uncompressed point, 65 bytes
    Bytes answer;
};

std::string face_text(const citizen::CardFace& card);

class ChipVerifier {
  public:
    /// `verifier` must outlive the object.
    ChipVerifier(const crypto::P256Point& issuer, const crypto::P256Verifier& verifier)
        : issuer_(issuer), verifier_(verifier) {}

    struct Verdict {
        bool issuer_signature_good = false;  // this card was issued with this chip
        bool answered = false;               // and that chip is here now
    };
    [[nodiscard]] Verdict check(const citizen::CardFace& card, const ChipReading& reading,
                                ByteView challenge) const;

  private:
    crypto::P256Point issuer_;
    const crypto::P256Verifier& verifier_;
};

// ---- the sandbox's cards
// -------------------------------------------------------------------------

crypto::P256Point sandbox_issuer();
ChipReading sandbox_chip(const citizen::CardFace& card, ByteView challenge);

/// "chopmark-sandbox-face/1 A1234563 match=900 liveness=900": a selfie of the bearer of that card,
/// as alike and as alive as said.
Bytes sandbox_selfie(const citizen::HkidNumber& number, std::uint32_t match_permille,
                     std::uint32_t liveness_permille);
/// "chopmark-sandbox-picture/1 A1234563": the photograph of that card.
Bytes sandbox_picture(const citizen::HkidNumber& number);

struct SandboxFace {
    std::string number;
    std::uint32_t match_permille = 0;
    std::uint32_t liveness_permille = 0;
};
std::optional<SandboxFace> read_sandbox_selfie(ByteView selfie);

/// "chopmark-sandbox-attestation/1 LEVEL hex(point)", LEVEL one of software, trusted_environment,
/// secure_element.
Bytes sandbox_attestation(schema::AttestationLevel level, const crypto::P256Point& key);
/// ATTESTATION_LEVEL_NONE for anything else, and for another key.
schema::AttestationLevel read_sandbox_attestation(ByteView statement, ByteView public_key);

}  // namespace chopmark::outside
