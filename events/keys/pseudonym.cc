#include "events/keys/pseudonym.h"

#include "events/core/ensure.h"
#include "events/crypto/digest.h"
#include "events/crypto/hkdf.h"

namespace chopmark::keys {
namespace {

void put(Bytes& out, std::string_view part) {
    ensure(part.size() <= 0xffff, "a part of a card");
    append_big_endian(out, static_cast<std::uint16_t>(part.size()));
    out.append(part);
}

Digest mac_of_card(const crypto::Secret32& key, const Sensitive<Card>& card) {
    Bytes message;
    put(message, card.reveal().document_type);
    put(message, card.reveal().issuer);
    put(message, card.reveal().number);
    const Digest out = crypto::hmac_sha256(key.reveal(), message);
    crypto::wipe(message);
    return out;
}

Slot first_ten_bits(const Digest& digest) {
    return Slot(static_cast<std::uint16_t>(get_big_endian<std::uint16_t>(digest.bytes()) >> 6));
}

Token token_of(const Digest& digest) { return Token(to_array<16>(digest.bytes().substr(0, 16))); }

Result<TokenPair> detection_tokens(const KeyMaterial& material, Instant at, ByteView label,
                                   const Sensitive<std::string>& value) {
    const std::uint32_t quarter = quarter_number(at);
    const crypto::Secret32* const newer = material.detection_key(quarter);
    const crypto::Secret32* const older =
        material.detection_key(quarter_number(begin_of_quarter(quarter, -1)));
    if (newer == nullptr) {
        return Error(no_period, "detection key of " + std::to_string(quarter));
    }
    const auto token = [&](const crypto::Secret32& key) {
        return token_of(crypto::hmac_sha256(key.reveal(), {label, value.reveal()}));
    };
    return TokenPair{token(*newer), older == nullptr ? std::nullopt : std::optional(token(*older))};
}

}  // namespace

Slot slot_of_card(const crypto::Secret32& slot_key, const Sensitive<Card>& card) {
    return first_ten_bits(mac_of_card(slot_key, card));
}

Digest card_index(const crypto::Secret32& card_key, const Sensitive<Card>& card) {
    return mac_of_card(card_key, card);
}

Slot slot_of_request(const ClientId& client, std::string_view business_id) {
    return first_ten_bits(crypto::sha256({"chopmark/anonymous/1", client.bytes(), business_id}));
}

std::string open_id(const Sensitive<Bytes>& pairwise_secret, std::string_view group) {
    return to_base64(crypto::hmac_sha256(pairwise_secret.reveal(), group).bytes());
}

Result<TokenPair> attempt_tokens(const KeyMaterial& material, Instant at,
                                 const Sensitive<Card>& card) {
    const std::uint32_t month = month_number(at);
    const crypto::Secret32* const key = material.attempt_key(month);
    if (key == nullptr) {
        return Error(no_period, "attempt key of " + std::to_string(month));
    }
    TokenPair out{token_of(mac_of_card(*key, card)), std::nullopt};
    const std::uint32_t yesterday = month_number(at - std::chrono::hours(24));
    const crypto::Secret32* const before = material.attempt_key(yesterday);
    if (yesterday != month && before != nullptr) {
        out.other = token_of(mac_of_card(*before, card));
    }
    return out;
}

Result<TokenPair> network_tokens(const KeyMaterial& material, Instant at,
                                 const Sensitive<std::string>& network) {
    return detection_tokens(material, at, "chopmark/network/1", network);
}

Result<TokenPair> agent_tokens(const KeyMaterial& material, Instant at,
                               const Sensitive<std::string>& user_agent) {
    return detection_tokens(material, at, "chopmark/agent/1", user_agent);
}

crypto::Secret32 content_key(const crypto::Secret32& day_key, const ClientId& client,
                             std::uint64_t serial) {
    Bytes number;
    append_big_endian(number, serial);
    return crypto::hkdf_sha256<32>("", {day_key.reveal()},
                                   {"chopmark/content/1", client.bytes(), number});
}

crypto::Secret32 session_key(const crypto::Secret32& day_key, const DeviceId& device,
                             ByteView nonce) {
    return crypto::hkdf_sha256<32>("", {day_key.reveal()},
                                   {"chopmark/session/1", device.bytes(), nonce});
}

}  // namespace chopmark::keys
