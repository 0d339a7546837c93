// What runs in the login page: one script waits for news of the login, the other draws the QR anew
// every three seconds with the step's code (gateways/service/redrawn_code.h), without asking the
// server. The second is a QR encoder of just the kind that the page needs – ISO/IEC 18004,
// alphanumeric mode, error correction M, versions 2 to 6, one mask – in place of a library from
// elsewhere. It needs WebCrypto, which browsers give to https and to loopback; without it, as
// without scripts, the page stays as it was served.
#pragma once

#include <string_view>

namespace chopmark::rp {

/// Reads main[data-handle].
std::string_view waiting_script();

/// Reads main[data-key] and main[data-link], draws into .code.
std::string_view redrawing_script();
/// Whether the script can draw `link` with a code behind it: letters, digits and " $%*+-./:", and
/// no more of them than version 6 takes.
bool can_redraw(std::string_view link);

}  // namespace chopmark::rp
