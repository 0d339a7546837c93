#include <gtest/gtest.h>

#include <future>

#include "events/fold/memory_rows.h"
#include "events/fold/runner.h"
#include "events/schema/codec.h"
#include "tests/support/plain_journal.h"
#include "tests/support/sample_views.h"
#include "tests/support/simulated.h"

namespace chopmark::fold {
namespace {

using test::account;
using test::login;

Bytes slot_key(const OpenedEvent& event, std::uint16_t partitions) {
    Bytes key;
    append_big_endian(key, slot_of(event, partitions).value());
    key.append(schema::link_head(event.event()).account_id());
    return key;
}

/// Reads its own rows: a count of logins for each account.
class LoginCount final : public View {
  public:
    std::string_view name() const override { return "login_count"; }
    std::uint32_t version() const override { return row_version; }
    Scope scope() const override { return Scope::slots; }
    bool wants(record::TypeNumber type) const override {
        return type == schema::info<schema::LoginApproved>().type;
    }
    Result<void> apply(const OpenedEvent& event, RowBatch& rows) const override {
        const Bytes key = slot_key(event, 2);
        rows.put(key, "touched before the failure");
        if (fails_at == event.prelude().event_id) {
            return Error({"test.poison", Kind::internal});
        }
        CHOPMARK_ASSIGN(const auto personal, rows.get(key + "count"));
        Bytes next;
        append_big_endian(next, personal ? get_big_endian<std::uint32_t>(*personal) + 1 : 1U);
        rows.put(key + "count", next);
        return {};
    }

    std::uint32_t row_version = 1;
    std::optional<EventId> fails_at;
};

class RunnerTest : public ::testing::Test {
  protected:
    RunnerTest() { open_tables(); }
    void open_tables() {
        runner.reset();
        tables = LiveTables::open(store).value();
    }
    Runner& run(const std::vector<const View*>& views) {
        runner = try_run(views).value();
        return *runner;
    }
    Result<std::unique_ptr<Runner>> try_run(const std::vector<const View*>& views) {
        runner.reset();
        std::vector<Runner::Assigned> assigned;
        for (const View* view : views) {
            assigned.push_back({view, tables->adopt(view->name(), view->version()).value()});
        }
        return Runner::open(
            {journal, *tables, vault, clock}, assigned,
            {.stopped = [this](const ViewStatus& status) { stopped.push_back(status); }});
    }
    void fold_all() {
        while (runner->pump().value()) {
        }
    }
    std::uint32_t count_of(const AccountId& id) {
        Bytes key;
        append_big_endian(key, chopmark::slot_of(id).value());
        const auto row = tables->read("login_count")->get(key + id.to_bytes() + "count").value();
        return row ? get_big_endian<std::uint32_t>(*row) : 0;
    }
    std::size_t rows_of(std::string_view view) {
        std::size_t rows = 0;
        const auto reading = tables->read(view).value();
        for (auto row = reading.scan(KeyRange::all()); row->valid(); row->next()) {
            ++rows;
        }
        return rows;
    }
    Positions positions_of(std::string_view view) { return tables->read(view)->positions(); }

