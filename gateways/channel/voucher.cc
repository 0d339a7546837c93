#include "gateways/channel/voucher.h"

#include "events/core/limits.h"

namespace chopmark::channel {
namespace {

constexpr std::size_t id_bytes = 16;
constexpr std::size_t payload_bytes = 3 * id_bytes + sizeof(std::int64_t);

template <class Id>
Id id_at(ByteView payload, std::size_t index) {
    static_assert(Id::size == id_bytes);
    return Id(to_array<id_bytes>(payload.substr(index * id_bytes, id_bytes)));
}

}  // namespace

std::string issue_voucher(const keys::Stamps& stamps, const Voucher& voucher) {
    Bytes payload = voucher.account.to_bytes();
    payload += voucher.content.registered_by.bytes();
    payload += voucher.content.terminal.bytes();
    append_big_endian(payload, voucher.content.issued_at.micros());
    return to_base64(stamps.stamp(keys::StampKind::device_voucher, payload,
                                  voucher.content.issued_at + limits::device_voucher_life));
}

Result<Voucher> check_voucher(const keys::Stamps& stamps, std::string_view text, Instant now) {
    const auto bytes = from_base64(text);
    if (!bytes) {
        return keys::bad_stamp;
    }
    CHOPMARK_ASSIGN(const Bytes payload,
                    stamps.check(keys::StampKind::device_voucher, *bytes, now));
    if (payload.size() != payload_bytes) {
        return keys::bad_stamp;
    }
    Voucher out;
    out.account = id_at<AccountId>(payload, 0);
    out.content.registered_by = id_at<EventId>(payload, 1);
    out.content.terminal = id_at<TerminalId>(payload, 2);
    out.content.issued_at =
        Instant::from_micros(get_big_endian<std::int64_t>(payload, 3 * id_bytes));
    return out;
}

}  // namespace chopmark::channel
