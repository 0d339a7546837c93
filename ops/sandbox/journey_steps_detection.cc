// Steps 16 and 17: two attacks that break no rule of the protocol, and the alerts they raise.
#include <fmt/format.h>

#include "ops/sandbox/journey_world.h"

namespace chopmark::sandbox {
namespace {

constexpr std::chrono::seconds alert_patience{40};
constexpr const char* login_scope = "eidapi_auth";
constexpr const char* lagos = "127.0.5.1";  // gateways/service/network.h

/// An alert of that rule, raised or revised since.
Result<Json> alert_since(World& world, const std::string& rule, Instant since) {
    return wait_for<Json>(alert_patience, [&]() -> Result<Json> {
        CHOPMARK_ASSIGN(
            const Json list,
            expect_good("alerts", world.member("analyst").get(world.options.gateways.security(),
                                                              "/security/v1/alerts?rule=" + rule)));
        for (const Json& alert : list.value("items", Json::array())) {
            if (alert.value("rule", "") == rule &&
                alert.value("raised_at", std::int64_t{0}) >= since.millis()) {
                return alert;
            }
        }
        return failed_check("an alert " + rule, list.dump().substr(0, 300));
    });
}

/// The alert is worked on as a team would.
Result<void> work_on(World& world, const Json& alert, const char* verdict) {
    StaffClient& analyst = world.member("analyst");
    const int port = world.options.gateways.security();
    const std::string path = "/security/v1/alerts/" + alert.value("alert", "");
    CHOPMARK_TRY(expect_good("an acknowledgement",
                             analyst.post(port, path + "/acknowledge", {{"note", "looking"}})));
    CHOPMARK_TRY(expect_good("a verdict", analyst.post(port, path + "/close",
                                                       {{"verdict", verdict}, {"note", "seen"}})));
    return {};
}

// ---- 16
// ------------------------------------------------------------------------------------------

const std::vector<std::string> victims{"mei", "anita", "hoyin"};

/// The attacker opens the genuine page in Lagos and shows its picture to the victim, whose phone
/// in Hong Kong sees a genuine code.
Result<void> relay(SampleService& service, SimulatedPhone& victim) {
    CHOPMARK_ASSIGN(const LoginPage page, service.open_login_page(login_scope));
    CHOPMARK_ASSIGN(const Scanned scanned, SimulatedPhone::read_scan(victim.scan(page.qr_text)));
    CHOPMARK_TRY(expect_equal("the browser's city on the phone", "Lagos",
                              scanned.shown.value("browser", Json::object()).value("city", "")));
    CHOPMARK_TRY(expect_good("the victim's approval", victim.approve(scanned)));
    CHOPMARK_ASSIGN(const Redirect redirect, service.wait_at(page, std::chrono::seconds(20)));
    return expect(!redirect.code.empty(), "a code in the attacker's browser", redirect.url);
}

Seen qr_relay(World& world) {
    SampleService& tax = *world.tax;
    for (const std::string& name : victims) {
        for (int i = 0; i < 3; ++i) {  // so that something new means something
            CHOPMARK_TRY(log_in(tax, world.phone(name), login_scope));
        }
    }
    const Instant since = world.clock.now();
    tax.browse_from(lagos, fmt::format(" attack/{}", world.run));
    Result<void> relayed;
    for (const std::string& name : victims) {
        relayed = relayed ? relay(tax, world.phone(name)) : relayed;
    }
    tax.browse_from("127.0.0.1");
    CHOPMARK_TRY(relayed);
    CHOPMARK_ASSIGN(const Json alert, alert_since(world, "login.qr_relay", since));
    CHOPMARK_TRY(work_on(world, alert, "confirmed"));
    return fmt::format(
        "{} phones in Hong Kong approved for one browser in Lagos: alert "
        "login.qr_relay, severity {}, acknowledged and closed",
        victims.size(), alert.value("severity", ""));
}

// ---- 17
// ------------------------------------------------------------------------------------------

const std::vector<std::string> asked_people{"kaming",   "siufong", "wailam",
                                            "chikeung", "anita",   "hoyin"};
const std::vector<std::string> card_fields{"idNo", "birthDate"};
const std::vector<std::string> sensitive_fields{"residentialAddress", "mobileNumber"};
constexpr int rounds = 8;
constexpr int asked_at_once = 6;  // a citizen has no room for many more

struct Asked {
    int asked = 0;
    int declined = 0;
};

/// Asks one citizen for everything, several times, and is declined each time.
Result<void> pester(World& world, SimulatedPhone& phone, const Json& token, Asked& asked) {
    SampleService& harvest = *world.harvest;
    const std::string client = harvest.identity().client;
    for (int i = 0; i < asked_at_once; ++i) {
        CHOPMARK_TRY(expect_envelope(
            "a form-filling request",
            harvest.ask_form(token, business_id(world), card_fields, sensitive_fields)));
        ++asked.asked;
    }
    for (int open = asked_at_once; open > 0;) {
        CHOPMARK_TRY(open_request(phone, client, "consent"));
        CHOPMARK_ASSIGN(const Json list, expect_good("open requests", phone.requests()));
        for (const Json& item : list.value("items", Json::array())) {
            if (item.value("client", "") != client) {
                continue;
            }
            const auto refused = phone.refuse_consent(item);
            const bool seen_before =
                refused && refused->reason() == "request.already_answered";  // the view lags
            if (!seen_before) {
                CHOPMARK_TRY(expect_good("a refusal", refused));
                ++asked.declined;
                --open;
            }
        }
    }
    return {};
}

Seen consent_harvest(World& world) {
    const Instant since = world.clock.now();
    std::map<std::string, Json> tokens;
    for (const std::string& name : asked_people) {
        CHOPMARK_ASSIGN(const LoggedIn in, log_in(*world.harvest, world.phone(name),
                                                  "eidapi_auth eidapi_formFilling"));
        tokens[name] = in.token;
    }
    Asked asked;
    for (int round = 0; round < rounds; ++round) {
        for (const auto& [name, token] : tokens) {
            CHOPMARK_TRY(pester(world, world.phone(name), token, asked));
        }
    }
    CHOPMARK_ASSIGN(const Json alert, alert_since(world, "consent.harvest", since));
    CHOPMARK_TRY(expect(alert.dump().find(world.harvest->identity().client) != std::string::npos,
                        "the alert to name the client", alert.dump().substr(0, 300)));
    CHOPMARK_TRY(work_on(world, alert, "confirmed"));
    return fmt::format(
        "asked {} times for addresses and numbers, declined {} times: alert "
        "consent.harvest about that client, severity {}",
        asked.asked, asked.declined, alert.value("severity", ""));
}

}  // namespace

std::vector<Step> detection_steps() {
    return {{16, "a QR-relay attack", qr_relay},
            {17, "a consent-harvesting service", consent_harvest}};
}

}  // namespace chopmark::sandbox
