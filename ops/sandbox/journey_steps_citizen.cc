// Steps 14 and 15: what citizens see of themselves, and what becomes of "this wasn't me".
#include <fmt/format.h>

#include "events/crypto/digest.h"
#include "ops/sandbox/journey_world.h"

namespace chopmark::sandbox {
namespace {

constexpr std::chrono::seconds patience{20};

Result<Json> whole_log(SimulatedPhone& phone) {
    Json items = Json::array();
    std::string cursor;
    do {
        CHOPMARK_ASSIGN(const Json page,
                        expect_good("the citizen's log",
                                    phone.look("/app/v1/log?limit=50" +
                                               (cursor.empty() ? "" : "&cursor=" + cursor))));
        for (const Json& item : page.value("items", Json::array())) {
            items.push_back(item);
        }
        cursor = service::text_or_empty(page, "next").value_or("");
    } while (!cursor.empty());
    return items;
}

bool has_type(const Json& items, const std::string& type) {
    return std::any_of(items.begin(), items.end(),
                       [&](const Json& item) { return item.value("type", "") == type; });
}

Seen own_log(World& world) {
    SimulatedPhone& mei = world.phone("mei");
    const auto items = wait_for<Json>(patience, [&mei]() -> Result<Json> {
        CHOPMARK_ASSIGN(Json all, whole_log(mei));
        for (const char* type :
             {"AccountRegistered", "AccountUpgraded", "CertificateIssued", "LoginApproved",
              "LoginRedeemed", "ProfileFieldsSet", "ConsentAsked", "ConsentGranted",
              "ConsentRefused", "SignatureAsked", "SignatureMade"}) {
            CHOPMARK_TRY(expect(has_type(all, type), std::string(type) + " in the log",
                                fmt::format("{} others", all.size())));
        }
        return all;
    });
    CHOPMARK_TRY(items);
    const auto stranger = world.phone("kaming").look("/app/v1/log?limit=50");
    CHOPMARK_ASSIGN(const Json other, expect_good("another citizen's log", stranger));
    for (const Json& item : other.value("items", Json::array())) {
        CHOPMARK_TRY(expect(item.value("event", "") != world.login_event,
                            "one citizen's login in no other's log", item.dump()));
    }
    world.log_items = items->size();
    return fmt::format(
        "{} records, registration to signatures, each with time and service; none "
        "of them in another's log",
        items->size());
}

/// The platform derives the case from the dispute's record, so that it is opened once.
std::string case_of(const std::string& dispute_event) {
    const Bytes event = from_hex(dispute_event).value_or("");
    return crypto::sha256({"chopmark/case/1", event}).hex().substr(0, 32);
}

Seen not_me(World& world) {
    SimulatedPhone& mei = world.phone("mei");
    CHOPMARK_ASSIGN(const Json said,
                    expect_good("a dispute", mei.dispute(world.login_event, "I was asleep")));
    const std::string expected = case_of(said.value("event", ""));
    StaffClient& analyst = world.member("analyst");
    const int port = world.options.gateways.security();
    const auto opened = wait_for<Json>(patience, [&]() -> Result<Json> {
        return expect_good("the case " + expected,
                           analyst.get(port, "/security/v1/cases/" + expected));
    });
    CHOPMARK_TRY(opened);
    CHOPMARK_TRY(expect_equal("kind", "login.disputed", opened->value("kind", "")));
    CHOPMARK_TRY(
        expect_good("a note", analyst.post(port, "/security/v1/cases/" + expected + "/notes",
                                           {{"note", "called the citizen"}})));
    CHOPMARK_TRY(expect_refused("a second dispute of the same login", "login.already_disputed",
                                mei.dispute(world.login_event, "again")));
    return fmt::format("case {}… of kind login.disputed, the analyst took a note",
                       expected.substr(0, 8));
}

}  // namespace

std::vector<Step> citizen_steps() {
    return {{14, "the citizen's own log", own_log}, {15, "\"this wasn't me\"", not_me}};
}

}  // namespace chopmark::sandbox
