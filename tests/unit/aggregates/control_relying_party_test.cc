#include "tests/support/control_story.h"

namespace chopmark::control {
namespace {

using test::ControlStory;

constexpr auto administrator = schema::STAFF_ROLE_ADMINISTRATOR;
const ClientId client{{0xc1}};

ApplyRelyingParty application() {
    ApplyRelyingParty command;
    command.client = client;
    command.scopes = {"eidapi_auth"};
    command.facts.name_english = "Library";
    command.facts.redirect_uris = {"https://library.example/back"};
    command.kek = "kek";
    command.contact_name = Sensitive<std::string>("Wong");
    return command;
}

ApproveRelyingParty approval() {
    return {client, {"eidapi_auth"}, Sensitive<Bytes>("secret"), {}, {}};
}

ControlStory approved() {
    ControlStory story;
    story.given(RelyingPartyCommand(application()));
    story.by(administrator, 2).given(RelyingPartyCommand(approval()));
    story.by(administrator);
    return story;
}

/// Refused unless the party is there and approved; the administrator's alone.
void holds_what_changes_hold(const RelyingPartyCommand& command) {
    ControlStory story;
    story.when(command).then_refused(rp_unknown);
    story.given(RelyingPartyCommand(application()));
    story.when(command).then_refused(rp_not_active);
    ControlStory later = approved();
    later.only(administrator, command, staff_not_permitted);
    SetRelyingPartyStanding end{client, ServiceStanding::withdrawn, {}, {}, {}};
    later.given(RelyingPartyCommand(end));
    later.when(command).then_refused(rp_not_active);
}

TEST(ControlRelyingParty, IsAppliedForOnceByAnAdministrator) {
    ControlStory story;
    story.only(administrator, RelyingPartyCommand(application()), staff_not_permitted);
    const auto event =
        story.when(RelyingPartyCommand(application())).then<schema::RelyingPartyApplied>();
    EXPECT_EQ(event.leaf().client_id(), client.bytes());
    EXPECT_EQ(event.personal().contacts(0).name(), "Wong");
    story.given(RelyingPartyCommand(application()));
    story.when(RelyingPartyCommand(application())).then_refused(rp_exists);
}

TEST(ControlRelyingParty, IsRefusedWithoutNameScopeOrGoodAddresses) {
    ControlStory story;
    const auto refused = [&](const Reason& reason, auto spoil) {
        ApplyRelyingParty command = application();
        spoil(command);
        story.when(RelyingPartyCommand(command)).then_refused(reason);
    };
    refused(rp_bad_setup, [](auto& command) { command.facts.name_english.clear(); });
    refused(rp_bad_setup, [](auto& command) { command.facts.redirect_uris = {"nowhere"}; });
    refused(rp_bad_setup, [](auto& command) {
        command.facts.callback_uris.assign(33, "https://library.example");
    });
    refused(rp_bad_setup, [](auto& command) { command.facts.organisation.assign(256, 'x'); });
    refused(rp_bad_scope, [](auto& command) { command.scopes.clear(); });
    refused(rp_bad_scope, [](auto& command) { command.scopes = {"eidapi_everything"}; });
    refused(rp_bad_setup, [](auto& command) { command.facts.redirect_uris = {"https://a#b"}; });
    refused(rp_bad_setup, [](auto& command) { command.prospect.purpose.assign(2001, 'x'); });
}

TEST(ControlRelyingParty, IsNotApprovedWithoutAKey) {
    ControlStory story;
    ApplyRelyingParty command = application();
    command.kek.clear();
    story.given(RelyingPartyCommand(command));
    story.by(administrator, 2).when(RelyingPartyCommand(approval())).then_refused(rp_no_key);
}

TEST(ControlRelyingParty, IsApprovedByASecondAdministrator) {
    ControlStory story;
    story.when(RelyingPartyCommand(approval())).then_refused(rp_unknown);
    story.given(RelyingPartyCommand(application()));
    story.when(RelyingPartyCommand(approval())).then_refused(rp_second_person);
    story.when(RelyingPartyCommand(RefuseRelyingParty{client, {}})).then_refused(rp_second_person);
    ApproveRelyingParty odd = approval();
    odd.scopes = {"odd"};
    story.by(administrator, 2).when(RelyingPartyCommand(odd)).then_refused(rp_bad_scope);
    const auto event =
        story.when(RelyingPartyCommand(approval())).then<schema::RelyingPartyApproved>();
    EXPECT_EQ(event.personal().client_secret(), "secret");
    EXPECT_EQ(event.leaf().open_id_group(), client.hex());
    story.given(RelyingPartyCommand(approval()));
    story.when(RelyingPartyCommand(approval())).then_refused(rp_not_applied);
    EXPECT_EQ(find_relying_party(story.state(), client)->standing, ServiceStanding::active);
}

TEST(ControlRelyingParty, IsOverWhenItsApplicationIsRefused) {
    ControlStory story;
    story.given(RelyingPartyCommand(application()));
    story.by(administrator, 2).given(RelyingPartyCommand(RefuseRelyingParty{client, {}}));
    EXPECT_EQ(find_relying_party(story.state(), client)->standing, ServiceStanding::refused);
    story.when(RelyingPartyCommand(approval())).then_refused(rp_not_applied);
}

TEST(ControlRelyingParty, ChangesOnlyWhileItStands) {
    holds_what_changes_hold(ChangeRelyingPartyScopes{client, {"eidapi_sign"}, {}});
    holds_what_changes_hold(ChangeRelyingPartySetup{client, application().facts, {}});
    holds_what_changes_hold(ChangeRelyingPartyKey{client, "kek 2", {}, {}});
    holds_what_changes_hold(RotateRelyingPartySecret{client, Sensitive<Bytes>("s")});
    holds_what_changes_hold(
        SetRelyingPartyStanding{client, ServiceStanding::suspended, {}, {}, {}});
}

TEST(ControlRelyingParty, RefusesChangesThatAreNone) {
    ControlStory story = approved();
    story.when(RelyingPartyCommand(ChangeRelyingPartyScopes{client, {}, {}}))
        .then_refused(rp_bad_scope);
    story.when(RelyingPartyCommand(ChangeRelyingPartyKey{client, "", {}, {}}))
        .then_refused(rp_bad_key);
    RelyingPartyFacts facts = application().facts;
    facts.open_id_group = "another's";
    story.when(RelyingPartyCommand(ChangeRelyingPartySetup{client, facts, {}}))
        .then_refused(rp_bad_setup);
    for (const auto standing :
         {ServiceStanding::active, ServiceStanding::applied, ServiceStanding::refused}) {
        story.when(RelyingPartyCommand(SetRelyingPartyStanding{client, standing, {}, {}, {}}))
            .then_refused(rp_not_active);
    }
}

TEST(ControlRelyingParty, KeepsTheOldSecretGoodForTheOverlap) {
    ControlStory story = approved();
    const EventId first = find_relying_party(story.state(), client)->secret_source;
    story.given(RelyingPartyCommand(
        RotateRelyingPartySecret{client, Sensitive<Bytes>("new"), std::chrono::hours(2)}));
    const RelyingParty& party = *find_relying_party(story.state(), client);
    EXPECT_EQ(party.old_secret_source, first);
    EXPECT_EQ(party.old_secret_until, story.now() + std::chrono::hours(2));
    EXPECT_EQ(party.secret_version, 2U);
}

TEST(ControlRelyingParty, IssuesContentKeysWhenTheyAreDueAndRevokesThem) {
    ControlStory story;
    const RelyingPartyCommand issue = IssueContentKey{client};
    const RelyingPartyCommand revoke = RevokeContentKey{client};
    story.when(issue).then_refused(rp_unknown);
    story.when(revoke).then_refused(rp_unknown);
    story.given(RelyingPartyCommand(application()));
    story.when(issue).then_refused(rp_not_active);
    story.by(administrator, 2).given(RelyingPartyCommand(approval()));
    story.by_node().when(revoke).then_refused(rp_no_content_key);
    story.given(issue);
    story.when(issue).then_refused(rp_key_not_due);
    story.pass(policy(story.state()).content_key_life / 2);
    EXPECT_EQ(story.when(issue).then<schema::CekIssued>().leaf().serial(), 2U);
    story.given(revoke);
    story.when(revoke).then_refused(rp_no_content_key);
    EXPECT_EQ(story.when(issue).then<schema::CekIssued>().leaf().serial(), 2U);
}

TEST(ControlRelyingParty, IssuesNoContentKeyWithoutAKek) {
    ControlStory story;
    schema::RelyingPartyApplied applied;
    applied.mutable_leaf()->set_client_id(client.to_bytes());
    schema::RelyingPartyApproved approved_event;
    approved_event.mutable_leaf()->set_client_id(client.to_bytes());
    story.fold_event(applied);
    story.fold_event(approved_event);
    story.by_node().when(RelyingPartyCommand(IssueContentKey{client})).then_refused(rp_no_key);
}

}  // namespace
}  // namespace chopmark::control
