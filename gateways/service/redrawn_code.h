// The short code that the script of a login page draws into its QR anew every three seconds
// (design-notes E5): a picture of the page is good for seconds, not for the page's whole life. It
// is TOTP (RFC 6238) with HMAC-SHA-256 and eight digits, under a key that is the page's own; T0 is
// the moment at which the desk drew the page, so that neither the browser's clock nor the phone's
// matters: one desk's clock is compared with itself. Nothing is kept between two redraws. Pure;
// any thread.
//
//   text = handle [ "." step:3 "." code:8 ]      ; digits, of which none may be missing
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/core/ids.h"
#include "events/core/instant.h"
#include "events/core/result.h"

namespace chopmark::service {

inline constexpr Duration redraw_step = std::chrono::seconds(3);
/// Since the step began. A page is behind the desk by the way of its answer, and a step is shown
/// for its whole length: what is left is for the camera and the phone's own way.
inline constexpr Duration redrawn_life = std::chrono::seconds(10);

/// No code of this page: a guess, or of a step that the page has not reached.
inline constexpr Reason qr_code_wrong{"login.qr_code_wrong", Kind::invalid};
/// It has been redrawn since: scan again.
inline constexpr Reason qr_code_old{"login.qr_code_old", Kind::expired};
/// The service takes no picture without one.
inline constexpr Reason qr_code_missing{"login.qr_code_missing", Kind::refused};

struct RedrawnCode {
    std::uint64_t step = 0;
    std::string_view digits;
};

/// What a camera has read: views into `text`. Nothing is left in the handle's place when the text
/// is not of the grammar above.
struct ScannedText {
    std::string_view handle;
    std::optional<RedrawnCode> code;
};
ScannedText read_scanned(std::string_view text);

/// Of the browser's secret, which it does not give away.
Digest page_key(std::string_view browser_secret);
/// Eight digits (RFC 4226 5.3, with the HMAC of RFC 6238).
std::string code_of_step(ByteView key, std::uint64_t step);
/// As a page writes it behind its handle.
std::string redrawn_text(std::string_view handle, ByteView key, std::uint64_t step);

/// Compares in constant time, and judges the age of right codes only: login.qr_code_wrong,
/// login.qr_code_old.
Result<void> check_redrawn(const RedrawnCode& code, ByteView key, Instant drawn_at, Instant now);

}  // namespace chopmark::service
