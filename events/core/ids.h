// Every identifier has a type of its own, with no implicit way from or to another. They are plain
// values: comparable, hashable, printed as lower-case hexadecimal. None of them is personal data by
// itself, but an AccountId or PersonId MUST NOT appear in a leaf (design 4).
#pragma once

#include <compare>
#include <cstring>
#include <functional>
#include <optional>

#include "events/core/bytes.h"

namespace chopmark {

/// N opaque bytes named by Tag.
template <class Tag, std::size_t N>
class OpaqueId {
  public:
    static constexpr std::size_t size = N;

    constexpr OpaqueId() = default;
    constexpr explicit OpaqueId(const ByteArray<N>& bytes) : bytes_(bytes) {}

    /// Nothing unless `bytes` is exactly N long.
    static std::optional<OpaqueId> from_bytes(ByteView bytes) {
        if (bytes.size() != N) {
            return std::nullopt;
        }
        return OpaqueId(to_array<N>(bytes));
    }
    static std::optional<OpaqueId> from_hex(std::string_view text) {
        const auto bytes = chopmark::from_hex(text);
        return bytes ? from_bytes(*bytes) : std::nullopt;
    }

    [[nodiscard]] ByteView bytes() const { return view(bytes_); }
    [[nodiscard]] Bytes to_bytes() const { return Bytes(bytes()); }
    [[nodiscard]] const ByteArray<N>& array() const { return bytes_; }
    [[nodiscard]] std::string hex() const { return to_hex(bytes()); }
    [[nodiscard]] bool is_zero() const { return *this == OpaqueId(); }

    friend constexpr auto operator<=>(const OpaqueId&, const OpaqueId&) = default;

  private:
    ByteArray<N> bytes_{};
};

/// A number named by Tag.
template <class Tag, class Integer>
class NumberId {
  public:
    constexpr NumberId() = default;
    constexpr explicit NumberId(Integer value) : value_(value) {}
    [[nodiscard]] constexpr Integer value() const { return value_; }
    friend constexpr auto operator<=>(NumberId, NumberId) = default;

  private:
    Integer value_ = 0;
};

using Digest = OpaqueId<struct DigestTag, 32>;        // a SHA-256 value
using EventId = OpaqueId<struct EventIdTag, 16>;      // 128 random bits
using AccountId = OpaqueId<struct AccountIdTag, 16>;  // slot 10 bits ‖ 118 random bits
using PersonId = OpaqueId<struct PersonIdTag, 16>;    // 128 random bits, outlives the account
using DeviceId = OpaqueId<struct DeviceIdTag, 16>;
using ClientId = OpaqueId<struct ClientIdTag, 16>;    // 32 hex on the RP wire
using RequestId = OpaqueId<struct RequestIdTag, 16>;  // login, consent or signature request
using CommandId = OpaqueId<struct CommandIdTag, 32>;  // SHA-256 of who asked and what names it
using WriterId = OpaqueId<struct WriterIdTag, 16>;    // one life of one producer
using NodeId = OpaqueId<struct NodeIdTag, 16>;
using TerminalId = OpaqueId<struct TerminalIdTag, 16>;
using OperatorId = OpaqueId<struct OperatorIdTag, 16>;
using StaffId = OpaqueId<struct StaffIdTag, 16>;
using AlertId = OpaqueId<struct AlertIdTag, 32>;

using PartitionId = NumberId<struct PartitionTag, std::uint16_t>;  // 0 is control
using Slot = NumberId<struct SlotTag, std::uint16_t>;              // 0..1023
using Sequence = NumberId<struct SequenceTag, std::uint64_t>;      // index within a partition
using Term = NumberId<struct TermTag, std::uint64_t>;

inline constexpr PartitionId control_partition{0};
inline constexpr std::uint16_t slot_count = 1024;

/// A person's place in the key trees: slot 10 bits ‖ serial 24 bits, in the low 34 bits.
using KeyIndex = NumberId<struct KeyIndexTag, std::uint64_t>;

inline Slot slot_of(KeyIndex index) {
    return Slot(static_cast<std::uint16_t>(index.value() >> 24));
}
/// The first 10 bits.
inline Slot slot_of(const AccountId& account) {
    return Slot(static_cast<std::uint16_t>(get_big_endian<std::uint16_t>(account.bytes()) >> 6));
}
/// `partitions` is the number of citizen partitions P of the genesis record.
inline PartitionId partition_of(Slot slot, std::uint16_t partitions) {
    return PartitionId(static_cast<std::uint16_t>(1 + static_cast<std::uint32_t>(slot.value()) *
                                                          partitions / slot_count));
}

}  // namespace chopmark

template <class Tag, std::size_t N>
struct std::hash<chopmark::OpaqueId<Tag, N>> {
    // Ids are random or digests: their first bytes are hash enough. Ids that callers choose are
    // hashed before they become a CommandId.
    std::size_t operator()(const chopmark::OpaqueId<Tag, N>& id) const noexcept {
        std::size_t out = 0;
        std::memcpy(&out, id.array().data() + (N - sizeof out), sizeof out);
        return out;
    }
};

template <class Tag, class Integer>
struct std::hash<chopmark::NumberId<Tag, Integer>> {
    std::size_t operator()(chopmark::NumberId<Tag, Integer> id) const noexcept {
        return std::hash<Integer>()(id.value());
    }
};
