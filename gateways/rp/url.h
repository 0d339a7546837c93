// The little that the gateway writes into URLs: percent-encoding, and parameters added to an
// address that a relying party registered. Pure.
#pragma once

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

}  // namespace chopmark::rp
