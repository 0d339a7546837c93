#include "events/crypto/hkdf.h"

#include <algorithm>

#include "events/core/ensure.h"
#include "events/crypto/digest.h"

namespace chopmark::crypto {
namespace {

constexpr std::size_t hash_bytes = 32;
constexpr std::size_t most_parts = 6;

Digest expand_block(const Digest& extracted, ByteView previous,
                    std::initializer_list<ByteView> info, std::uint8_t counter) {
    ensure(info.size() <= most_parts, "parts of an HKDF info");
    const char last = static_cast<char>(counter);
    ByteView parts[most_parts];  // the empty rest adds nothing
    std::copy(info.begin(), info.end(), std::begin(parts));
    return hmac_sha256(extracted.bytes(), {previous, parts[0], parts[1], parts[2], parts[3],
                                           parts[4], parts[5], ByteView(&last, 1)});
}

}  // namespace

void hkdf_sha256(ByteView salt, std::initializer_list<ByteView> key,
                 std::initializer_list<ByteView> info, std::span<std::uint8_t> out) {
    ensure(out.size() <= 255 * hash_bytes, "length of an HKDF output");
    Digest extracted = hmac_sha256(salt, key);
    Digest block;
    std::size_t done = 0;
    for (std::uint8_t counter = 1; done < out.size(); ++counter) {
        block = expand_block(extracted, counter == 1 ? ByteView() : block.bytes(), info, counter);
        const std::size_t take = std::min(hash_bytes, out.size() - done);
        std::copy_n(block.array().begin(), take, out.begin() + static_cast<std::ptrdiff_t>(done));
        done += take;
    }
    wipe(&extracted, sizeof extracted);
    wipe(&block, sizeof block);
}

}  // namespace chopmark::crypto
