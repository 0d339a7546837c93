// The little that the gateway does with URLs: percent-encoding, parameters added to an address that
// a relying party registered, and the parts of one that is called. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chopmark::rp {

/// All but the unreserved characters of RFC 3986 section 2.3, with upper-case digits.
std::string percent_encode(std::string_view text);

using QueryParams = std::vector<std::pair<std::string_view, std::string_view>>;
/// The address with these parameters behind what query it has, before its fragment; parameters
/// with an empty value are left out.
std::string with_query(std::string_view address, const QueryParams& params);

struct Url {
    bool https = false;
    std::string host;  // an IPv6 address without its brackets
    std::uint16_t port = 0;
    std::string path;  // with query, without fragment; begins with '/'
};
/// Nothing for another scheme, a user name in it, or bytes other than visible ASCII.
std::optional<Url> parse_url(std::string_view text);

}  // namespace chopmark::rp
