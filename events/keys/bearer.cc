#include "events/keys/bearer.h"

#include "events/core/ensure.h"
#include "events/crypto/block.h"
#include "events/crypto/digest.h"

namespace chopmark::keys {
namespace {

constexpr int generations_kept = 3;
// Nodes' clocks agree within half a second: a value minted just behind midnight is read by a node
// that is not there yet.
constexpr Duration clock_skew = std::chrono::seconds(1);

std::uint32_t head_of(BearerKind kind, Instant day, std::uint16_t where) {
    ensure(where < slot_count, "a slot or node number has 10 bits");
    const auto generation = static_cast<std::uint32_t>(day_count(day) & 0xf);
    return static_cast<std::uint32_t>(kind) << 28 | generation << 24 |
           static_cast<std::uint32_t>(where) << 14;
}

}  // namespace

EventPrefix prefix_of(const EventId& event) {
    return EventPrefix(to_array<12>(event.bytes().substr(0, 12)));
}

bool names(const EventPrefix& prefix, const EventId& event) {
    return crypto::equal_constant_time(prefix.bytes(), event.bytes().substr(0, 12));
}

Bytes Bearer::seal(BearerKind kind, std::uint16_t where, const EventPrefix& payload,
                   Instant at) const {
    Bytes plain;
    append_big_endian(plain, head_of(kind, at, where));
    plain.append(payload.bytes());
    return Bytes(view(crypto::encrypt_block(keys_.at(at), to_array<16>(plain))));
}

std::optional<Bearer::Parsed> Bearer::open(BearerKind kind, ByteView block, Instant now) const {
    if (block.size() != 16) {
        return std::nullopt;
    }
    std::optional<Parsed> found;
    // All generations are tried, so that the time does not tell which one fits.
    for (int age = 0; age < generations_kept; ++age) {
        const Instant day = now + clock_skew - std::chrono::hours(24 * age);
        const auto plain = crypto::decrypt_block(keys_.at(day), to_array<16>(block));
        const auto head = get_big_endian<std::uint32_t>(view(plain));
        const auto where = static_cast<std::uint16_t>(head >> 14 & 0x3ff);
        if (head == head_of(kind, day, where)) {
            found = Parsed{where, EventPrefix(to_array<12>(view(plain).substr(4)))};
        }
    }
    return found;
}

std::string Bearer::mint(BearerKind kind, Slot slot, const EventId& event,
                         Instant recorded_at) const {
    return to_hex(seal(kind, slot.value(), prefix_of(event), recorded_at));
}

std::optional<BearerValue> Bearer::parse(BearerKind kind, std::string_view text,
                                         Instant now) const {
    const auto block = from_hex(text);
    const auto parsed = block ? open(kind, *block, now) : std::nullopt;
    if (!parsed) {
        return std::nullopt;
    }
    return BearerValue{Slot(parsed->where), parsed->payload};
}

std::string Bearer::mint_qr(const QrHandle& handle, Instant now) const {
    Bytes payload;
    append_big_endian(payload, handle.incarnation);
    append_big_endian(payload, handle.random);
    return to_base32(
        seal(BearerKind::qr_handle, handle.node, EventPrefix(to_array<12>(payload)), now));
}

std::optional<QrHandle> Bearer::parse_qr(std::string_view text, Instant now) const {
    const auto block = from_base32(text);
    const auto parsed = block ? open(BearerKind::qr_handle, *block, now) : std::nullopt;
    if (!parsed) {
        return std::nullopt;
    }
    const ByteView payload = parsed->payload.bytes();
    return QrHandle{parsed->where, get_big_endian<std::uint32_t>(payload),
                    get_big_endian<std::uint64_t>(payload, 4)};
}

}  // namespace chopmark::keys
