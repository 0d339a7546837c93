#include "gateways/rp/content_cipher.h"

namespace chopmark::rp {
namespace {

constexpr std::size_t length_bytes = 4;
constexpr std::size_t iv_bytes = 12;

}  // namespace

std::string seal_content(const crypto::Secret32& key, const crypto::AeadNonce& iv,
                         ByteView plaintext) {
    Bytes out;
    append_big_endian(out, static_cast<std::uint32_t>(iv_bytes));
    out.append(view(iv));
    out.append(crypto::aead_seal(key, iv, {}, plaintext));
    return to_base64(out);
}

Result<SealedContent> parse_content(std::string_view text) {
    const auto bytes = from_base64(text);
    if (!bytes || bytes->size() < length_bytes + iv_bytes + crypto::aead_tag_bytes ||
        get_big_endian<std::uint32_t>(*bytes) != iv_bytes) {
        return content_undecryptable;
    }
    const ByteView all = *bytes;
    return SealedContent{to_array<iv_bytes>(all.substr(length_bytes, iv_bytes)),
                         Bytes(all.substr(length_bytes + iv_bytes))};
}

Result<Bytes> open_content(const crypto::Secret32& key, const SealedContent& content) {
    return crypto::aead_open(key, content.iv, {}, content.sealed);
}

}  // namespace chopmark::rp
