// A service's way into production over the admin gateway, with certificates of another library.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "events/schema/event.h"
#include "tests/support/staff_rig.h"

namespace chopmark::admin {
namespace {

using nlohmann::json;
using test::Got;
using test::StaffRig;

std::string pem(const std::string& name) {
    std::ifstream file(CHOPMARK_SOURCE_DIR "/tests/data/kek/" + name + ".pem", std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

struct AdminRelyingPartyLife : testing::Test {
    void SetUp() override {
        rig.kek_authorities.renew(
            {crypto::Certificate::all_from_pem(pem("authorities"), 4).value(), {}});
        for (const auto* name : {"ada", "bob"}) {
            rig.enrol(name, {schema::STAFF_ROLE_ADMINISTRATOR});
            ASSERT_EQ(rig.sign_in(name).status, 200);
        }
        const Got applied = rig.post("ada", "/admin/v1/relying-parties",
                                     {{"name_english", "Library"},
                                      {"organisation", "City"},
                                      {"purpose", "Lends books"},
                                      {"logins_a_day", 700},
                                      {"scopes", {"eidapi_auth"}},
                                      {"contact_telephone", "2345 6789"},
                                      {"redirect_uris", {"https://library.example/back"}}});
        ASSERT_EQ(applied.status, 200) << applied.text;
        client = applied.body.at("client");
    }
    Got step(const std::string& who, const std::string& action, const json& body) {
        return rig.post(who, "/admin/v1/relying-parties/" + client + "/" + action, body);
    }
    Got trial(const std::string& certificate = "good") {
        return step("bob", "trial",
                    {{"scopes", {"eidapi_auth"}}, {"certificate", pem(certificate)}});
    }
    [[nodiscard]] json passed() const {
        return {{"passed", true}, {"report", std::string(64, 'a')}};
    }
    [[nodiscard]] json assessment(const char* kind) const {
        json body = passed();
        body["kind"] = kind;
        body["assessor"] = "Sharp Eyes Ltd";
        body["assessor_name"] = "A. Chan";
        body["made_at"] = rig.bench.clock.now().millis();
        return body;
    }

    StaffRig rig;
    std::string client;
};

TEST_F(AdminRelyingPartyLife, GoesFromApplicationToProduction) {
    const Got opened = trial();
    ASSERT_EQ(opened.status, 200) << opened.text;
    const std::string trial_secret = opened.body.at("client_secret");
    EXPECT_EQ(trial_secret.size(), 64U);
    EXPECT_EQ(step("ada", "test", passed()).status, 200);
    EXPECT_EQ(step("ada", "vetting", passed()).body.at("round"), 1);
    EXPECT_EQ(step("bob", "approve", {{"scopes", {"eidapi_auth"}}}).reason(),
              control::rp_step_missing.name);
    EXPECT_EQ(step("ada", "vetting", passed()).body.at("round"), 2);
    EXPECT_EQ(step("ada", "assessment", assessment("security_checklist")).status, 200);
    EXPECT_EQ(step("ada", "assessment", assessment("privacy_assessment")).status, 200);
    const Got approved =
        step("bob", "approve", {{"scopes", {"eidapi_auth"}}, {"certificate", pem("of_root")}});
    ASSERT_EQ(approved.status, 200) << approved.text;
    EXPECT_NE(approved.body.at("client_secret").get<std::string>(), trial_secret);
    const Got shown = rig.get("ada", "/admin/v1/relying-parties/" + client);
    ASSERT_EQ(shown.status, 200) << shown.text;
    EXPECT_EQ(shown.body.at("standing"), "active");
    EXPECT_EQ(shown.body.at("kek_not_after_at"), 1'830'297'600'000);
    EXPECT_EQ(shown.body.at("purpose"), "Lends books");
    EXPECT_EQ(shown.body.at("contacts").at(0).at("telephone"), "2345 6789");
    EXPECT_TRUE(shown.body.at("trial").at("vetted").get<bool>());
    const Got declared =
        step("ada", "declaration", {{"report", std::string(64, 'b')}, {"note", "as every year"}});
    EXPECT_EQ(declared.body.at("next_due_at"), shown.body.at("declaration_due_at"));
}

TEST_F(AdminRelyingPartyLife, ShowsEveryStepWithWhoAndWhen) {
    ASSERT_EQ(trial().status, 200);
    json failed = passed();
    failed["passed"] = false;
    ASSERT_EQ(step("ada", "test", failed).status, 200);
    const Got steps = rig.get("ada", "/admin/v1/relying-parties/" + client + "/steps");
    ASSERT_EQ(steps.status, 200) << steps.text;
    const json& items = steps.body.at("items");
    ASSERT_EQ(items.size(), 3U);
    EXPECT_EQ(items.at(0).at("type"), "RelyingPartyTested");
    EXPECT_EQ(items.at(0).at("outcome"), "failed");
    EXPECT_EQ(items.at(0).at("id"), rig.id("ada").hex());
    EXPECT_EQ(items.at(1).at("type"), "RelyingPartyTrialOpened");
    EXPECT_EQ(items.at(1).at("id"), rig.id("bob").hex());
    EXPECT_EQ(items.at(1).at("at"), rig.bench.clock.now().millis());
    EXPECT_EQ(items.at(2).at("by"), "staff");
}

TEST_F(AdminRelyingPartyLife, TakesNoCertificateThatIsNotAsItShouldBe) {
    for (const auto* bad : {"for_signing", "short_key", "not_begun", "of_another", "without_way"}) {
        const Got got = trial(bad);
        EXPECT_EQ(got.status, 400) << bad;
        EXPECT_EQ(got.reason(), kek_certificate_bad.name) << bad;
    }
    json both{{"scopes", {"eidapi_auth"}}, {"certificate", pem("good")}, {"kek", "AAAA"}};
    EXPECT_EQ(step("bob", "trial", both).reason(), service::json_member.name);
}

TEST_F(AdminRelyingPartyLife, ReadsNothingHalf) {
    ASSERT_EQ(trial().status, 200);
    EXPECT_EQ(step("ada", "test", {{"passed", true}}).status, 400);
    EXPECT_EQ(step("ada", "test", {{"report", std::string(64, 'a')}}).status, 400);
    EXPECT_EQ(step("ada", "test", {{"passed", true}, {"report", "aa"}}).status, 400);
    json odd = assessment("security_checklist");
    odd["kind"] = "odd";
    EXPECT_EQ(step("ada", "assessment", odd).status, 400);
    EXPECT_EQ(step("ada", "scope-application", {{"scopes", {"odd"}}}).reason(),
              control::rp_bad_scope.name);
}

}  // namespace
}  // namespace chopmark::admin
