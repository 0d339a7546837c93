#include "events/keys/sealing.h"

#include <algorithm>

#include "events/core/limits.h"
#include "events/crypto/aead.h"
#include "events/crypto/digest.h"
#include "events/crypto/hkdf.h"

namespace chopmark::keys {
namespace {

constexpr ByteView personal_label = "chopmark/personal/1";
constexpr ByteView link_label = "chopmark/link/1";
constexpr ByteView inner_label = "chopmark/inner/1";

constexpr std::size_t length_bytes = sizeof(std::uint32_t);
constexpr std::size_t period_bytes = sizeof(std::uint32_t);
constexpr std::size_t inner_head_bytes = period_bytes + Digest::size;

crypto::AeadNonce nonce_of(const EventId& event) {
    return to_array<12>(event.bytes().substr(0, 12));
}

Bytes additional(ByteView label, const BoxPlace& place) {
    Bytes out(label);
    append_big_endian(out, static_cast<std::uint8_t>(place.retention));
    append_big_endian(out, place.period.value());
    return out.append(place.event.bytes());
}

Result<Bytes> open(const crypto::Secret32& key, ByteView label, const BoxPlace& place,
                   ByteView sealed) {
    auto opened = crypto::aead_open(key, nonce_of(place.event), additional(label, place), sealed);
    if (!opened) {
        return damaged;
    }
    return *std::move(opened);
}

Result<void> check_commitment(const PersonalKey& key, ByteView commitment) {
    if (!crypto::equal_constant_time(key.commitment.bytes(), commitment)) {
        return mismatch;
    }
    return {};
}

// Plaintext bytes of the smallest box of 128·2ⁿ bytes that holds the content.
std::size_t padded_size(std::size_t content) {
    std::size_t box = limits::box_padding_bytes;
    while (box < length_bytes + content + crypto::aead_tag_bytes) {
        box *= 2;
    }
    return box - crypto::aead_tag_bytes;
}

}  // namespace

PersonalKey personal_key(PersonalKind kind, const crypto::Secret32& leaf,
                         const crypto::Secret32& period_secret, const EventId& event) {
    const ByteView label = kind == PersonalKind::outer ? personal_label : inner_label;
    const auto made =
        crypto::hkdf_sha256<64>(event.bytes(), {leaf.reveal(), period_secret.reveal()}, {label});
    return {crypto::Secret32::from(made.reveal().substr(0, 32)),
            Digest(to_array<32>(made.reveal().substr(32)))};
}

crypto::Secret32 no_person() { return {}; }

Result<SealedBox> seal_personal(const PersonalKey& key, const BoxPlace& place, ByteView content) {
    if (content.size() > limits::boxes_bytes - length_bytes - crypto::aead_tag_bytes) {
        return Error(too_long, std::to_string(content.size()) + " bytes");
    }
    Bytes padded;
    padded.reserve(padded_size(content.size()));
    append_big_endian(padded, static_cast<std::uint32_t>(content.size()));
    padded.append(content);
    padded.resize(padded_size(content.size()));
    SealedBox sealed{crypto::aead_seal(key.key, nonce_of(place.event),
                                       additional(personal_label, place), padded),
                     key.commitment};
    crypto::wipe(padded);
    return sealed;
}

Result<Sensitive<Bytes>> open_personal(const PersonalKey& key, const BoxPlace& place,
                                       const Digest& commitment, ByteView box) {
    CHOPMARK_TRY(check_commitment(key, commitment.bytes()));
    CHOPMARK_ASSIGN(Bytes padded, open(key.key, personal_label, place, box));
    if (padded.size() < length_bytes) {
        return damaged;
    }
    const std::size_t length = get_big_endian<std::uint32_t>(padded);
    if (length > padded.size() - length_bytes || padded.size() != padded_size(length)) {
        return damaged;
    }
    const auto zeros = padded.begin() + static_cast<std::ptrdiff_t>(length_bytes + length);
    if (!std::all_of(zeros, padded.end(), [](char c) { return c == 0; })) {
        return damaged;
    }
    Sensitive<Bytes> content(padded.substr(length_bytes, length));
    crypto::wipe(padded);
    return content;
}

Bytes seal_link(const crypto::Secret32& link_key, const BoxPlace& place, ByteView content) {
    return crypto::aead_seal(link_key, nonce_of(place.event), additional(link_label, place),
                             content);
}

Result<Bytes> open_link(const crypto::Secret32& link_key, const BoxPlace& place, ByteView box) {
    return open(link_key, link_label, place, box);
}

Bytes seal_inner(const PersonalKey& key, const BoxPlace& place, ByteView content) {
    Bytes out;
    append_big_endian(out, place.period.value());
    out.append(key.commitment.bytes());
    return out.append(
        crypto::aead_seal(key.key, nonce_of(place.event), additional(inner_label, place), content));
}

Result<Period> inner_period(Retention retention, ByteView box) {
    if (box.size() < inner_head_bytes + crypto::aead_tag_bytes) {
        return damaged;
    }
    const Period period(get_big_endian<std::uint32_t>(box));
    if (!is_period(retention, period)) {
        return damaged;
    }
    return period;
}

Result<Sensitive<Bytes>> open_inner(const PersonalKey& key, const BoxPlace& place, ByteView box) {
    if (box.size() < inner_head_bytes) {
        return damaged;
    }
    CHOPMARK_TRY(check_commitment(key, box.substr(period_bytes, Digest::size)));
    CHOPMARK_ASSIGN(Bytes content, open(key.key, inner_label, place, box.substr(inner_head_bytes)));
    return Sensitive<Bytes>(std::move(content));
}

}  // namespace chopmark::keys
