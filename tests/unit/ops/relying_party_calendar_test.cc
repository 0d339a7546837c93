#include "ops/relying_party_calendar.h"

#include <gtest/gtest.h>

#include "events/schema/codec.h"
#include "events/schema/event.h"
#include "tests/support/gateway_bench.h"

namespace chopmark::ops {
namespace {

using namespace std::chrono_literals;

constexpr auto day = 24h;
const ClientId client{{0xc1}};

struct RelyingPartyCalendarTest : testing::Test {
    void SetUp() override {
        control::RelyingPartyFacts facts;
        facts.name_english = facts.organisation = "Library";
        facts.redirect_uris = {"https://library.example/back"};
        bench.given_service(client, facts, {"eidapi_auth"});
        bench.run();
    }
    /// As the timer does, more often than it has to.
    void pass(Duration time) {
        bench.advance(time);
        for (int i = 0; i < 3; ++i) {
            calendar.tick();
            bench.run();
        }
    }
    template <class Event>
    std::vector<Event> recorded() {
        std::vector<Event> out;
        for (Sequence next(0);;) {
            const auto page = bench.journal().read(control_partition, next, {}).value();
            if (page.empty()) {
                return out;
            }
            for (const auto& entry : page) {
                const auto event = bench.vault->open(entry->record);
                if (event && std::holds_alternative<Event>(*event)) {
                    out.push_back(std::get<Event>(*event));
                }
            }
            next = Sequence(page.back()->sequence.value() + 1);
        }
    }
    [[nodiscard]] control::RelyingParty party() const {
        return *control::find_relying_party(*bench.snapshots.latest()->state, client);
    }

    test::GatewayBench bench;
    RelyingPartyCalendar calendar{bench.service(), bench.snapshots, bench.clock};
};

TEST_F(RelyingPartyCalendarTest, RecordsNothingBeforeItIsDue) {
    pass(1h);
    EXPECT_TRUE(recorded<schema::RelyingPartyReminded>().empty());
    EXPECT_EQ(calendar.probe().declarations_near, 0U);
}

TEST_F(RelyingPartyCalendarTest, RemindsOnceADateThenSuspends) {
    pass(640 * day);
    pass(1h);
    auto reminders = recorded<schema::RelyingPartyReminded>();
    ASSERT_EQ(reminders.size(), 1U);
    EXPECT_EQ(reminders[0].leaf().subject(), schema::COMPLIANCE_DECLARATION);
    EXPECT_EQ(reminders[0].leaf().days(), 90U);
    pass(65 * day);
    EXPECT_EQ(calendar.probe().declarations_near, 1U);
    EXPECT_EQ(recorded<schema::RelyingPartyReminded>().size(), 2U);
    pass(25 * day);
    const auto suspended = recorded<schema::RelyingPartySuspended>();
    ASSERT_EQ(suspended.size(), 1U);
    EXPECT_EQ(suspended[0].leaf().head().reason(), control::rp_declaration_overdue.name);
    EXPECT_EQ(party().standing, control::ServiceStanding::suspended);
    EXPECT_EQ(calendar.probe().recorded, 3U);
    EXPECT_EQ(calendar.probe().failed, 0U);
}

}  // namespace
}  // namespace chopmark::ops
