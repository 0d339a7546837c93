#include "tests/support/control_story.h"

namespace chopmark::control {
namespace {

using test::ControlStory;
using test::key_named;

constexpr auto administrator = schema::STAFF_ROLE_ADMINISTRATOR;
const TerminalId terminal{{0x71}};

EnrolTerminal enrolment() {
    EnrolTerminal command;
    command.terminal = terminal;
    command.kind = schema::TERMINAL_KIND_KIOSK;
    command.public_key = key_named("kiosk");
    command.site = "north";
    return command;
}

TerminalCommand standing(Enrolment to) { return SetTerminalStanding{terminal, to, {}, {}, {}}; }

TEST(ControlTerminal, IsEnrolledOnceWithKeyKindAndPlace) {
    ControlStory story;
    const auto refused = [&](const Reason& reason, auto spoil) {
        EnrolTerminal command = enrolment();
        spoil(command);
        story.when(TerminalCommand(command)).then_refused(reason);
    };
    story.only(administrator, TerminalCommand(enrolment()), staff_not_permitted);
    refused(terminal_bad_key, [](auto& command) { command.public_key.pop_back(); });
    refused(terminal_bad_kind,
            [](auto& command) { command.kind = schema::TERMINAL_KIND_UNSPECIFIED; });
    refused(terminal_bad_kind,
            [](auto& command) { command.kind = static_cast<schema::TerminalKind>(99); });
    refused(terminal_bad_site, [](auto& command) { command.site.clear(); });
    refused(terminal_bad_site,
            [](auto& command) { command.kind = schema::TERMINAL_KIND_MOBILE_TEAM; });
    story.when(TerminalCommand(enrolment())).then<schema::TerminalEnrolled>();
    story.given(TerminalCommand(enrolment()));
    story.when(TerminalCommand(enrolment())).then_refused(terminal_exists);
}

TEST(ControlTerminal, ChangesOnlyWhileItIsEnrolled) {
    const TerminalCommand commands[] = {ChangeTerminalKey{terminal, key_named("new"), {}},
                                        MoveTerminal{terminal, "south", "", {}},
                                        standing(Enrolment::suspended)};
    for (const TerminalCommand& command : commands) {
        ControlStory story;
        story.when(command).then_refused(terminal_unknown);
        story.given(TerminalCommand(enrolment()));
        story.only(administrator, command, staff_not_permitted);
        story.given(command);
        story.given(standing(Enrolment::withdrawn));
        story.when(command).then_refused(terminal_not_active);
    }
}

TEST(ControlTerminal, RefusesABadKeyNoPlaceAndAStandingItHas) {
    ControlStory story;
    story.given(TerminalCommand(enrolment()));
    story.when(TerminalCommand(ChangeTerminalKey{terminal, "k", {}}))
        .then_refused(terminal_bad_key);
    story.when(TerminalCommand(MoveTerminal{terminal, "", "team", {}}))
        .then_refused(terminal_bad_site);
    story.when(standing(Enrolment::active)).then_refused(terminal_not_active);
}

TEST(ControlTerminal, IsWhatItsEventsSay) {
    ControlStory story;
    story.given(TerminalCommand(enrolment()));
    story.given(TerminalCommand(ChangeTerminalKey{terminal, key_named("new"), {}}));
    story.given(TerminalCommand(MoveTerminal{terminal, "south", "", {}}));
    story.given(standing(Enrolment::suspended));
    const Terminal& row = *find_terminal(story.state(), terminal);
    EXPECT_EQ(row.public_key, key_named("new"));
    EXPECT_EQ(row.site, "south");
    EXPECT_EQ(row.standing, Enrolment::suspended);
    story.given(standing(Enrolment::active));
    EXPECT_EQ(find_terminal(story.state(), terminal)->standing, Enrolment::active);
}

}  // namespace
}  // namespace chopmark::control
