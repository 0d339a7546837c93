// A QR code as inline SVG: no image to load, so that the page's policy can forbid all loading.
// Upper-case letters, digits and " $%*+-./:" are packed densely (alphanumeric mode), which keeps
// the modules large. Deterministic; safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "events/core/result.h"

namespace chopmark::rp {

inline constexpr Reason qr_too_long{"rp.qr_too_long", Kind::internal};

/// Error correction M, quiet zone of four modules.
Result<std::string> qr_svg(std::string_view text);

}  // namespace chopmark::rp
