// Any text as position token, and any bytes as stored positions: only what was issued opens, and
// both have one spelling.
#include "events/fold/position_token.h"

#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using chopmark::ensure;
    namespace fold = chopmark::fold;
    const chopmark::ByteView input = chopmark::fuzz::bytes_of(data, size);
    static const fold::PositionTokens tokens{
        chopmark::Sensitive<chopmark::Bytes>(chopmark::Bytes("the key that all nodes share"))};
    static const fold::PositionTokens others{
        chopmark::Sensitive<chopmark::Bytes>(chopmark::Bytes("the key of another deployment"))};
    if (const auto given = tokens.open(input)) {
        ensure(tokens.issue(*given) == input, "one spelling");
    }
    if (const auto positions = fold::Positions::decode(input)) {
        ensure(positions->encode() == input, "one encoding");
        const std::string token = tokens.issue(*positions);
        const auto opened = tokens.open(token);
        ensure(opened && *opened == *positions, "what was issued opens");
        ensure(!others.open(token), "elsewhere it is nothing");
        ensure(positions->covers(*positions) && positions->furthest(*positions) == *positions);
    }
    return 0;
}
