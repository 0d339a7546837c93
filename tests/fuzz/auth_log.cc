// Any lines as a foreign sign-in log: each is read, read over or called malformed, a sign-in has
// what a sign-in has, and times only go forward in years.
#include "ops/import/auth_log.h"

#include "events/core/limits.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using chopmark::ensure;
    namespace import = chopmark::import;
    chopmark::ByteView text = chopmark::fuzz::bytes_of(data, size);
    if (const auto zone = import::zone_offset(text)) {
        ensure(*zone <= std::chrono::hours(24) && *zone >= std::chrono::hours(-24));
    }
    import::FileTimes times(2024, std::chrono::minutes(480));
    int year = times.year();
    while (!text.empty()) {
        const import::Line line = import::read_line(chopmark::fuzz::take_until(text, '\n'));
        ensure((line.kind == import::LineKind::sign_in) == line.sign_in.has_value(),
               "a sign-in and its parts");
        if (line.at) {
            static_cast<void>(times.instant_of(*line.at));
            ensure(times.year() >= year && times.year() <= year + 1, "years rise one by one");
            year = times.year();
        }
        if (line.sign_in) {
            ensure(line.at == line.sign_in->at && line.sign_in->repeats >= 1 &&
                   line.sign_in->repeats <= chopmark::limits::import_repeats);
            ensure(line.sign_in->port <= 65535, "a port is a port");
        }
    }
    return 0;
}
