// Any text as configuration file: refused with what is wrong, or a configuration that is printed
// and read again as the same.
#include "ops/config/read.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using chopmark::ensure;
    namespace config = chopmark::config;
    const auto read = config::parse_config(chopmark::fuzz::bytes_of(data, size), "node.toml");
    if (!read) {
        ensure(read.error() == config::refused && !read.error().detail.empty(), "it says why");
        return 0;
    }
    const std::string printed = config::print_config(*read);
    const auto again = config::parse_config(printed, "printed");
    ensure(again && config::print_config(*again) == printed, "printed and read it is the same");
    return 0;
}
