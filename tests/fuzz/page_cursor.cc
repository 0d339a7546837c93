// Any text as the cursor of a page: it is the query's own or it is refused, and it never grows.
#include "projections/page.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using chopmark::ensure;
    namespace projections = chopmark::projections;
    const chopmark::ByteView input = chopmark::fuzz::bytes_of(data, size);
    if (const auto tail = projections::read_cursor("log", input); tail && !input.empty()) {
        ensure(!tail->empty() && tail->size() <= chopmark::limits::query_cursor_bytes);
        const std::string own = projections::make_cursor("log", *tail);
        ensure(projections::read_cursor("log", own) == *tail, "made again it is the same");
        ensure(!projections::read_cursor("logs", own), "it is no other query's");
        ensure(!projections::read_cursor("lo", own), "nor of one with a shorter name");
    }
    if (!input.empty() && input.size() < chopmark::limits::query_cursor_bytes - 4) {
        ensure(projections::read_cursor("log", projections::make_cursor("log", input)) ==
                   chopmark::Bytes(input),
               "what was made is read");
    }
    return 0;
}
