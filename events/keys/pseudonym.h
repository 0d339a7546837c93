// Names that can be computed but not inverted: where a card's holder lives, what a relying party
// calls a person, what detection knows of a network. Each is an HMAC-SHA-256 or an HKDF under a key
// of the key material; parts of variable length are length-prefixed. Deterministic; safe from any
// thread.
#pragma once

#include <optional>
#include <string>

#include "events/core/ids.h"
#include "events/core/sensitive.h"
#include "events/keys/key_material.h"

namespace chopmark::keys {

/// An identity document in its canonical spelling; who calls makes it canonical.
struct Card {
    std::string document_type;
    std::string issuer;
    std::string number;
};

/// First 10 bits of HMAC(K_slot, card); card = (length:u16 part)* of type, issuer, number.
Slot slot_of_card(const crypto::Secret32& slot_key, const Sensitive<Card>& card);
/// HMAC(K_card, card): the key of the card index.
Digest card_index(const crypto::Secret32& card_key, const Sensitive<Card>& card);
/// First 10 bits of SHA-256("chopmark/anonymous/1" ‖ client ‖ businessID): where an anonymous
/// request lives until it is claimed. No key: it hides nothing.
Slot slot_of_request(const ClientId& client, std::string_view business_id);

/// Base64(HMAC(pairwise secret of the person, group of the relying party)), 44 characters: the
/// person's name there, and nowhere else. It outlives keys and accounts and dies with the person's
/// identity box.
std::string open_id(const Sensitive<Bytes>& pairwise_secret, std::string_view group);

/// A keyed name of something that an event must not hold itself.
using Token = OpaqueId<struct TokenTag, 16>;

/// Around a change of keys an event holds both tokens, so that rules see across it.
struct TokenPair {
    Token current;
    std::optional<Token> other;
};

/// Of a card in a refused registration: monthly keys; during the first day of a month also the
/// month before. keys.no_period when the key is gone or was never drawn.
Result<TokenPair> attempt_tokens(const KeyMaterial& material, Instant at,
                                 const Sensitive<Card>& card);
/// Of the /24 or /48 of an address, and of a user agent: keys live six months, the next begins in
/// the middle of it; `other` is of the one in its last three months.
Result<TokenPair> network_tokens(const KeyMaterial& material, Instant at,
                                 const Sensitive<std::string>& network);
Result<TokenPair> agent_tokens(const KeyMaterial& material, Instant at,
                               const Sensitive<std::string>& user_agent);

/// CEK of a relying party: HKDF(content day key of its issue, client ‖ serial:u64). The same on
/// every node, never in the log.
crypto::Secret32 content_key(const crypto::Secret32& day_key, const ClientId& client,
                             std::uint64_t serial);
/// MAC key of an app session: HKDF(session day key, device ‖ nonce).
crypto::Secret32 session_key(const crypto::Secret32& day_key, const DeviceId& device,
                             ByteView nonce);

}  // namespace chopmark::keys
