// Bearer values: tickets, codes, access tokens, and the handle in a QR (design 4, A13). Each is one
// AES-256 block under the key of a day, so any node mints it again from the journal and any node
// routes it; garbage is dropped without a look-up, nothing secret is stored or logged. A value
// proves nothing by itself: it names an event, and the state of that event decides.
//
//   block = kind:4 generation:4 where:10 zero:14 payload:96      ; bits, big-endian
//   where   = slot, or the number of the node for a QR handle
//   payload = first 96 bits of the event's id; for a QR handle incarnation:32 random:64
//   generation = days since 1970, modulo 16
//   text  = 32 lower-case hex digits; a QR handle 26 characters of upper-case Base32
//
// Three generations are read: of today and of the two days before. A guess passes with probability
// 3·2⁻²². Safe from any thread.
#pragma once

#include <optional>
#include <string>

#include "events/core/ids.h"
#include "events/keys/day_keys.h"

namespace chopmark::keys {

/// Numbers are on the wire: append only, at most 15.
enum class BearerKind : std::uint8_t {
    qr_handle = 1,
    ticket = 2,
    code = 3,
    access_token = 4,
    bulk_agreement = 5,  // BSQC token: names a BulkApproved
};

/// What is left of an event's id in a bearer value; the event-id index is keyed by it.
using EventPrefix = OpaqueId<struct EventPrefixTag, 12>;
EventPrefix prefix_of(const EventId& event);
/// In constant time.
bool names(const EventPrefix& prefix, const EventId& event);

struct BearerValue {
    Slot slot;
    EventPrefix event;
    friend bool operator==(const BearerValue&, const BearerValue&) = default;
};

struct QrHandle {
    std::uint16_t node = 0;         // number of the node that drew it, below 1024
    std::uint32_t incarnation = 0;  // of its process
    std::uint64_t random = 0;       // names the entry in its memory
    friend bool operator==(const QrHandle&, const QrHandle&) = default;
};

class Bearer {
  public:
    /// The bearer root of the key material.
    explicit Bearer(const crypto::Secret32& root) : keys_(root) {}

    /// `recorded_at` is the event's: the same event gives the same value on every node.
    [[nodiscard]] std::string mint(BearerKind kind, Slot slot, const EventId& event,
                                   Instant recorded_at) const;
    /// Nothing for garbage, another kind, or a value older than three generations.
    [[nodiscard]] std::optional<BearerValue> parse(BearerKind kind, std::string_view text,
                                                   Instant now) const;

    [[nodiscard]] std::string mint_qr(const QrHandle& handle, Instant now) const;
    [[nodiscard]] std::optional<QrHandle> parse_qr(std::string_view text, Instant now) const;

  private:
    struct Parsed {
        std::uint16_t where = 0;
        EventPrefix payload;
    };
    [[nodiscard]] Bytes seal(BearerKind kind, std::uint16_t where, const EventPrefix& payload,
                             Instant at) const;
    [[nodiscard]] std::optional<Parsed> open(BearerKind kind, ByteView block, Instant now) const;

    DayKeys keys_;
};

}  // namespace chopmark::keys
