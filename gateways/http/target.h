// The request target (RFC 9112 section 3.2) and its percent-encoding, read strictly: what two
// parsers could read in two ways is refused, not repaired. Pure functions, no allocation but for
// decoded text.
#pragma once

#include <httplib.h>

#include <optional>
#include <string>
#include <string_view>

namespace chopmark::http {

/// Views into the target; neither part is decoded.
struct Target {
    std::string_view path;   // begins with '/', or is "*"
    std::string_view query;  // without '?'
};

/// Origin form, absolute form (http, https; the authority is dropped) and "*". Nothing for other
/// bytes than visible ASCII, a fragment, a "." or ".." segment (encoded or not), an encoding that
/// percent_decode refuses, or an authority that is none or has user information.
std::optional<Target> parse_target(std::string_view target);

/// uri-host [":" port], as in Host; any name is welcome, for clients keep the real service's. The
/// host may be empty only where `text` is.
bool is_authority(std::string_view text);

/// Nothing for an incomplete escape, NUL, or bytes that are not UTF-8.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

/// application/x-www-form-urlencoded, as in queries and form bodies; `+` and `%20` are spaces.
/// Nothing when a part cannot be decoded or there are more than limits::form_fields of them.
std::optional<httplib::Params> parse_form(std::string_view text);

bool is_utf8(std::string_view bytes);

}  // namespace chopmark::http
