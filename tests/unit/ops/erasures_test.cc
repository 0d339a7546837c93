#include "ops/erasures.h"

#include <gtest/gtest.h>

#include "events/schema/codec.h"
#include "events/schema/event.h"
#include "events/schema/genesis.pb.h"
#include "gateways/admin/admin_desk.h"
#include "tests/support/test_phone.h"

namespace chopmark::ops {
namespace {

using service::Json;
using test::GatewayBench;
using test::TestPhone;
using Counts = std::map<schema::Retention, std::uint64_t>;

/// Takes so many tasks, then none: a pool that is full, or a node that stops.
class ScarcePool final : public WorkPool {
  public:
    explicit ScarcePool(WorkPool& below) : below_(below) {}
    [[nodiscard]] bool try_post(Task task) override {
        if (left == 0) {
            return false;
        }
        --left;
        return below_.try_post(std::move(task));
    }
    unsigned left = 1'000;

  private:
    WorkPool& below_;
};

struct ErasuresTest : testing::Test {
    void SetUp() override {
        other.card.number = *citizen::HkidNumber::parse("E364912(5)");
        ASSERT_EQ(other.register_by_photo().status, 200);
        ASSERT_EQ(phone.register_by_chip("a password of mine").status, 200);
        for (const std::string step : {"suspend", "resume"}) {
            ASSERT_EQ(
                phone.act("app.account." + step, "/app/v1/account/" + step, Json::object()).status,
                200);
        }
        open();
    }
    /// Another life of the process.
    void open() {
        erasures = std::make_unique<Erasures>(Erasures::Surroundings{bench.service(),
                                                                     bench.snapshots,
                                                                     bench.journal(),
                                                                     *bench.vault,
                                                                     *bench.ring,
                                                                     bench.passwords,
                                                                     bench.signing_keys,
                                                                     bench.tables(),
                                                                     pool,
                                                                     bench.clock,
                                                                     bench.entropy,
                                                                     NodeId{{7}},
                                                                     {},
                                                                     [this] {
                                                                         ++discarded;
                                                                         return copies;
                                                                     }});
    }
    /// Both administrators are privacy officers, too.
    void order_erasure() {
        const control::SnapshotPtr before = bench.snapshots.latest();
        for (const auto& [id, member] : *before->state->staff) {
            const control::ChangeStaffRoles roles{
                id, {schema::STAFF_ROLE_ADMINISTRATOR, schema::STAFF_ROLE_PRIVACY_OFFICER}, {}};
            const bool by_second = member.public_key == bench.first.point().to_bytes();
            const auto changed =
                bench.order(control::Command(control::StaffCommand(roles)), by_second);
            ASSERT_TRUE(changed.has_value()) << changed.error();
        }
        const auto state = bench.state_of(phone.account);
        control::OrderErasure order;
        order.order = control::OrderId{{0x0e}};
        order.account = phone.account;
        order.person = state->account.person;
        order.key_index = key_index = state->account.key_index;
        order.classes = {schema::IDENTITY, schema::SIGN_IN};
        order.basis = "subject.request";
        order.purpose = "letter 7";
        const auto ordered = bench.order(control::Command(control::ErasureCommand(order)));
        ASSERT_TRUE(ordered.has_value()) << ordered.error();
        control::ApproveErasure approve;
        approve.order = order.order;
        const auto approved = bench.order(control::Command(control::ErasureCommand(approve)), true);
        ASSERT_TRUE(approved.has_value()) << approved.error();
    }
    void tick() {
        erasures->tick();
        bench.run();
    }
    /// Another node with keys of its own, which does not own control.
    void open_second() {
        second = std::make_unique<Erasures>(Erasures::Surroundings{
            bench.service(), bench.snapshots, bench.journal(), *bench.vault, *second_ring,
            bench.passwords, bench.signing_keys, bench.tables(), pool, bench.clock, bench.entropy,
            NodeId{{8}}, [] { return false; }});
    }
    void enrol_both() {
        second_ring = keys::KeyRing::adopt({second_keys, second_store, bench.entropy},
                                           bench.ring->hand_over().reveal())
                          .value();
        for (const std::uint8_t number : {std::uint8_t{7}, std::uint8_t{8}}) {
            const control::EnrolNode enrol{NodeId{{number}}, "127.0.0.1:1", "a certificate"};
            const auto enrolled = bench.order(control::Command(control::NodeCommand(enrol)));
            ASSERT_TRUE(enrolled.has_value()) << enrolled.error();
        }
        open_second();
    }
    void tick_second() {
        second->tick();
        bench.run();
    }
    [[nodiscard]] bool are_erased(const keys::KeyRing& ring) const {
        return ring.is_erased({schema::IDENTITY, key_index}) &&
               ring.is_erased({schema::SIGN_IN, key_index});
    }
    /// That the receipt says to have confirmed; 0: there is none.
    std::uint32_t nodes_in_the_receipt() {
        const auto page = bench.journal().read(control_partition, Sequence(0), {});
        for (const auto& entry : page.value()) {
            const auto event = bench.vault->open(entry->record);
            if (event && std::holds_alternative<schema::ErasureCompleted>(*event)) {
                return std::get<schema::ErasureCompleted>(*event).leaf().nodes();
            }
        }
        return 0;
    }
    /// What the log itself says, all of it.
    Counts in_the_log() {
        Counts counts;
        const PartitionId partition = partition_of(slot_of(key_index), GatewayBench::partitions);
        const auto page = bench.journal().read(partition, Sequence(0), {});
        for (const auto& entry : page.value()) {
            const auto event = bench.vault->open(entry->record);
            if (event && schema::link_head(*event).key_index() == key_index.value()) {
                ++counts[schema::head(*event).retention()];
            }
        }
        return counts;
    }
    /// What the receipt says; empty: there is none.
    Counts in_the_receipt() {
        Counts counts;
        const auto page = bench.journal().read(control_partition, Sequence(0), {});
        for (const auto& entry : page.value()) {
            const auto event = bench.vault->open(entry->record);
            if (const auto* done =
                    event ? std::get_if<schema::ErasureCompleted>(&*event) : nullptr) {
                for (const auto& row : done->leaf().erased()) {
                    EXPECT_TRUE(row.retention() == schema::IDENTITY ||
                                row.retention() == schema::SIGN_IN);
                    counts[row.retention()] += row.records();
                }
                for (const auto& row : done->leaf().kept()) {
                    EXPECT_EQ(row.reason(), control::is_erasable(row.retention())
                                                ? "erasure.not_ordered"
                                                : "erasure.kept_for_accountability");
                    counts[row.retention()] += row.records();
                }
            }
        }
        return counts;
    }

