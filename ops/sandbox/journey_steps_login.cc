// Steps 5 to 9: logins, as they should go and as they should not.
#include <fmt/format.h>

#include <thread>

#include "ops/sandbox/journey_world.h"

namespace chopmark::sandbox {
namespace {

constexpr const char* login_scope = "eidapi_auth";
constexpr std::chrono::seconds page_patience{20};

Seen by_qr(World& world) {
    CHOPMARK_ASSIGN(const LoggedIn in,
                    log_in(*world.tax, world.phone("mei"),
                           "eidapi_auth eidapi_profiles eidapi_formFilling eidapi_sign"));
    CHOPMARK_TRY(expect_equal("the number on page and phone", in.page.number, in.scanned.number));
    CHOPMARK_TRY(expect_equal("state", "sandbox", in.redirect.state));
    CHOPMARK_TRY(expect_equal("userType", "sign", in.token.value("userType", "")));
    CHOPMARK_TRY(expect(!in.token.value("openID", "").empty(), "an open id", in.token.dump()));
    world.token = in.token;
    world.login_event = in.approved.value("event", "");
    // Single use: the code that was exchanged is worth nothing more.
    const auto again = world.tax->get_token(in.redirect.code);
    CHOPMARK_TRY(expect(again && again->code == "D40004", "the spent code refused with D40004",
                        again ? again->code : to_string(again.error())));
    const std::string browser = in.scanned.shown.value("browser", Json::object()).value("city", "");
    return fmt::format(
        "the picture read \"{}…\", both showed {}, the phone named {}; token of "
        "open id {}…; the code is spent",
        in.page.qr_text.substr(0, 30), in.page.number, browser,
        in.token.value("openID", "").substr(0, 8));
}

Seen on_same_device(World& world) {
    SampleService& tax = *world.tax;
    SimulatedPhone& phone = world.phone("kaming");
    CHOPMARK_ASSIGN(const LoginPage page,
                    tax.open_login_page(login_scope, "Android_Chrome", "same-device", true));
    CHOPMARK_TRY(expect(!page.link.empty(), "a link that opens the app", "none"));
    CHOPMARK_ASSIGN(const Scanned scanned, SimulatedPhone::read_scan(phone.open_link(page.link)));
    CHOPMARK_TRY(expect_good("an approved login", phone.approve(scanned)));
    CHOPMARK_ASSIGN(const Redirect redirect, tax.wait_at(page, page_patience));
    CHOPMARK_TRY(expect_equal("state", "same-device", redirect.state));
    CHOPMARK_ASSIGN(const Json token, expect_envelope("a token", tax.get_token(redirect.code)));
    CHOPMARK_TRY(expect(token.value("openID", "") != world.token.value("openID", ""),
                        "another person's open id", token.value("openID", "")));
    return std::string("the page's link opened the app, no picture needed; token given");
}

Seen by_one_tap(World& world) {
    SampleService& tax = *world.tax;
    SimulatedPhone& phone = world.phone("siufong");
    CHOPMARK_ASSIGN(
        const Json answer,
        expect_good("a login from the app", phone.one_tap(tax.identity().client, {login_scope})));
    const Redirect redirect = read_redirect(answer.value("redirect", ""));
    CHOPMARK_TRY(expect(redirect.url.starts_with(tax.identity().direct_login_uri) &&
                            !redirect.code.empty() && !redirect.ref_id.empty(),
                        "code and RefID at the registered address", redirect.url));
    CHOPMARK_TRY(expect_envelope("a token", tax.get_token(redirect.code, /*one_tap=*/true)));
    return fmt::format("code and RefID {}… at the service's own address; token given",
                       redirect.ref_id.substr(0, 8));
}

Seen refused(World& world) {
    SampleService& tax = *world.tax;
    SimulatedPhone& phone = world.phone("wailam");
    CHOPMARK_ASSIGN(const LoginPage page, tax.open_login_page(login_scope));
    CHOPMARK_ASSIGN(const Scanned scanned, SimulatedPhone::read_scan(phone.scan(page.qr_text)));
    CHOPMARK_TRY(expect_refused("another phone's scan of the same code", "login.handle_claimed",
                                world.phone("kaming").scan(page.qr_text)));
    CHOPMARK_TRY(expect_good("a refusal", phone.refuse(scanned, "declined")));
    CHOPMARK_ASSIGN(const Redirect redirect, tax.wait_at(page, page_patience));
    CHOPMARK_TRY(expect_equal("error_code", "D40001", redirect.error_code));
    CHOPMARK_TRY(expect(redirect.code.empty(), "no code", redirect.url));
    return std::string("a second phone's scan was turned away; the browser went back with D40001");
}

Seen expired_in_time(World& world) {
    SampleService& tax = *world.tax;
    SimulatedPhone& phone = world.phone("chikeung");
    CHOPMARK_ASSIGN(const LoginPage page, tax.open_login_page(login_scope));
    CHOPMARK_ASSIGN(const Scanned scanned, SimulatedPhone::read_scan(phone.scan(page.qr_text)));
    std::this_thread::sleep_for(std::chrono::seconds(4));
    const auto late = phone.approve(scanned);
    CHOPMARK_TRY(expect(late && !late->good() &&
                            (late->status == 410 || late->status == 404 || late->status == 409),
                        "a late approval refused", late ? late->summary() : "nothing"));
    const auto redirect = tax.wait_at(page, page_patience);
    CHOPMARK_TRY(expect(redirect ? redirect->error_code == "D40003" : redirect.error() == page_over,
                        "D40003 or a page that is over",
                        redirect ? redirect->url : to_string(redirect.error())));
    return fmt::format("{}; the browser saw {}", late->summary(),
                       redirect ? redirect->error_code : "that the page is over");
}

Seen expired(World& world) {
    CHOPMARK_TRY(set_policy(world, "qr_life", 2'500));
    const auto seen = expired_in_time(world);
    CHOPMARK_TRY(set_policy(world, "qr_life", 120'000));
    return seen;
}

}  // namespace

std::vector<Step> login_steps() {
    return {{5, "login by QR code", by_qr},
            {6, "login on the same device", on_same_device},
            {7, "one-tap login", by_one_tap},
            {8, "login refused", refused},
            {9, "login expired", expired}};
}

}  // namespace chopmark::sandbox
