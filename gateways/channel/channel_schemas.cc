#include "gateways/channel/channel_schemas.h"

#include "events/core/limits.h"
#include "gateways/app/app_schemas.h"

namespace chopmark::channel {
namespace {

using namespace http::words;

/// A kiosk sends `selfie`; counters and mobile teams `same_face`, under the operator's signature.
Members visit() {
    return {app::card_member(),
            app::chip_member(),
            {"selfie?", base64(limits::selfie_bytes)},
            {"same_face?", flag()},
            {"shift?", text()}};
}

/// About an account that is there: the card's, unless it is named.
Json visit_of_account(Members more = {}) {
    Members members = visit();
    members.emplace_back("account?", id());
    for (Member& member : more) {
        members.push_back(std::move(member));
    }
    return open(members);
}

}  // namespace

std::vector<RowSchema> channel_schemas() {
    const Json terminal = closed({{"terminal", id()},
                                  {"kind", one_of({"kiosk", "counter", "mobile_team"})},
                                  {"standing", one_of({"active", "suspended", "withdrawn"})},
                                  {"site", text()},
                                  {"team", text()},
                                  {"changed_at", millis()}});
    return {{"channel.challenge",
             {},
             closed({{"challenge", base64()}, {"expires_at", millis()}, {"environment", text()}})},
            {"channel.terminal", {}, terminal},
            {"channel.registration", open(visit()),
             receipt({{"account", id()},
                      {"grade", one_of({"default", "sign"})},
                      {"voucher", base64()},
                      {"voucher_until_at", millis()}})},
            {"channel.upgrade", visit_of_account(), receipt()},
            {"channel.account.resume", visit_of_account(), receipt()},
            {"channel.account.close", visit_of_account(), receipt()},
            {"channel.account.password",
             visit_of_account({{"password", text(limits::password_bytes)}}), receipt()},
            {"channel.device.rebind", visit_of_account(), receipt()},
            {"channel.device.revoke", visit_of_account({{"device?", id()}}), receipt()}};
}

}  // namespace chopmark::channel
