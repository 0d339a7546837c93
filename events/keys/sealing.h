// How boxes are sealed (design 4, 5), as pure functions over keys that KeyRing supplies. A personal
// key seals one box and comes with a commitment, because AES-GCM alone lets one ciphertext open to
// two contents under two keys: the commitment stands in the leaf, and whoever opens checks it
// first. Deterministic; safe from any thread.
//
//   personal_key ‖ commitment = HKDF-SHA-256(salt = event_id, key = leaf ‖ period_secret,
//                                            info = label) : 32 + 32 bytes
//   personal_box = AES-256-GCM(personal_key, nonce, aad, padded)
//   padded       = length:u32 content zero*      ; so that |personal_box| = 128·2ⁿ
//   link_box     = AES-256-GCM(link_key, nonce, aad, content)
//   inner_box    = period:u32 commitment:32 AES-256-GCM(inner_key, nonce, aad, content)
//                                                ; lies inside the content of a personal box
//   nonce        = first 96 bits of event_id
//   aad          = label ‖ class:u8 ‖ period:u32 ‖ event_id
//   label        = "chopmark/personal/1" | "chopmark/link/1" | "chopmark/inner/1"
#pragma once

#include "events/core/result.h"
#include "events/core/sensitive.h"
#include "events/crypto/secret.h"
#include "events/keys/period.h"

namespace chopmark::keys {

/// An erasure receipt names the person's key: unreadable for ever.
inline constexpr Reason erased{"keys.erased", Kind::expired};
/// The period's keys were destroyed at their time: unreadable for ever.
inline constexpr Reason expired{"keys.expired", Kind::expired};
/// The key is not the one that the leaf commits to.
inline constexpr Reason mismatch{"keys.mismatch", Kind::damaged};
/// The box is not what was sealed.
inline constexpr Reason damaged{"keys.damaged", Kind::damaged};
/// More than a box may hold (limits::boxes_bytes).
inline constexpr Reason too_long{"keys.too_long", Kind::invalid};

/// Which key a box belongs to. Bound into every box: a box moved to another event does not open.
struct BoxPlace {
    Retention retention;
    Period period;
    EventId event;
};

/// What the box is; also keeps the keys of the kinds apart.
enum class PersonalKind : std::uint8_t { outer, inner };

struct PersonalKey {
    crypto::Secret32 key;
    Digest commitment;
};

struct SealedBox {
    Bytes box;
    Digest commitment;
};

/// `leaf` of a box without a person is no_person().
PersonalKey personal_key(PersonalKind kind, const crypto::Secret32& leaf,
                         const crypto::Secret32& period_secret, const EventId& event);
/// 32 zero bytes: the period secret alone makes the key, and erasure does not reach the box.
crypto::Secret32 no_person();

/// keys.too_long when the padded box would exceed limits::boxes_bytes.
Result<SealedBox> seal_personal(const PersonalKey& key, const BoxPlace& place, ByteView content);
/// keys.mismatch when `commitment` is not this key's, keys.damaged when the box does not open.
Result<Sensitive<Bytes>> open_personal(const PersonalKey& key, const BoxPlace& place,
                                       const Digest& commitment, ByteView box);

/// Link content is pseudonyms: no padding, no commitment; the leaf's digest pins the bytes.
Bytes seal_link(const crypto::Secret32& link_key, const BoxPlace& place, ByteView content);
Result<Bytes> open_link(const crypto::Secret32& link_key, const BoxPlace& place, ByteView box);

/// The inner box carries its own period and commitment, since the leaf names the outer one's.
Bytes seal_inner(const PersonalKey& key, const BoxPlace& place, ByteView content);
/// Reads the period that open_inner's place needs; keys.damaged for a box that is too short or
/// names no period of the class.
Result<Period> inner_period(Retention retention, ByteView box);
Result<Sensitive<Bytes>> open_inner(const PersonalKey& key, const BoxPlace& place, ByteView box);

}  // namespace chopmark::keys
