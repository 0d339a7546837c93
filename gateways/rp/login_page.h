// The page of getQR: a QR code or a button that opens the app, the number to compare, and scripts:
// one waits and then takes the browser back to the relying party, the other redraws the code.
// Nothing is loaded from anywhere and nothing may be embedded; the browser's secret is in a cookie
// that no script can read. Also the page for requests that cannot be sent back, because nobody
// knows where back is. Pure.
#pragma once

#include <httplib.h>

#include <string>

#include "events/core/result.h"

namespace chopmark::rp {

/// en-US, zh-HK (also for anything else) or zh-CN.
std::string_view language_of(std::string_view asked);

struct LoginPage {
    std::string_view language;  // by language_of
    std::string service_name;   // in that language
    std::string handle;
    std::string number;     // two digits
    std::string app_link;   // encoded in the QR, and opened by the button
    std::string page_key;   // what the script draws codes with; empty: it does not
    bool picture = true;    // one is served, for whoever runs no scripts
    bool on_phone = false;  // the app is on the same device: the button comes first
    int life_s = 0;
    std::string nonce;  // of the page's policy
};

/// rp.qr_too_long when neither picture nor script can show the link.
Result<httplib::Response> login_page(const LoginPage& page);
/// Status 400, with the code for whoever helps the user.
httplib::Response error_page(std::string_view language, std::string_view code,
                             const std::string& nonce);

}  // namespace chopmark::rp
