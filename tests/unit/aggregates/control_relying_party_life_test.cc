// The way of a service into production and its duties there. A real deployment unless a test says
// otherwise: a sandbox may do without the steps.
#include "aggregates/control/relying_party_life.h"
#include "tests/support/control_story.h"

namespace chopmark::control {
namespace {

using test::ControlStory;
using Life = RelyingPartyLifeCommand;
using std::chrono::hours;

constexpr auto administrator = schema::STAFF_ROLE_ADMINISTRATOR;
constexpr auto day = hours(24);
const ClientId client{{0xc1}};
const Bytes report(32, 'r');

struct World : ControlStory {
    World() { in(schema::PRODUCTION); }

    World& by(schema::StaffRole role, unsigned number = 1) {
        ControlStory::by(role, number);
        return *this;
    }
    World& in(schema::Environment environment) {
        ControlStory::in(environment);
        return *this;
    }

    [[nodiscard]] const RelyingParty& party(const ClientId& id = client) const {
        return *find_relying_party(state(), id);
    }
    [[nodiscard]] CheckedCertificate certificate(Duration life = hours(24 * 365)) const {
        return {"certificate", now() - hours(1), now() + life};
    }
    void apply(std::set<std::string> scopes = {"eidapi_auth"}, const ClientId& id = client,
               const std::string& organisation = "City", const std::string& group = {}) {
        given(RelyingPartyCommand(application(std::move(scopes), id, organisation, group)));
    }
    [[nodiscard]] static ApplyRelyingParty application(std::set<std::string> scopes,
                                                       const ClientId& id,
                                                       const std::string& organisation,
                                                       const std::string& group) {
        ApplyRelyingParty command;
        command.client = id;
        command.scopes = std::move(scopes);
        command.facts.name_english = "Library";
        command.facts.organisation = organisation;
        command.facts.open_id_group = group;
        command.facts.redirect_uris = {"https://library.example/back"};
        return command;
    }
    [[nodiscard]] OpenRelyingPartyTrial trial() const {
        return {
            client, {"eidapi_auth"}, Sensitive<Bytes>("trial secret"), "trial kek", certificate()};
    }
    [[nodiscard]] ApproveRelyingParty approval() const {
        return {client, {"eidapi_auth"}, Sensitive<Bytes>("secret"), "kek", certificate()};
    }
    void open_trial() {
        by(administrator, 2).given(Life(trial()));
        by(administrator);
    }
    [[nodiscard]] RecordAssessment assessment(schema::AssessmentKind kind) const {
        RecordAssessment command;
        command.client = client;
        command.kind = kind;
        command.passed = true;
        command.report = report;
        command.assessor = "Sharp Eyes Ltd";
        command.made_at = now() - day;
        return command;
    }
    void test(bool passed = true) {
        given(Life(RecordIntegrationTest{client, passed, report, {}}));
    }
    void vet(bool passed = true) { given(Life(RecordJourneyVetting{client, passed, report, {}})); }
    void assess() {
        given(Life(assessment(schema::SECURITY_CHECKLIST)));
        given(Life(assessment(schema::PRIVACY_ASSESSMENT)));
    }
    void approve() {
        by(administrator, 2).given(RelyingPartyCommand(approval()));
        by(administrator);
    }
    void enter_production() {
        apply();
        open_trial();
        test();
        vet();
        vet();
        assess();
        approve();
    }
    /// The next command is refused because this step should come first.
    void misses(const auto& command, std::string_view step) {
        const auto told = when(command);
        told.then_refused(rp_step_missing);
        ASSERT_FALSE(told.decision());
        EXPECT_EQ(told.decision().error().detail, step);
    }
    /// What the calendar gives by now is recorded; how many events.
    std::size_t follow_calendar() {
        by_timer();
        std::size_t count = 0;
        for (const auto& due : due_of(party(), now())) {
            given(due);
            ++count;
        }
        by(administrator);
        return count;
    }
};

TEST(ControlRelyingPartyLife, LeadsFromApplicationToProduction) {
    World world;
    world.apply({"eidapi_auth", "eidapi_sign"});
    EXPECT_EQ(world.party().standing, ServiceStanding::applied);
    world.open_trial();
    EXPECT_EQ(world.party().standing, ServiceStanding::trial);
    EXPECT_EQ(world.party().kek, "trial kek");
    EXPECT_EQ(world.party().scopes, (std::set<std::string>{"eidapi_auth"}));
    EXPECT_EQ(world.party().scopes_applied_for,
              (std::set<std::string>{"eidapi_auth", "eidapi_sign"}));
    const EventId trial_secret = world.party().secret_source;
    EXPECT_FALSE(trial_secret.is_zero());
    world.test();
    world.vet();
    world.vet();
    world.assess();
    EXPECT_EQ(missing_step(world.party()), std::nullopt);
    world.approve();
    const RelyingParty& party = world.party();
    EXPECT_EQ(party.standing, ServiceStanding::active);
    EXPECT_TRUE(party.in_production);
    EXPECT_EQ(party.kek, "kek");
    EXPECT_NE(party.secret_source, trial_secret);
    EXPECT_TRUE(party.old_secret_source.is_zero());
    EXPECT_EQ(party.secret_version, 2U);
    EXPECT_EQ(party.declaration_due, world.now() + hours(24 * 730));
}

TEST(ControlRelyingPartyLife, RefusesEveryStepOutOfOrder) {
    World world;
    const Life test = RecordIntegrationTest{client, true, report, {}};
    const Life vetting = RecordJourneyVetting{client, true, report, {}};
    const Life security = world.assessment(schema::SECURITY_CHECKLIST);
    const Life privacy = world.assessment(schema::PRIVACY_ASSESSMENT);
    const RelyingPartyCommand approval = world.approval();
    world.when(test).then_refused(rp_unknown);
    world.apply();
    for (const Life& early : {test, vetting, security, privacy}) {
        world.misses(early, "trial");
    }
    world.by(administrator, 2).misses(approval, "trial");
    world.open_trial();
    world.misses(vetting, "integration_test");
    world.misses(security, "integration_test");
    world.by(administrator, 2).misses(approval, "integration_test");
    world.when(Life(world.trial())).then_refused(rp_not_applied);
    world.given(test);
    world.misses(privacy, "journey_vetting");
    world.given(vetting);
    world.misses(privacy, "journey_vetting");
    world.misses(approval, "journey_vetting");
    EXPECT_EQ(world.given(vetting).index(), schema::Event(schema::RelyingPartyVetted()).index());
    EXPECT_EQ(world.party().steps.vetting_rounds, 2U);
    world.misses(approval, "security_checklist");
    world.given(security);
    world.misses(approval, "privacy_assessment");
    world.given(privacy);
    world.given(approval);
    world.when(test).then_refused(rp_not_on_trial);
    world.when(approval).then_refused(rp_not_applied);
}

TEST(ControlRelyingPartyLife, AStepThatFailedIsRecordedAndHoldsUp) {
    World world;
    world.apply();
    world.open_trial();
    world.test(false);
    world.misses(Life(RecordJourneyVetting{client, true, report, {}}), "integration_test");
    world.test();
    world.vet();
    world.vet(false);
    EXPECT_EQ(world.party().steps.vetting_rounds, 2U);
    world.misses(Life(world.assessment(schema::SECURITY_CHECKLIST)), "journey_vetting");
    world.vet();
    RecordAssessment failed = world.assessment(schema::SECURITY_CHECKLIST);
    failed.passed = false;
    const auto event = world.when(Life(failed)).then<schema::RelyingPartyAssessed>();
    EXPECT_EQ(event.leaf().head().outcome(), schema::FAILED);
    world.given(Life(failed));
    EXPECT_EQ(missing_step(world.party()), "security_checklist");
}

TEST(ControlRelyingPartyLife, IsTheAdministratorsAndItsTrialAnothers) {
    World world;
    world.apply();
    world.when(Life(world.trial())).then_refused(rp_second_person);
    world.only(administrator, Life(world.trial()), staff_not_permitted);
    world.open_trial();
    world.only(administrator, Life(RecordIntegrationTest{client, true, report, {}}),
               staff_not_permitted);
    world.when(Life(RecordIntegrationTest{client, true, "short", {}})).then_refused(rp_bad_report);
}

TEST(ControlRelyingPartyLife, TakesNoAssessmentOfTheServiceItselfNorAnOldOne) {
    World world;
    world.apply({"eidapi_auth"}, client, "Good City Ltd.");
    world.open_trial();
    world.test();
    world.vet();
    world.vet();
    const auto refused = [&](const Reason& reason, auto spoil) {
        RecordAssessment command = world.assessment(schema::SECURITY_CHECKLIST);
        spoil(command);
        world.when(Life(command)).then_refused(reason);
    };
    refused(rp_assessor_not_independent, [](auto& it) { it.assessor = "GOOD city, LTD"; });
    refused(rp_assessor_not_independent, [](auto& it) { it.assessor = "Library"; });
    refused(rp_bad_assessment, [](auto& it) { it.assessor.clear(); });
    refused(rp_bad_assessment, [](auto& it) { it.kind = schema::ASSESSMENT_KIND_UNSPECIFIED; });
    refused(rp_bad_assessment, [&](auto& it) { it.made_at = world.now() + hours(1); });
    refused(rp_bad_assessment, [&](auto& it) { it.made_at = world.now() - 366 * day; });
}

TEST(ControlRelyingPartyLife, WantsAKeyInACertificateAndAnotherOneForProduction) {
    World world;
    world.apply();
    world.by(administrator, 2);
    const auto refused = [&](const Reason& reason, auto spoil) {
        OpenRelyingPartyTrial command = world.trial();
        spoil(command);
        world.when(Life(command)).then_refused(reason);
    };
    refused(rp_no_key, [](auto& it) { it.kek.clear(); });
    refused(rp_certificate_missing, [](auto& it) { it.certificate = {}; });
    refused(rp_certificate_dates, [&](auto& it) { it.certificate.not_after = world.now(); });
    refused(rp_certificate_dates,
            [&](auto& it) { it.certificate.not_before = world.now() + hours(1); });
    refused(rp_scope_not_applied, [](auto& it) { it.scopes = {"eidapi_sign"}; });
    world.open_trial();
    world.test();
    world.vet();
    world.vet();
    world.assess();
    world.by(administrator, 2);
    ApproveRelyingParty same = world.approval();
    same.kek = "trial kek";
    world.when(RelyingPartyCommand(same)).then_refused(rp_bad_key);
    same.kek.clear();
    world.when(RelyingPartyCommand(same)).then_refused(rp_bad_key);
}

TEST(ControlRelyingPartyLife, OnTrialMayCallWhereNoRealCitizensAre) {
    for (const auto environment : {schema::PRODUCTION, schema::INTEGRATION, schema::SANDBOX}) {
        World world;
        world.in(environment);
        world.apply();
        EXPECT_FALSE(may_call(world.state(), world.party()));
        world.open_trial();
        EXPECT_EQ(may_call(world.state(), world.party()), environment != schema::PRODUCTION);
        const RelyingPartyCommand issue = IssueContentKey{client};
        if (environment == schema::PRODUCTION) {
            world.by_node().when(issue).then_refused(rp_not_active);
            continue;
        }
        world.by_node().given(issue);
        world.by(administrator);
        world.test();
        world.vet();
        world.vet();
        world.assess();
        world.approve();
        EXPECT_EQ(content_key_in_force(world.party(), world.now()), nullptr);
        EXPECT_TRUE(may_call(world.state(), world.party()));
    }
}

TEST(ControlRelyingPartyLife, ASandboxApprovesAtOnceUnlessATrialHasBegun) {
    World at_once;
    at_once.in(schema::SANDBOX).apply();
    at_once.approve();
    EXPECT_EQ(at_once.party().standing, ServiceStanding::active);
    World begun;
    begun.in(schema::SANDBOX).apply();
    begun.open_trial();
    begun.by(administrator, 2).misses(RelyingPartyCommand(begun.approval()), "integration_test");
}

TEST(ControlRelyingPartyLife, RemindsOfTheDeclarationOnceADateAndSuspendsWhenItIsLate) {
    World world;
    world.enter_production();
    EXPECT_EQ(world.follow_calendar(), 0U);
    world.given(RelyingPartyCommand(ChangeRelyingPartyKey{
        client, "kek", {}, {"certificate", world.now(), world.now() + 2000 * day}}));
    world.pass(640 * day);  // 90 days are left
    EXPECT_EQ(world.follow_calendar(), 1U);
    EXPECT_EQ(world.party().declaration_reminded, 90U);
    EXPECT_EQ(world.follow_calendar(), 0U);
    world.pass(60 * day);
    EXPECT_EQ(world.follow_calendar(), 1U);
    world.pass(29 * day);  // the one of 7 days was missed: only the nearest is said
    EXPECT_EQ(world.follow_calendar(), 1U);
    EXPECT_EQ(world.party().declaration_reminded, 1U);
    world.by_timer().when(Life(SuspendOverdueRelyingParty{client})).then_refused(rp_nothing_due);
    world.pass(day);
    EXPECT_EQ(world.by_timer()
                  .when(Life(SuspendOverdueRelyingParty{client}))
                  .then<schema::RelyingPartySuspended>()
                  .leaf()
                  .head()
                  .reason(),
              rp_declaration_overdue.name);
    EXPECT_EQ(world.follow_calendar(), 1U);
    EXPECT_EQ(world.party().standing, ServiceStanding::suspended);
    EXPECT_EQ(world.follow_calendar(), 0U);
    const RelyingPartyCommand resume =
        SetRelyingPartyStanding{client, ServiceStanding::active, {}, {}, {}};
    world.when(resume).then_refused(rp_declaration_overdue);
    world.given(Life(RecordDeclaration{client, report, {}}));
    EXPECT_EQ(world.party().declaration_due, world.now() + 730 * day);
    world.given(resume);
    EXPECT_EQ(world.party().standing, ServiceStanding::active);
    EXPECT_EQ(world.follow_calendar(), 0U);
}

TEST(ControlRelyingPartyLife, DeclaresInProductionOnly) {
    World world;
    world.apply();
    world.open_trial();
    world.when(Life(RecordDeclaration{client, report, {}})).then_refused(rp_not_active);
}

TEST(ControlRelyingPartyLife, TellsOfAKeyThatEndsAndIssuesNothingUnderOneThatEnded) {
    World world;
    world.enter_production();
    world.pass(365 * day - hours(12));
    EXPECT_EQ(world.follow_calendar(), 1U);
    EXPECT_EQ(world.party().kek_reminded, 1U);
    world.by_node().given(RelyingPartyCommand(IssueContentKey{client}));
    world.pass(2 * day);
    EXPECT_EQ(world.follow_calendar(), 0U);
    world.by_node().when(RelyingPartyCommand(IssueContentKey{client})).then_refused(rp_no_key);
    world.by(administrator)
        .given(RelyingPartyCommand(ChangeRelyingPartyKey{client, "next", {}, world.certificate()}));
    EXPECT_EQ(world.party().kek_reminded, 0U);
    world.by_node().given(RelyingPartyCommand(IssueContentKey{client}));
}

TEST(ControlRelyingPartyLife, NobodyButThePlatformSpeaksForTheCalendar) {
    World world;
    world.enter_production();
    world.pass(640 * day);
    world.when(Life(RemindRelyingParty{client, schema::COMPLIANCE_DECLARATION}))
        .then_refused(platform_only);
    world.pass(100 * day);
    world.when(Life(SuspendOverdueRelyingParty{client})).then_refused(platform_only);
}

TEST(ControlRelyingPartyLife, GrantsMoreScopesOnlyIfAskedForAndByAnother) {
    World world;
    world.enter_production();
    const RelyingPartyCommand more =
        ChangeRelyingPartyScopes{client, {"eidapi_auth", "eidapi_sign"}, {}};
    world.when(more).then_refused(rp_scope_not_applied);
    world.given(Life(ApplyForScopes{client, {"eidapi_auth", "eidapi_sign"}, {}}));
    world.when(more).then_refused(rp_second_person);
    world.by(administrator, 2).given(more);
    EXPECT_EQ(world.party().scopes, (std::set<std::string>{"eidapi_auth", "eidapi_sign"}));
    world.by(administrator)
        .given(RelyingPartyCommand(ChangeRelyingPartyScopes{client, {"eidapi_auth"}, {}}));
    EXPECT_EQ(world.party().scopes, (std::set<std::string>{"eidapi_auth"}));
}

TEST(ControlRelyingPartyLife, KeepsAnOpenIdGroupWithinOneOrganisation) {
    World world;
    const ClientId second{{0xc2}};
    world.apply();  // alone, its group bears its client id
    EXPECT_EQ(world.party().open_id_group, client.hex());
    const auto joining = [&](const std::string& organisation) {
        return RelyingPartyCommand(
            World::application({"eidapi_auth"}, second, organisation, client.hex()));
    };
    world.when(joining("Village")).then_refused(rp_group_of_another);
    world.when(joining("")).then_refused(rp_group_of_another);
    world.given(joining("City"));
    EXPECT_EQ(world.party(second).open_id_group, client.hex());
    RelyingPartyFacts moved;
    moved.name_english = "Library";
    moved.organisation = "Village";
    world.open_trial();
    world.when(RelyingPartyCommand(ChangeRelyingPartySetup{client, moved, {}}))
        .then_refused(rp_group_of_another);
}

TEST(ControlRelyingPartyLife, IsResumedToTheTrialItWasSuspendedFrom) {
    World world;
    world.apply();
    world.open_trial();
    world.given(RelyingPartyCommand(
        SetRelyingPartyStanding{client, ServiceStanding::suspended, {}, {}, {}}));
    world.when(Life(RecordIntegrationTest{client, true, report, {}})).then_refused(rp_not_on_trial);
    world.given(
        RelyingPartyCommand(SetRelyingPartyStanding{client, ServiceStanding::active, {}, {}, {}}));
    EXPECT_EQ(world.party().standing, ServiceStanding::trial);
}

TEST(ControlRelyingPartyLife, WantsAddressesOnHttpsOutsideASandbox) {
    World world;
    auto command = World::application({"eidapi_auth"}, client, "City", "");
    command.facts.callback_uris = {"http://library.example/callback"};
    world.when(RelyingPartyCommand(command)).then_refused(rp_bad_setup);
    world.in(schema::SANDBOX).given(RelyingPartyCommand(command));
}

}  // namespace
}  // namespace chopmark::control
