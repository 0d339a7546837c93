#include <gtest/gtest.h>

#include "projections/sign_in_log/query.h"
#include "tests/support/view_rig.h"

namespace chopmark::sign_in_log {
namespace {

using projections::OpenedRecord;
using projections::Personal;
using projections::PersonalLayer;
using test::about;
using test::id_of;

class SignInLogTest : public ::testing::Test {
  protected:
    void register_account(const test::Citizen& whom) {
        rig.append(about<schema::AccountRegistered>(whom));
    }
    schema::LoginApproved login(const test::Citizen& whom, std::uint8_t client = 7) {
        auto event = about<schema::LoginApproved>(whom);
        event.mutable_leaf()->set_client_id(id_of<ClientId>(client).to_bytes());
        event.mutable_link()->mutable_traces()->set_device_id(id_of<DeviceId>(3).to_bytes());
        event.mutable_personal()->mutable_details()->set_phone_address("203.0.113.7");
        return event;
    }
    schema::SubjectAccessed look_at(const test::Citizen& whom, Instant visible_from) {
        auto event = about<schema::SubjectAccessed>(whom);
        event.mutable_link()->set_purpose("complaint 12");
        event.mutable_link()->set_visible_from_us(visible_from.micros());
        return event;
    }
    Question question(Personal personal = Personal::leave_sealed) {
        return {who.account, Audience::citizen, rig.time(), Topic::all, {}, {}, personal};
    }
    projections::Page<OpenedRecord> ask(const Question& asked,
                                        const projections::PageRequest& page = {}) {
        rig.fold();
        auto answer = read_log(rig.read("sign_in_log"), rig.vault, asked, page);
        EXPECT_TRUE(answer) << to_string(answer.error());
        return *std::move(answer);
    }
    std::vector<EventId> ids(const projections::Page<OpenedRecord>& page) {
        std::vector<EventId> out;
        for (const OpenedRecord& record : page.items) {
            out.push_back(record.prelude.event_id);
        }
        return out;
    }
    std::vector<EventId> ids_of(const Question& asked) { return ids(ask(asked)); }
    static EventId id(const journal::EntryPtr& entry) {
        return record::decode_prelude(entry->record.leaf)->event_id;
    }

