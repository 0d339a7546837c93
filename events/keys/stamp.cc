#include "events/keys/stamp.h"

#include "events/crypto/digest.h"
#include "events/crypto/hkdf.h"

namespace chopmark::keys {
namespace {

constexpr std::size_t mac_bytes = 16;

}  // namespace

Stamps::Stamps(const crypto::Secret32& root) {
    for (std::size_t kind = 0; kind < stamp_kinds; ++kind) {
        const char number = static_cast<char>(kind);
        keys_[kind] = crypto::hkdf_sha256<32>("", {root.reveal()},
                                              {"chopmark/stamp/1", ByteView(&number, 1)});
    }
}

Bytes Stamps::stamp(StampKind kind, ByteView payload, Instant until) const {
    Bytes out(payload);
    append_big_endian(out, until.micros());
    const Digest mac = crypto::hmac_sha256(key(kind).reveal(), out);
    return out.append(mac.bytes().substr(0, mac_bytes));
}

Result<Bytes> Stamps::check(StampKind kind, ByteView stamp, Instant now) const {
    if (stamp.size() < stamp_overhead_bytes) {
        return bad_stamp;
    }
    const ByteView content = stamp.substr(0, stamp.size() - mac_bytes);
    const Digest mac = crypto::hmac_sha256(key(kind).reveal(), content);
    if (!crypto::equal_constant_time(mac.bytes().substr(0, mac_bytes),
                                     stamp.substr(content.size()))) {
        return bad_stamp;
    }
    const std::size_t length = content.size() - sizeof(std::int64_t);
    if (Instant::from_micros(get_big_endian<std::int64_t>(content, length)) <= now) {
        return stamp_expired;
    }
    return Bytes(content.substr(0, length));
}

}  // namespace chopmark::keys
