#include "gateways/outside/sandbox_cards.h"

#include <algorithm>
#include <charconv>

#include "events/core/ensure.h"
#include "events/crypto/digest.h"

namespace chopmark::outside {
namespace {

constexpr std::string_view selfie_magic = "chopmark-sandbox-face/1 ";
constexpr std::string_view picture_magic = "chopmark-sandbox-picture/1 ";
constexpr std::string_view attestation_magic = "chopmark-sandbox-attestation/1 ";
constexpr std::uint32_t whole_permille = 1000;

crypto::P256PrivateKey key_of(std::initializer_list<ByteView> parts) {
    auto key = crypto::P256PrivateKey::from_scalar(crypto::Secret32(crypto::sha256(parts).array()));
    // One in 2³² texts has no key; these few have.
    ensure(key.has_value(), "the sandbox's text makes a key");
    return *std::move(key);
}

std::string issued_text(const citizen::CardFace& card, ByteView chip_key) {
    return face_text(card) + "\n" + to_base64(chip_key);
}

/// The number behind `name`, up to the next space; takes both off the text.
std::optional<std::uint32_t> take_permille(std::string_view& text, std::string_view name) {
    if (!text.starts_with(name)) {
        return std::nullopt;
    }
    text.remove_prefix(name.size());
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value > whole_permille) {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

constexpr std::pair<std::string_view, schema::AttestationLevel> levels[] = {
    {"software", schema::ATTESTATION_LEVEL_SOFTWARE},
    {"trusted_environment", schema::ATTESTATION_LEVEL_TRUSTED_ENVIRONMENT},
    {"secure_element", schema::ATTESTATION_LEVEL_SECURE_ELEMENT},
};

std::string attestation_text(std::string_view level, ByteView public_key) {
    return std::string(attestation_magic) + std::string(level) + " " + to_hex(public_key);
}

}  // namespace

std::string face_text(const citizen::CardFace& card) {
    const ports::CardQuery text = citizen::query_of(card);
    return text.number + "\n" + text.english_name + "\n" + text.chinese_name + "\n" + text.sex +
           "\n" + text.birth_date + "\n" + text.issue_date;
}

ChipVerifier::Verdict ChipVerifier::check(const citizen::CardFace& card, const ChipReading& reading,
                                          ByteView challenge) const {
    const auto chip = crypto::P256Point::from_bytes(reading.chip_key);
    if (!chip) {
        return {};
    }
    return {verifier_.verify_der(issuer_, issued_text(card, reading.chip_key),
                                 reading.issuer_signature),
            verifier_.verify_der(*chip, challenge, reading.answer)};
}

crypto::P256Point sandbox_issuer() { return key_of({"chopmark sandbox card issuer"}).point(); }

ChipReading sandbox_chip(const citizen::CardFace& card, ByteView challenge) {
    const auto issuer = key_of({"chopmark sandbox card issuer"});
    const auto chip = key_of({"chopmark sandbox chip", card.number.text()});
    const Bytes chip_key = chip.point().to_bytes();
    return {issuer.sign_der(issued_text(card, chip_key)), chip_key, chip.sign_der(challenge)};
}

Bytes sandbox_selfie(const citizen::HkidNumber& number, std::uint32_t match_permille,
                     std::uint32_t liveness_permille) {
    return std::string(selfie_magic) + number.text() + " match=" + std::to_string(match_permille) +
           " liveness=" + std::to_string(liveness_permille);
}

Bytes sandbox_picture(const citizen::HkidNumber& number) {
    return std::string(picture_magic) + number.text();
}

std::optional<SandboxFace> read_sandbox_selfie(ByteView selfie) {
    if (!selfie.starts_with(selfie_magic)) {
        return std::nullopt;
    }
    std::string_view text = selfie.substr(selfie_magic.size());
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) {
        return std::nullopt;
    }
    const auto number = citizen::HkidNumber::parse(text.substr(0, space));
    text.remove_prefix(space);
    const auto match = take_permille(text, " match=");
    const auto liveness = match ? take_permille(text, " liveness=") : std::nullopt;
    if (!number || !liveness || !text.empty()) {
        return std::nullopt;
    }
    return SandboxFace{number->text(), *match, *liveness};
}

Bytes sandbox_attestation(schema::AttestationLevel level, const crypto::P256Point& key) {
    const auto* const row = std::find_if(std::begin(levels), std::end(levels),
                                         [&](const auto& one) { return one.second == level; });
    ensure(row != std::end(levels), "a level that can be attested");
    return attestation_text(row->first, key.bytes());
}

schema::AttestationLevel read_sandbox_attestation(ByteView statement, ByteView public_key) {
    for (const auto& [name, level] : levels) {
        if (statement == attestation_text(name, public_key)) {
            return level;
        }
    }
    return schema::ATTESTATION_LEVEL_NONE;
}

}  // namespace chopmark::outside
