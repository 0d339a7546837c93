#include "projections/terminal_operator_view/terminal_operator_view.h"

#include <gtest/gtest.h>

#include "tests/support/view_rig.h"

namespace chopmark::terminal_operator_view {
namespace {

using projections::Personal;
using test::id_of;

class TerminalOperatorViewTest : public ::testing::Test {
  protected:
    template <class Event>
    Event of_terminal(std::uint8_t id) {
        Event event;
        event.mutable_leaf()->set_terminal_id(id_of<TerminalId>(id).to_bytes());
        return event;
    }
    template <class Event>
    Event of_operator(std::uint8_t id) {
        Event event;
        event.mutable_link()->set_operator_id(id_of<OperatorId>(id).to_bytes());
        return event;
    }
    template <class Event>
    Event of_staff(std::uint8_t id) {
        Event event;
        event.mutable_link()->set_staff_id(id_of<StaffId>(id).to_bytes());
        return event;
    }
    void enrol_terminal(std::uint8_t id) {
        auto event = of_terminal<schema::TerminalEnrolled>(id);
        event.mutable_leaf()->set_kind(schema::TERMINAL_KIND_KIOSK);
        event.mutable_link()->set_public_key("point");
        event.mutable_link()->set_site("Wan Chai");
        rig.append(event);
    }
    void enrol_operator(std::uint8_t id, std::string_view name) {
        auto event = of_operator<schema::OperatorEnrolled>(id);
        event.mutable_link()->set_public_key("point");
        event.mutable_link()->add_sites("Wan Chai");
        event.mutable_link()->set_team("north");
        event.mutable_personal()->set_name(std::string(name));
        event.mutable_personal()->set_staff_number("S-17");
        rig.append(event);
    }
    fold::Reading rows() {
        rig.fold();
        return rig.read("terminal_operator_view");
    }