    test::PlainJournal journal{2};
    test::ClearVault vault;
    test::ManualClock clock;
    MemoryRows store{{.buffered_commits = 100}};
    std::unique_ptr<LiveTables> tables;
    std::unique_ptr<Runner> runner;
    std::vector<ViewStatus> stopped;
    LoginCount counts;
    test::SamplePlaces places;
    test::SampleOrder order;
    const PartitionId first{1};
    const PartitionId second{2};
};

TEST_F(RunnerTest, FoldsEveryPartitionOfAViewsScope) {
    for (int i = 0; i < 3; ++i) {
        journal.append(first, login(account(5, 1)));
    }
    journal.append(second, login(account(900, 1)));
    journal.append(control_partition, test::cut({}));
    run({&counts, &places});
    fold_all();
    EXPECT_EQ(count_of(account(5, 1)), 3U);
    EXPECT_EQ(count_of(account(900, 1)), 1U);
    EXPECT_EQ(rows_of("places"), 5U);
    EXPECT_EQ(positions_of("login_count").at(first), Sequence(3));
    EXPECT_EQ(positions_of("login_count").at(control_partition), Sequence(0));
    EXPECT_EQ(positions_of("places").at(control_partition), Sequence(1));
    EXPECT_EQ(runner->probe().opened, 4U);
}

TEST_F(RunnerTest, GoesOnWhereItWasAfterARestart) {
    journal.append(first, login(account(5, 1)));
    run({&counts});
    fold_all();
    open_tables();
    journal.append(first, login(account(5, 1)));
    run({&counts});
    fold_all();
    EXPECT_EQ(count_of(account(5, 1)), 2U);
}

TEST_F(RunnerTest, FoldsAgainWhatAPowerCutTook) {
    run({&counts, &places});
    for (int i = 0; i < 5; ++i) {
        journal.append(first, login(account(5, 1)));
        fold_all();
    }
    runner.reset();
    store.lose_buffered(3);
    open_tables();
    EXPECT_EQ(count_of(account(5, 1)), 2U) << "rows went back with their position";
    run({&counts, &places});
    fold_all();
    EXPECT_EQ(count_of(account(5, 1)), 5U);
    EXPECT_EQ(rows_of("places"), 5U);
}

TEST_F(RunnerTest, FoldsMoreThanOneBatch) {
    const std::size_t records = 2 * limits::fold_batch_records + 7;
    for (std::size_t i = 0; i < records; ++i) {
        journal.append(i % 3 == 0 ? second : first, login(account(i % 3 == 0 ? 900 : 5, i % 50)));
    }
    run({&places});
    fold_all();
    EXPECT_EQ(rows_of("places"), records);
    EXPECT_GE(runner->probe().commits, 3U);
    EXPECT_LE(runner->probe().commits, 6U);
}

TEST_F(RunnerTest, StoresThePositionOnlyOfViewsThatWroteRows) {
    run({&counts, &places});
    fold_all();
    const auto before = store.probe().puts;
    journal.append(second, test::cut({}));  // login_count does not want it
    fold_all();
    EXPECT_EQ(store.probe().puts - before, 2U) << "a row of places, and its position";
    EXPECT_EQ(positions_of("login_count").at(second), Sequence(1)) << "answers know better";
    open_tables();
    run({&counts, &places});
    fold_all();
    EXPECT_EQ(positions_of("login_count").at(second), Sequence(1));
    EXPECT_EQ(runner->probe().opened, 0U) << "it was stepped over again";
    for (std::size_t i = 0; i < limits::fold_unwritten_records; ++i) {
        journal.append(second, test::cut({}));
    }
    fold_all();
    const auto table = tables->live("login_count").value();
    EXPECT_GE(read_positions(store.latest(), *tables->positions(), *table)->at(second),
              Sequence(1024));
}

TEST_F(RunnerTest, StopsTheFailingViewAloneAndTriesAgainAtTheNextStart) {
    journal.append(first, login(account(5, 1)));
    const auto poison = journal.append(first, login(account(5, 2)));
    journal.append(first, login(account(5, 1)));
    counts.fails_at = record::decode_prelude(poison->record.leaf)->event_id;
    run({&counts, &places});
    fold_all();
    journal.append(first, login(account(5, 1)));
    fold_all();
    EXPECT_EQ(count_of(account(5, 1)), 1U);
    EXPECT_EQ(rows_of("login_count"), 2U) << "nothing of the failing event is kept";
    EXPECT_EQ(rows_of("places"), 4U);
    ASSERT_EQ(stopped.size(), 1U);
    EXPECT_EQ(stopped[0].name, "login_count");
    EXPECT_EQ(stopped[0].stopped->partition, first);
    EXPECT_EQ(stopped[0].stopped->sequence, Sequence(1));
    EXPECT_EQ(stopped[0].stopped->error.reason.name, "test.poison");
    EXPECT_EQ(stopped[0].lag_records, 2U);

    counts.fails_at.reset();
    open_tables();
    run({&counts, &places});
    fold_all();
    EXPECT_EQ(count_of(account(5, 1)), 3U);
    EXPECT_EQ(count_of(account(5, 2)), 1U);
}

TEST_F(RunnerTest, StopsAtATypeItDoesNotKnow) {
    journal.append_raw(first, record::TypeNumber(0xfe01), "from a newer version");
    journal.append(first, login(account(5, 1)));
    run({&counts, &places});
    fold_all();
    ASSERT_EQ(stopped.size(), 1U);
    EXPECT_EQ(stopped[0].stopped->error, schema::unknown_type);
    EXPECT_EQ(count_of(account(5, 1)), 0U);
    EXPECT_EQ(rows_of("places"), 2U) << "who reads preludes only goes on";
}

TEST_F(RunnerTest, StepsOverRecordsOfFixedTailAndOfExpiredPeriods) {
    journal.append_raw(first, journal::partition_opened, "");
    const auto old = journal.append(first, login(account(5, 1)));
    vault.fail(record::decode_prelude(old->record.leaf)->event_id,
               Error({"keys.expired", Kind::expired}));
    journal.append(first, login(account(5, 1)));
    run({&counts, &places});
    fold_all();
    EXPECT_TRUE(stopped.empty());
    EXPECT_EQ(count_of(account(5, 1)), 1U);
    EXPECT_EQ(rows_of("places"), 3U);
    EXPECT_EQ(runner->probe().expired, 1U);
}

TEST_F(RunnerTest, WaitsForAVaultThatIsAwayInsteadOfStopping) {
    journal.append(first, login(account(5, 1)));
    const auto later = journal.append(first, login(account(5, 1)));
    const EventId id = record::decode_prelude(later->record.leaf)->event_id;
    vault.fail(id, Error({"keys.unavailable", Kind::unavailable}));
    run({&counts});
    EXPECT_EQ(runner->pump().error().kind(), Kind::unavailable);
    EXPECT_EQ(count_of(account(5, 1)), 1U) << "what came before is folded";
    EXPECT_TRUE(runner->probe().failing);
    vault.fail(id, std::nullopt);
    fold_all();
    EXPECT_EQ(count_of(account(5, 1)), 2U);
    EXPECT_TRUE(stopped.empty());
    EXPECT_FALSE(runner->probe().failing);
}

TEST_F(RunnerTest, MovesNothingWhenTheCommitFails) {
    journal.append(first, login(account(5, 1)));
    run({&counts});
    store.fail_commits(Error(rows_unavailable, "disk full"));
    EXPECT_EQ(runner->pump().error(), rows_unavailable);
    EXPECT_EQ(runner->status()[0].positions, Positions());
    store.fail_commits(std::nullopt);
    fold_all();
    EXPECT_EQ(count_of(account(5, 1)), 1U);
}

TEST_F(RunnerTest, TriesAgainWhenTheJournalCannotBeRead) {
    journal.append(first, login(account(5, 1)));
    run({&counts});
    journal.fail_reads(Error(journal::not_ready));
    EXPECT_EQ(runner->pump().error(), journal::not_ready);
    journal.fail_reads(std::nullopt);
    fold_all();
    EXPECT_EQ(count_of(account(5, 1)), 1U);
}

TEST_F(RunnerTest, RefusesRowsThatAreAheadOfTheJournal) {
    journal.append(first, login(account(5, 1)));
    journal.append(first, login(account(5, 1)));
    run({&counts});
    fold_all();
    journal.cut_off(first, Sequence(1));
    EXPECT_EQ(try_run({&counts}).error(), ahead_of_journal);
}

TEST_F(RunnerTest, BeginsAnewForAnotherVersion) {
    journal.append(first, login(account(5, 1)));
    run({&counts});
    fold_all();
    const auto tables_before = store.tables();
    runner.reset();
    counts.row_version = 2;
    run({&counts});
    EXPECT_EQ(count_of(account(5, 1)), 0U);
    fold_all();
    EXPECT_EQ(count_of(account(5, 1)), 1U);
    EXPECT_EQ(store.tables().size(), tables_before.size()) << "the old version's table is dropped";
}

TEST_F(RunnerTest, FoldsCutByCutInTheOrderOfRecording) {
    const auto at = [](int s) { return Instant::from_seconds(1'800'000'000 + s); };
    journal.append(first, login(account(5, 1)), at(10));
    journal.append(second, login(account(900, 1)), at(5));
    journal.append(second, login(account(900, 1)), at(10));
    journal.append(first, login(account(5, 1)), at(30));
    run({&order});
    fold_all();
    EXPECT_EQ(rows_of("order"), 0U) << "no cut, no order";
    journal.append(control_partition, test::cut({{1, 1}, {2, 2}}), at(40));
    fold_all();
    journal.append(second, login(account(900, 1)), at(20));
    journal.append(control_partition, test::cut({{0, 1}, {1, 2}, {2, 3}}), at(50));
    fold_all();
    std::vector<std::string> seen;
    const auto reading = tables->read("order").value();
    for (auto row = reading.scan(KeyRange::prefix("n")); row->valid(); row->next()) {
        seen.emplace_back(row->value());
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"2:0", "1:0", "2:1", "2:2", "1:1", "0:0"}));
}

TEST_F(RunnerTest, GivesTheSameOrderWhereverItWasInterrupted) {
    // 600 records in three cuts, more than a lane's page; interrupted after every batch.
    std::uint64_t size[3] = {0, 0, 0};
    for (int i = 0; i < 600; ++i) {
        const std::uint16_t to = i % 5 < 3 ? 1 : 2;
        journal.append(PartitionId(to), login(account(to == 1 ? 5 : 900, 1)),
                       Instant::from_seconds(1'800'000'000 + (to == 1 ? i : 2 * i)));
        ++size[to];
        if (i % 200 == 199) {
            journal.append(control_partition, test::cut({{0, size[0]}, {1, size[1]}, {2, size[2]}}),
                           Instant::from_seconds(1'800'010'000 + i));
            ++size[0];
        }
    }
    CutFeed whole(journal, std::nullopt);
    const auto all = whole.next(Positions()).value();
    ASSERT_EQ(all.size(), 602U);
    for (const std::size_t stop : {1UL, 63UL, 64UL, 65UL, 200UL, 201UL, 333UL, 601UL}) {
        Positions at;
        for (std::size_t i = 0; i < stop; ++i) {
            at.set(all[i]->partition, Sequence(all[i]->sequence.value() + 1));
        }
        CutFeed rest(journal, std::nullopt);
        const auto entries = rest.next(at).value();
        ASSERT_EQ(entries.size(), all.size() - stop);
        EXPECT_TRUE(std::equal(entries.begin(), entries.end(),
                               all.begin() + static_cast<std::ptrdiff_t>(stop)));
    }
}

TEST_F(RunnerTest, AnswersAWaitOnceThePositionIsReached) {
    run({&counts, &places});
    Positions wanted;
    wanted.set(first, Sequence(2));
    wanted.set(control_partition, Sequence(9));  // not followed by this view
    std::vector<Result<void>> answers;
    const auto remember = [&](Result<void> answer) { answers.push_back(std::move(answer)); };
    runner->wait("login_count", wanted, clock.now() + std::chrono::seconds(1), remember);
    journal.append(first, login(account(5, 1)));
    fold_all();
    EXPECT_TRUE(answers.empty());
    journal.append(first, login(account(5, 1)));
    fold_all();
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_TRUE(answers[0]);
    runner->wait("login_count", wanted, clock.now(), remember);
    ASSERT_EQ(answers.size(), 2U) << "already there";
    EXPECT_TRUE(answers[1]);
    runner->wait("none", wanted, clock.now(), remember);
    ASSERT_EQ(answers.size(), 3U);
    EXPECT_EQ(answers[2].error(), no_such_view);
}

TEST_F(RunnerTest, EndsAWaitWhenItsTimeIsUp) {
    run({&counts});
    Positions wanted;
    wanted.set(first, Sequence(1));
    std::vector<Result<void>> answers;
    runner->wait("login_count", wanted, clock.now() + std::chrono::seconds(1),
                 [&](Result<void> answer) { answers.push_back(std::move(answer)); });
    clock.advance(std::chrono::milliseconds(999));
    fold_all();
    EXPECT_TRUE(answers.empty());
    clock.advance(std::chrono::milliseconds(1));
    fold_all();
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].error(), wait_expired);
    journal.append(first, login(account(5, 1)));
    fold_all();
    EXPECT_EQ(answers.size(), 1U) << "answered once";
}

TEST_F(RunnerTest, EndsWaitsOfAStoppedView) {
    const auto poison = journal.append(first, login(account(5, 2)));
    counts.fails_at = record::decode_prelude(poison->record.leaf)->event_id;
    run({&counts});
    Positions wanted;
    wanted.set(first, Sequence(1));
    std::vector<Result<void>> answers;
    const auto remember = [&](Result<void> answer) { answers.push_back(std::move(answer)); };
    runner->wait("login_count", wanted, clock.now() + std::chrono::seconds(1), remember);
    fold_all();
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].error(), view_stopped);
    runner->wait("login_count", wanted, clock.now() + std::chrono::seconds(1), remember);
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(answers[1].error(), view_stopped);
}

TEST_F(RunnerTest, TellsHowFarItIsBehind) {
    const Instant start = clock.now();
    run({&counts});
    journal.append(first, login(account(5, 1)), start);
    fold_all();
    EXPECT_EQ(runner->status()[0].lag_records, 0U);
    EXPECT_EQ(runner->status()[0].lag, Duration::zero());
    clock.advance(std::chrono::seconds(3));
    journal.append(first, login(account(5, 1)), clock.now());
    EXPECT_EQ(runner->status()[0].lag_records, 1U);
    EXPECT_EQ(runner->status()[0].lag, std::chrono::seconds(3));
}

TEST_F(RunnerTest, GoesOnInAReplacedTableWithoutFallingBack) {
    for (int i = 0; i < 4; ++i) {
        journal.append(first, login(account(5, 1)));
    }
    run({&counts, &places});
    fold_all();
    const auto before = tables->read("login_count").value();
    const auto table = tables->make_beside("login_count", 1).value();
    ASSERT_TRUE(runner->replace(counts, table));
    EXPECT_EQ(count_of(account(5, 1)), 4U);
    EXPECT_EQ(tables->live("login_count").value(), table);
    EXPECT_EQ(before.table()->name() == table->name(), false);
    journal.append(first, login(account(5, 1)));
    fold_all();
    EXPECT_EQ(count_of(account(5, 1)), 5U);
    EXPECT_EQ(rows_of("places"), 5U);
    open_tables();
    run({&counts});
    fold_all();
    EXPECT_EQ(count_of(account(5, 1)), 5U) << "the switch is durable";
}

TEST_F(RunnerTest, RevivesAStoppedViewByReplacingItsTable) {
    const auto poison = journal.append(first, login(account(5, 1)));
    counts.fails_at = record::decode_prelude(poison->record.leaf)->event_id;
    run({&counts});
    fold_all();
    LoginCount mended;
    const auto table = tables->make_beside("login_count", 1).value();
    ASSERT_TRUE(runner->replace(mended, table));
    fold_all();
    EXPECT_EQ(count_of(account(5, 1)), 1U);
    Positions wanted;
    wanted.set(first, Sequence(1));
    std::optional<Result<void>> answer;
    runner->wait("login_count", wanted, clock.now(), [&](Result<void> got) { answer = got; });
    ASSERT_TRUE(answer);
    EXPECT_TRUE(*answer);
}

TEST_F(RunnerTest, FollowsOnItsOwnThread) {
    run({&counts, &places});
    runner->start();
    for (std::uint64_t n = 1; n <= 50; ++n) {
        journal.append(first, login(account(5, 1)));
        Positions wanted;
        wanted.set(first, Sequence(n));
        std::promise<Result<void>> reached;
        runner->wait("login_count", wanted, clock.now() + std::chrono::hours(1),
                     [&](Result<void> answer) { reached.set_value(std::move(answer)); });
        ASSERT_TRUE(reached.get_future().get());
        ASSERT_EQ(count_of(account(5, 1)), n);
    }
    runner->stop();
}

}  // namespace
}  // namespace chopmark::fold