    test::ViewRig rig;
    const test::Citizen who = test::citizen(5, 1);
    const test::Citizen other = test::citizen(5, 2);
};

TEST_F(SignInLogTest, HoldsEveryEventAboutACitizenNewestFirstAndNobodyElses) {
    const auto a = rig.append(about<schema::AccountRegistered>(who));
    rig.append(about<schema::AccountRegistered>(other));
    const auto b = rig.append(login(who));
    rig.append(login(other));
    const auto c = rig.append(about<schema::ProfileEnabled>(who));
    const auto d = rig.append(about<schema::SignatureRefused>(who));
    EXPECT_EQ(ids_of(question()), (std::vector{id(d), id(c), id(b), id(a)}));
}

TEST_F(SignInLogTest, TellsWhatLeafAndLinkSayAndOpensThePersonalLayerOnDemandOnly) {
    rig.append(login(who));
    const auto sealed = ask(question());
    ASSERT_EQ(sealed.items.size(), 1U);
    const auto& event = std::get<schema::LoginApproved>(sealed.items[0].event);
    EXPECT_EQ(event.leaf().client_id(), id_of<ClientId>(7).bytes());
    EXPECT_EQ(event.link().traces().device_id(), id_of<DeviceId>(3).bytes());
    EXPECT_EQ(event.link().head().account_id(), who.account.bytes());
    EXPECT_EQ(sealed.items[0].personal, PersonalLayer::sealed);
    EXPECT_FALSE(event.has_personal());

    const auto open = ask(question(Personal::open));
    EXPECT_EQ(open.items[0].personal, PersonalLayer::opened);
    EXPECT_EQ(
        std::get<schema::LoginApproved>(open.items[0].event).personal().details().phone_address(),
        "203.0.113.7");
}

TEST_F(SignInLogTest, SaysWhyAPersonalLayerIsNotThere) {
    rig.append(about<schema::LoginRedeemed>(who));
    const auto damaged = rig.append(login(who));
    rig.vault.damage(id(damaged));
    auto page = ask(question(Personal::open));
    EXPECT_EQ(page.items.at(0).personal, PersonalLayer::damaged);
    EXPECT_EQ(page.items.at(1).personal, PersonalLayer::absent);

    rig.vault.erase(who.person);
    page = ask(question(Personal::open));
    ASSERT_EQ(page.items.size(), 2U);
    EXPECT_EQ(page.items[0].personal, PersonalLayer::gone);
    EXPECT_EQ(std::get<schema::LoginApproved>(page.items[0].event).leaf().client_id(),
              id_of<ClientId>(7).bytes());
}

TEST_F(SignInLogTest, PagesMeetEveryRecordOnceWhateverIsAppendedMeanwhile) {
    std::vector<EventId> written;
    for (int i = 0; i < 7; ++i) {
        written.insert(written.begin(), id(rig.append(login(who))));
    }
    std::vector<EventId> met;
    projections::PageRequest page{"", 3};
    do {
        const auto answer = ask(question(), page);
        EXPECT_LE(answer.items.size(), 3U);
        const auto more = ids(answer);
        met.insert(met.end(), more.begin(), more.end());
        page.cursor = answer.next;
        rig.append(login(who));
    } while (!page.cursor.empty());
    EXPECT_EQ(met, written);
}

TEST_F(SignInLogTest, GivesNoMoreThanAPageHoldsHoweverMuchIsAskedFor) {
    for (std::size_t i = 0; i < limits::query_page_rows + 1; ++i) {
        rig.append(login(who));
    }
    const auto page = ask(question(), {"", 1'000'000});
    EXPECT_EQ(page.items.size(), limits::query_page_rows);
    EXPECT_FALSE(page.next.empty());
    EXPECT_EQ(ask(question(), {page.next, 1'000'000}).items.size(), 1U);
}

TEST_F(SignInLogTest, ABoundedLookMayGiveAnEmptyPageThatIsNotTheLast) {
    rig.append(about<schema::AccountRegistered>(who));
    for (std::size_t i = 0; i < limits::query_scan_rows; ++i) {
        rig.append(login(who));
    }
    auto asked = question();
    asked.topic = Topic::account;
    const auto first = ask(asked);
    EXPECT_TRUE(first.items.empty());
    ASSERT_FALSE(first.next.empty());
    const auto second = ask(asked, {first.next});
    EXPECT_EQ(second.items.size(), 1U);
    EXPECT_TRUE(second.next.empty());
}

TEST_F(SignInLogTest, RefusesACursorOfAnotherQuery) {
    rig.append(login(who));
    rig.fold();
    for (const std::string& cursor :
         {std::string("zz"), std::string("00"), projections::make_cursor("alerts", "12345678"),
          std::string(4 * limits::query_cursor_bytes, '0')}) {
        const auto answer = read_log(rig.read("sign_in_log"), rig.vault, question(), {cursor, 10});
        ASSERT_FALSE(answer) << cursor;
        EXPECT_EQ(answer.error(), projections::bad_cursor);
    }
}

TEST_F(SignInLogTest, FiltersByTopicAndTime) {
    const auto a = rig.append(login(who));
    const Instant middle = rig.time();
    const auto b = rig.append(about<schema::ConsentRefused>(who));
    const auto c = rig.append(login(who));
    auto logins = question();
    logins.topic = Topic::logins;
    EXPECT_EQ(ids_of(logins), (std::vector{id(c), id(a)}));
    auto later = question();
    later.from = middle;
    EXPECT_EQ(ids_of(later), (std::vector{id(c), id(b)}));
    auto earlier = question();
    earlier.until = middle;
    EXPECT_EQ(ids_of(earlier), (std::vector{id(a)}));
}

TEST_F(SignInLogTest, ALookShowsToTheCitizenFromItsDayAndToStaffAtOnce) {
    const Instant day = rig.time() + std::chrono::hours(24 * 30);
    rig.append(look_at(who, Instant()));
    const auto hidden = rig.append(look_at(who, day));
    auto asked = question();
    asked.topic = Topic::looks;
    EXPECT_EQ(ask(asked).items.size(), 1U);
    asked.now = day - std::chrono::microseconds(1);
    EXPECT_EQ(ask(asked).items.size(), 1U);
    asked.now = day;
    ASSERT_EQ(ask(asked).items.size(), 2U);
    EXPECT_EQ(ids_of(asked)[0], id(hidden));
    asked.now = rig.time();
    asked.audience = Audience::staff;
    EXPECT_EQ(ask(asked).items.size(), 2U);
}

TEST_F(SignInLogTest, AskingWritesNothing) {
    rig.append(login(who));
    rig.fold();
    const auto before = rig.dump("sign_in_log");
    const auto puts = rig.puts();
    ask(question(Personal::open));
    EXPECT_EQ(rig.dump("sign_in_log"), before);
    EXPECT_EQ(rig.puts(), puts);
}

TEST_F(SignInLogTest, ErasureTakesEveryAccountOfThePersonAndNobodyElses) {
    const test::Citizen later{test::citizen(5, 9).account, who.person};
    register_account(who);
    register_account(other);
    rig.append(login(who));
    rig.append(about<schema::AccountClosed>(who));
    register_account(later);
    rig.append(login(later));
    rig.append(login(other));
    EXPECT_EQ(ask(question()).items.size(), 3U);

    rig.append(about<schema::SubjectErased>(later));
    EXPECT_TRUE(ask(question()).items.empty());
    auto others = question();
    others.account = later.account;
    EXPECT_TRUE(ask(others).items.empty());
    others.account = other.account;
    EXPECT_EQ(ask(others).items.size(), 2U);
    for (const auto& [key, value] : rig.dump("sign_in_log")) {
        EXPECT_EQ(value.find(who.account.bytes()), Bytes::npos);
        EXPECT_EQ(value.find(later.account.bytes()), Bytes::npos);
    }
}

TEST_F(SignInLogTest, AnonymousRequestsAreNobodysUntilTheirFollowUp) {
    rig.append(schema::RequestOpened(), PartitionId(1));
    schema::RequestClaimed claimed;
    claimed.mutable_link()->set_claimer_account_id(who.account.to_bytes());
    rig.append(claimed, PartitionId(2));
    rig.append(schema::RegistrationRefused(), PartitionId(1));
    rig.fold();
    EXPECT_TRUE(rig.dump("sign_in_log").empty());
}

TEST_F(SignInLogTest, ARecordOfAPeriodThatIsOverIsNotThereEvenBeforeItsRowGoes) {
    register_account(who);
    const auto old = rig.append(login(who));
    rig.set_time(Instant::from_seconds(1'772'323'200));  // 2026-03-01
    const auto young = rig.append(login(who));
    rig.fold();
    rig.vault.expire(schema::SIGN_IN, keys::Period(202601));
    EXPECT_EQ(ask(question()).items.size(), 2U);
    EXPECT_EQ(ids_of(question())[0], id(young));
    const auto gone = read_record(rig.read("sign_in_log"), rig.vault, who.account, old->sequence,
                                  Personal::leave_sealed);
    EXPECT_EQ(gone.error(), no_such_record);
}

TEST_F(SignInLogTest, ExpiringAPeriodLeavesWhatARebuildWouldMake) {
    register_account(who);
    rig.append(login(who));
    rig.append(about<schema::ConsentGranted>(who));
    rig.append(login(test::citizen(6, 1)));
    rig.set_time(Instant::from_seconds(1'772'323'200));  // 2026-03-01
    rig.append(login(who));
    rig.fold();
    rig.vault.expire(schema::SIGN_IN, keys::Period(202601));
    EXPECT_NE(rig.dump("sign_in_log"), rig.folded_anew("sign_in_log"));

    std::size_t erased = 0;
    rig.maintain("sign_in_log", [&](fold::RowBatch& rows) {
        for (std::uint16_t slot = 0; slot < slot_count; ++slot) {
            erased += rig.views.log.expire(Slot(slot), schema::SIGN_IN, keys::Period(202601), rows)
                          .value();
        }
    });
    EXPECT_EQ(erased, 2U);
    EXPECT_EQ(rig.dump("sign_in_log"), rig.folded_anew("sign_in_log"));
    rig.maintain("sign_in_log", [&](fold::RowBatch& rows) {
        EXPECT_EQ(
            rig.views.log.expire(Slot(5), schema::SIGN_IN, keys::Period(202601), rows).value(), 0U);
    });
}

TEST_F(SignInLogTest, ExpiringTakesOneSlotAtATime) {
    rig.append(login(who));
    rig.append(login(test::citizen(6, 1)));
    rig.fold();
    rig.maintain("sign_in_log", [&](fold::RowBatch& rows) {
        EXPECT_EQ(
            rig.views.log.expire(Slot(5), schema::SIGN_IN, keys::Period(202601), rows).value(), 1U);
    });
    EXPECT_EQ(rig.dump("sign_in_log").size(), 1U);
}

TEST_F(SignInLogTest, CountsAPersonsRecordsByClassOverAllAccounts) {
    const test::Citizen later{test::citizen(5, 9).account, who.person};
    register_account(who);
    rig.append(login(who));
    rig.append(about<schema::ConsentGranted>(who));
    register_account(later);
    rig.append(login(later));
    register_account(other);
    rig.fold();
    const auto counts = count_by_class(rig.read("sign_in_log"), who.person).value();
    EXPECT_EQ(counts, (std::map<schema::Retention, std::uint64_t>{
                          {schema::IDENTITY, 2}, {schema::SIGN_IN, 2}, {schema::EVIDENCE, 1}}));
}

TEST_F(SignInLogTest, FindsARecordByItsPlace) {
    rig.append(login(who));
    const auto entry = rig.append(login(who, 9));
    rig.fold();
    const auto found = read_record(rig.read("sign_in_log"), rig.vault, who.account, entry->sequence,
                                   Personal::leave_sealed);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->prelude.event_id, id(entry));
    EXPECT_EQ(read_record(rig.read("sign_in_log"), rig.vault, other.account, entry->sequence,
                          Personal::leave_sealed)
                  .error(),
              no_such_record);
}

}  // namespace
}  // namespace chopmark::sign_in_log
