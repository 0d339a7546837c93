// Any text as QR handle, ticket, code or access token: garbage is nothing, and whatever is read was
// minted here, for this kind, and minted again is the same text.
#include "events/keys/bearer.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using chopmark::ensure;
namespace keys = chopmark::keys;

const chopmark::Instant now = chopmark::Instant::from_seconds(1'767'225'600);

const keys::Bearer& bearer() {
    static const keys::Bearer made(
        chopmark::crypto::Secret32::from("0123456789abcdef0123456789abcdef"));
    return made;
}

/// A change of one bit of a value is another value or none, never the same.
void check_minted(chopmark::ByteView input) {
    chopmark::fuzz::Parts parts(input);
    const auto event = chopmark::EventId(chopmark::to_array<16>(parts.next()));
    const auto slot = chopmark::Slot(parts.integer<std::uint16_t>() % chopmark::slot_count);
    const auto kind = keys::BearerKind(2 + parts.integer<std::uint8_t>() % 3);
    std::string text = bearer().mint(kind, slot, event, now);
    const auto read = bearer().parse(kind, text, now);
    ensure(read && read->slot == slot && names(read->event, event), "what was minted is read");
    text[parts.integer<std::uint8_t>() % text.size()] ^= 1;
    ensure(bearer().parse(kind, text, now) != read, "another text is not the same value");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const chopmark::ByteView input = chopmark::fuzz::bytes_of(data, size);
    if (const auto handle = bearer().parse_qr(input, now)) {
        ensure(handle->node < 1024 && bearer().mint_qr(*handle, now) == input, "one spelling");
    }
    int kinds = 0;
    for (const auto kind :
         {keys::BearerKind::ticket, keys::BearerKind::code, keys::BearerKind::access_token}) {
        if (const auto value = bearer().parse(kind, input, now)) {
            ensure(value->slot.value() < chopmark::slot_count && ++kinds == 1,
                   "a value is of one kind");
        }
    }
    check_minted(input);
    return 0;
}
