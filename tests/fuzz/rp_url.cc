// Any bytes as an address that a relying party registers and the platform calls or redirects to:
// the parts of what is read are in bounds, parameters are added without touching what is there, and
// encoding can be undone.
#include <algorithm>

#include "gateways/http/target.h"
#include "gateways/rp/url.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using chopmark::ensure;
namespace rp = chopmark::rp;

bool is_visible(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

void check_address(std::string_view address) {
    const auto url = rp::parse_url(address);
    if (!url) {
        return;
    }
    ensure(is_visible(address) && !url->host.empty() && url->port != 0, "a host and a port");
    ensure(url->host.find_first_of("@/?#[] ") == std::string::npos, "the host is a host only");
    ensure(url->path.starts_with('/') && url->path.find('#') == std::string::npos);
    const auto longer = rp::parse_url(rp::with_query(address, {{"code", "a b&c"}}));
    ensure(longer && longer->host == url->host && longer->port == url->port &&
               longer->https == url->https,
           "a parameter does not move the address");
    ensure(longer->path.ends_with("code=a%20b%26c"), "and stands at the end of the query");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const chopmark::ByteView input = chopmark::fuzz::bytes_of(data, size);
    check_address(input);
    const std::string encoded = rp::percent_encode(input);
    ensure(is_visible(encoded), "encoded text is visible ASCII");
    const auto decoded = chopmark::http::percent_decode(encoded, false);
    const bool text = chopmark::http::is_utf8(input) && input.find('\0') == std::string::npos;
    ensure(decoded.has_value() == text && (!decoded || *decoded == input), "it can be undone");
    return 0;
}
