// Any text as encrypted content of the relying parties' wire: it is refused, or it is the one
// spelling of an envelope; and what was sealed opens to the same under its key alone.
#include "gateways/rp/content_cipher.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using chopmark::Bytes;
using chopmark::ensure;
namespace rp = chopmark::rp;

Bytes spelled(const rp::SealedContent& content) {
    Bytes out;
    chopmark::append_big_endian(out, std::uint32_t{12});
    out.append(chopmark::view(content.iv));
    return out + content.sealed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const chopmark::ByteView input = chopmark::fuzz::bytes_of(data, size);
    const auto key = chopmark::crypto::Secret32::from("0123456789abcdef0123456789abcdef");
    const auto other = chopmark::crypto::Secret32::from("0123456789abcdef0123456789abcdeF");
    if (const auto given = rp::parse_content(input)) {
        ensure(chopmark::to_base64(spelled(*given)) == input, "one spelling");
        if (const auto plain = rp::open_content(key, *given)) {
            ensure(rp::seal_content(key, given->iv, *plain) == input,
                   "sealed again it is the same");
        }
        ensure(!rp::open_content(other, *given).has_value() ||
                   !rp::open_content(key, *given).has_value(),
               "no text opens under two keys that were not made for it");
    }
    const auto iv = chopmark::to_array<12>(input.substr(0, 12));
    const auto sealed = rp::parse_content(rp::seal_content(key, iv, input));
    ensure(sealed && rp::open_content(key, *sealed).value() == input, "what was sealed opens");
    ensure(!rp::open_content(other, *sealed), "and under no other key");
    return 0;
}