    GatewayBench bench;
    TestPhone phone{bench};
    TestPhone other{bench};
    ScarcePool pool{bench.work};
    Result<void> copies;  // what discarding them gives
    unsigned discarded = 0;
    std::unique_ptr<Erasures> erasures;
    KeyIndex key_index;
    keys::MemoryFolder second_keys, second_epochs;
    keys::FileEpochStore second_store =
        keys::FileEpochStore::open(second_epochs, bench.entropy, schema::SANDBOX).value();
    std::unique_ptr<keys::KeyRing> second_ring;
    std::unique_ptr<Erasures> second;
};

TEST_F(ErasuresTest, CountWhatTheLogHasOfThePersonAndNobodyElse) {
    order_erasure();
    tick();
    tick();  // a view that was behind is waited for
    EXPECT_EQ(erasures->probe().completed, 1U);
    EXPECT_EQ(in_the_log().at(schema::IDENTITY), 3U);
    EXPECT_EQ(in_the_receipt(), in_the_log());
}

TEST_F(ErasuresTest, CountTheSameWhenTheRowsAreGone) {
    order_erasure();
    pool.left = 1;  // up to SubjectErased, no further
    tick();
    EXPECT_EQ(erasures->probe().failed, 1U);
    EXPECT_TRUE(in_the_receipt().empty());
    open();
    pool.left = 1'000;
    tick();
    tick();
    EXPECT_EQ(erasures->probe().completed, 1U);
    EXPECT_EQ(in_the_receipt(), in_the_log());
}

TEST_F(ErasuresTest, GoOnWhereAFullPoolStoppedThem) {
    order_erasure();
    for (unsigned ticks = 0; ticks < 10 && erasures->probe().completed == 0; ++ticks) {
        pool.left = ticks % 3;
        tick();
    }
    EXPECT_EQ(erasures->probe().completed, 1U);
    EXPECT_EQ(in_the_receipt(), in_the_log());
}

// The order names an account that its person has closed since, and registered again.
struct ErasuresAfterAReturn : ErasuresTest {
    void SetUp() override {
        ErasuresTest::SetUp();
        order_erasure();
        ordered = phone.account;
        person = bench.state_of(ordered)->account.person;
        ASSERT_EQ(phone.act("app.account.close", "/app/v1/account/close", Json::object()).status,
                  200);
        ASSERT_EQ(phone.register_by_chip("another password of mine").status, 200);
        ASSERT_NE(phone.account, ordered);
        ASSERT_EQ(bench.state_of(phone.account)->account.person, person);
    }
    void expect_both_erased() {
        for (const AccountId& account : {ordered, phone.account}) {
            EXPECT_EQ(bench.state_of(account)->account.status, citizen::AccountStatus::erased);
        }
        EXPECT_EQ(erasures->probe().completed, 1U);
        EXPECT_TRUE(are_erased(*bench.ring));
        EXPECT_TRUE(bench.snapshots.latest()->state->erasures->empty());
        EXPECT_EQ(in_the_receipt(), in_the_log());
    }
    AccountId ordered;
    PersonId person;
};

TEST_F(ErasuresAfterAReturn, FollowThePersonToTheAccountThatStands) {
    tick();
    tick();
    expect_both_erased();
}

TEST_F(ErasuresAfterAReturn, GoOnBetweenTheAccountsInAnotherLife) {
    pool.left = 2;  // up to SubjectErased of the account that stands
    tick();
    EXPECT_EQ(bench.state_of(phone.account)->account.status, citizen::AccountStatus::erased);
    EXPECT_EQ(bench.state_of(ordered)->account.status, citizen::AccountStatus::closed);
    open();
    pool.left = 1'000;
    tick();
    tick();
    expect_both_erased();
}

TEST_F(ErasuresAfterAReturn, GoOnWhereAFullPoolStoppedThem) {
    for (unsigned ticks = 0; ticks < 12 && erasures->probe().completed == 0; ++ticks) {
        pool.left = ticks % 4;
        tick();
    }
    expect_both_erased();
}

TEST_F(ErasuresTest, WaitForEveryNodeBeforeAnyOldEpochGoes) {
    enrol_both();
    order_erasure();
    for (int ticks = 0; ticks < 5; ++ticks) {
        tick();
    }
    EXPECT_TRUE(are_erased(*bench.ring));
    EXPECT_FALSE(are_erased(*second_ring));
    EXPECT_FALSE(bench.ring->old_epochs()->empty());
    EXPECT_EQ(nodes_in_the_receipt(), 0U);
    tick_second();
    tick_second();
    EXPECT_TRUE(are_erased(*second_ring));
    EXPECT_TRUE(second_ring->old_epochs()->empty());
    EXPECT_EQ(nodes_in_the_receipt(), 0U);  // the coordinator has its own still
    tick();
    tick();
    EXPECT_TRUE(bench.ring->old_epochs()->empty());
    EXPECT_EQ(nodes_in_the_receipt(), 2U);
    EXPECT_EQ(in_the_receipt(), in_the_log());
}

TEST_F(ErasuresTest, GoOnFromTheLogWhenNodesBeganAnew) {
    enrol_both();
    order_erasure();
    for (int ticks = 0; ticks < 12 && nodes_in_the_receipt() == 0; ++ticks) {
        open();
        tick();
        open_second();
        tick_second();
    }
    EXPECT_EQ(nodes_in_the_receipt(), 2U);
    EXPECT_TRUE(are_erased(*second_ring) && second_ring->old_epochs()->empty());
    EXPECT_TRUE(are_erased(*bench.ring) && bench.ring->old_epochs()->empty());
}

TEST_F(ErasuresTest, GiveNoReceiptWhileCopiesOfTheRowsAreKept) {
    order_erasure();
    copies = Error(admin::checkpoint_running);
    for (int ticks = 0; ticks < 3; ++ticks) {
        tick();
    }
    EXPECT_GT(discarded, 0U);
    EXPECT_EQ(erasures->probe().completed, 0U);
    copies = {};
    tick();
    tick();
    EXPECT_EQ(erasures->probe().completed, 1U);
}

TEST_F(ErasuresTest, LetEveryNodeDiscardItsOwnCopies) {
    enrol_both();
    order_erasure();
    copies = Error(admin::checkpoint_running);
    for (int ticks = 0; ticks < 3; ++ticks) {
        tick();
        tick_second();
    }
    EXPECT_FALSE(bench.ring->old_epochs()->empty()) << "the first has not said that it is done";
    EXPECT_FALSE(second_ring->old_epochs()->empty());
    copies = {};
    for (int ticks = 0; ticks < 4; ++ticks) {
        tick();
        tick_second();
    }
    EXPECT_EQ(nodes_in_the_receipt(), 2U);
}

TEST_F(ErasuresTest, DoNotWaitForANodeThatWasWithdrawn) {
    enrol_both();
    order_erasure();
    tick();
    const control::WithdrawNode withdraw{NodeId{{8}}, "", Sensitive<std::string>("its disk broke")};
    ASSERT_TRUE(bench.order(control::Command(control::NodeCommand(withdraw))).has_value());
    tick();
    tick();
    EXPECT_EQ(nodes_in_the_receipt(), 1U);
    EXPECT_TRUE(bench.ring->old_epochs()->empty());
}

}  // namespace
}  // namespace chopmark::ops
