// What the platform hands out and takes back without storing it: challenges, claims of scanned QR
// handles, staff sessions, position tokens, page cursors. A stamp is the payload with its end and a
// MAC; every node checks every node's stamps. Payloads can be read by whoever holds the stamp.
// Safe from any thread.
//
//   stamp = payload until:i64 mac:16
//   mac   = first 16 bytes of HMAC-SHA-256(HKDF(root, "chopmark/stamp/1" ‖ kind:u8),
//                                          payload ‖ until)
#pragma once

#include <array>

#include "events/core/instant.h"
#include "events/core/result.h"
#include "events/crypto/secret.h"

namespace chopmark::keys {

/// Not made by this deployment, changed, or of another kind.
inline constexpr Reason bad_stamp{"keys.bad_stamp", Kind::unauthenticated};
inline constexpr Reason stamp_expired{"keys.stamp_expired", Kind::expired};

/// Numbers are under the MAC: append only.
enum class StampKind : std::uint8_t {
    challenge,
    claim,
    staff_session,
    position,
    cursor,
    device_voucher,
};
inline constexpr std::size_t stamp_kinds = 6;
inline constexpr std::size_t stamp_overhead_bytes = 8 + 16;

/// The end of a stamp that does not end.
inline constexpr Instant no_end = Instant::from_micros(INT64_MAX);

class Stamps {
  public:
    /// The stamp root of the key material.
    explicit Stamps(const crypto::Secret32& root);

    [[nodiscard]] Bytes stamp(StampKind kind, ByteView payload, Instant until) const;
    /// The payload; keys.bad_stamp, or keys.stamp_expired from `until` on.
    [[nodiscard]] Result<Bytes> check(StampKind kind, ByteView stamp, Instant now) const;

  private:
    [[nodiscard]] const crypto::Secret32& key(StampKind kind) const {
        return keys_[static_cast<std::size_t>(kind)];
    }
    std::array<crypto::Secret32, stamp_kinds> keys_;
};

}  // namespace chopmark::keys