    test::ViewRig rig;
};

TEST_F(TerminalOperatorViewTest, FollowsATerminal) {
    const Instant at = rig.time();
    enrol_terminal(1);
    auto moved = of_terminal<schema::TerminalMoved>(1);
    moved.mutable_link()->set_site("Shenzhen");
    rig.append(moved);
    auto key = of_terminal<schema::TerminalKeyChanged>(1);
    key.mutable_link()->set_public_key("new point");
    rig.append(key);
    rig.append(of_terminal<schema::TerminalSuspended>(1));
    TerminalRow now = find_terminal(rows(), id_of<TerminalId>(1)).value();
    EXPECT_EQ(now.kind, schema::TERMINAL_KIND_KIOSK);
    EXPECT_EQ(now.site, "Shenzhen");
    EXPECT_EQ(now.public_key, "new point");
    EXPECT_EQ(now.standing, Standing::suspended);
    EXPECT_EQ(now.enrolled_at, at);
    EXPECT_EQ(now.changed_at, at + std::chrono::seconds(3));
    rig.append(of_terminal<schema::TerminalResumed>(1));
    EXPECT_EQ(find_terminal(rows(), id_of<TerminalId>(1))->standing, Standing::active);
    rig.append(of_terminal<schema::TerminalWithdrawn>(1));
    EXPECT_EQ(find_terminal(rows(), id_of<TerminalId>(1))->standing, Standing::withdrawn);
    EXPECT_EQ(find_terminal(rows(), id_of<TerminalId>(2)).error(), no_such_terminal);
}

TEST_F(TerminalOperatorViewTest, ListsTerminalsByStanding) {
    enrol_terminal(1);
    enrol_terminal(2);
    rig.append(of_terminal<schema::TerminalSuspended>(2));
    EXPECT_EQ(read_terminals(rows(), {}, {})->items.size(), 2U);
    const auto active = read_terminals(rows(), Standing::active, {}).value().items;
    ASSERT_EQ(active.size(), 1U);
    EXPECT_EQ(active[0].id, id_of<TerminalId>(1));
}

TEST_F(TerminalOperatorViewTest, TellsAnOperatorFromAllThatIsRecorded) {
    const Instant at = rig.time();
    enrol_operator(1, "Ho");
    rig.append(of_operator<schema::OperatorSuspended>(1));
    const auto sealed =
        find_operator(rows(), rig.vault, id_of<OperatorId>(1), Personal::leave_sealed).value();
    EXPECT_EQ(sealed.person.standing, Standing::suspended);
    EXPECT_EQ(sealed.sites, (std::vector<std::string>{"Wan Chai"}));
    EXPECT_EQ(sealed.team, "north");
    EXPECT_EQ(sealed.person.enrolled_at, at);
    EXPECT_EQ(sealed.person.changed_at, at + std::chrono::seconds(1));
    EXPECT_EQ(sealed.person.name.reveal(), "");
    const auto open =
        find_operator(rows(), rig.vault, id_of<OperatorId>(1), Personal::open).value();
    EXPECT_EQ(open.person.name.reveal(), "Ho");
    EXPECT_EQ(open.person.contact.reveal(), "S-17");
    rig.append(of_operator<schema::OperatorResumed>(1));
    rig.append(of_operator<schema::OperatorWithdrawn>(1));
    EXPECT_EQ(find_operator(rows(), rig.vault, id_of<OperatorId>(1), Personal::leave_sealed)
                  ->person.standing,
              Standing::withdrawn);
    EXPECT_EQ(find_operator(rows(), rig.vault, id_of<OperatorId>(9), Personal::open).error(),
              no_such_person);
}

TEST_F(TerminalOperatorViewTest, TellsStaffWithTheRolesOfNow) {
    auto enrolled = of_staff<schema::StaffEnrolled>(1);
    enrolled.mutable_link()->set_public_key("point");
    enrolled.mutable_link()->add_roles(schema::STAFF_ROLE_AUDITOR);
    enrolled.mutable_personal()->set_email("au@gov.example");
    rig.append(enrolled);
    auto roles = of_staff<schema::StaffRolesChanged>(1);
    roles.mutable_link()->add_roles(schema::STAFF_ROLE_SECURITY);
    rig.append(roles);
    auto key = of_staff<schema::StaffKeyChanged>(1);
    key.mutable_link()->set_public_key("new point");
    rig.append(key);
    const auto now = find_staff(rows(), rig.vault, id_of<StaffId>(1), Personal::open).value();
    EXPECT_EQ(now.roles, (std::vector{schema::STAFF_ROLE_SECURITY}));
    EXPECT_EQ(now.person.public_key, "new point");
    EXPECT_EQ(now.person.contact.reveal(), "au@gov.example");
    EXPECT_EQ(read_staff(rows(), rig.vault, Personal::leave_sealed, {})->items.size(), 1U);
}

TEST_F(TerminalOperatorViewTest, PagesThroughOperators) {
    for (std::uint8_t id = 1; id <= 5; ++id) {
        enrol_operator(id, "Ho");
        rig.append(of_operator<schema::OperatorSuspended>(id));
    }
    std::vector<OperatorId> met;
    projections::PageRequest page{"", 2};
    do {
        const auto answer = read_operators(rows(), rig.vault, Personal::leave_sealed, page).value();
        for (const Operator& one : answer.items) {
            met.push_back(one.id);
        }
        page.cursor = answer.next;
    } while (!page.cursor.empty());
    EXPECT_EQ(met, (std::vector{id_of<OperatorId>(1), id_of<OperatorId>(2), id_of<OperatorId>(3),
                                id_of<OperatorId>(4), id_of<OperatorId>(5)}));
}

TEST_F(TerminalOperatorViewTest, APeriodsEndTakesNobodyWhoWorksHere) {
    enrol_terminal(1);
    enrol_operator(1, "Ho");
    rig.fold();
    const auto before = rig.dump("terminal_operator_view");
    schema::PeriodExpired over;
    over.mutable_leaf()->set_expired_class(schema::STAFF);
    over.mutable_leaf()->set_expired_period(202601);
    rig.append(over);
    rig.vault.expire(schema::STAFF, keys::Period(202601));
    rig.fold();
    EXPECT_EQ(rig.dump("terminal_operator_view"), before);
    EXPECT_EQ(rig.dump("terminal_operator_view"), rig.folded_anew("terminal_operator_view"));
}

}  // namespace
}  // namespace chopmark::terminal_operator_view
