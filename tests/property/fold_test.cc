// Live equals rebuilt (design 7): whatever the journal holds, however often the live fold was
// interrupted, however little memory the rebuild has – the rows are the same, byte for byte. The
// seed is printed and can be given as CHOPMARK_SEED.
#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "events/fold/event_index.h"
#include "events/fold/memory_rows.h"
#include "events/fold/rebuild.h"
#include "events/fold/rocks_rows.h"
#include "tests/support/plain_journal.h"
#include "tests/support/sample_views.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/simulated.h"

namespace chopmark::fold {
namespace {

constexpr std::uint16_t partitions = 4;

std::uint64_t seed() {
    static const std::uint64_t value = [] {
        const char* given = std::getenv("CHOPMARK_SEED");
        const std::uint64_t chosen = given ? std::stoull(given) : std::random_device{}();
        std::cout << "CHOPMARK_SEED=" << chosen << std::endl;
        return chosen;
    }();
    return value;
}

/// A journal that grows by chance: logins and erasures of a few accounts in many slots, cuts and
/// other records of control, records nobody can open any more.
class RandomJournal {
  public:
    explicit RandomJournal(std::mt19937_64& chance) : chance_(chance) {}

    void grow(std::size_t records) {
        for (std::size_t i = 0; i < records; ++i) {
            const auto kind = pick(100);
            if (kind < 4) {
                std::vector<std::pair<std::uint16_t, std::uint64_t>> sizes;
                for (std::uint16_t p = 0; p <= partitions; ++p) {
                    sizes.emplace_back(p, journal.head(PartitionId(p))->next.value());
                }
                journal.append(control_partition, test::cut(sizes));
                continue;
            }
            const auto slot = static_cast<std::uint16_t>(pick(1024));
            const AccountId account = test::account(slot, pick(3));
            const PartitionId partition = partition_of(Slot(slot), partitions);
            schema::SubjectErased erased;
            erased.mutable_link()->mutable_head()->set_account_id(account.to_bytes());
            const auto entry =
                journal.append(partition, kind < 10 ? schema::Event(erased) : test::login(account));
            if (kind >= 97) {
                vault.fail(record::decode_prelude(entry->record.leaf)->event_id,
                           Error({"keys.expired", Kind::expired}));
            }
        }
    }
    std::uint64_t pick(std::uint64_t below) {
        return std::uniform_int_distribution<std::uint64_t>(0, below - 1)(chance_);
    }

    test::PlainJournal journal{partitions};
    test::ClearVault vault;

  private:
    std::mt19937_64& chance_;
};

class FoldProperty : public ::testing::Test {
  protected:
    void run(RowStore& store, const std::function<void()>& power_cut) {
        std::mt19937_64 chance(seed());
        RandomJournal random(chance);
        test::ManualClock clock;
        auto tables = LiveTables::open(store).value();
        const auto adopt = [&](const View& view) {
            return Runner::Assigned{&view, tables->adopt(view.name(), view.version()).value()};
        };
        for (int round = 0; round < 8; ++round) {
            random.grow(random.pick(1000));
            const Runner::Surroundings around{random.journal, *tables, random.vault, clock};
            auto runner =
                Runner::open(around, {adopt(log), adopt(types), adopt(index)}, {}).value();
            auto by_cut = Runner::open(around, {adopt(chain)}, {}).value();
            for (auto batches = random.pick(6); batches > 0; --batches) {
                ASSERT_TRUE(runner->pump());
                ASSERT_TRUE(by_cut->pump());
            }
            BuildOptions options{scratch.path() / "rebuild"};
            options.threads = 1 + static_cast<unsigned>(random.pick(3));
            options.memory_bytes = std::size_t{1} << random.pick(22);
            options.sort_bytes = std::size_t{1} << random.pick(22);
            for (const View* view :
                 {static_cast<const View*>(&log), static_cast<const View*>(&types),
                  static_cast<const View*>(&chain), static_cast<const View*>(&index)}) {
                const auto difference = diff_rebuilt(around, *view, options);
                ASSERT_TRUE(difference) << to_string(difference.error());
                ASSERT_TRUE(difference->empty())
                    << view->name() << " round " << round << ": " << difference->differing << " of "
                    << difference->left_rows << " and " << difference->right_rows;
                compared += difference->left_rows;
            }
            if (random.pick(4) == 0) {
                ASSERT_TRUE(rebuild(*runner, around, {&log, &index}, options));
            }
            runner.reset();
            by_cut.reset();
            power_cut();
            tables = LiveTables::open(store).value();
        }
        EXPECT_GT(compared, 100U) << "something was compared";
    }

    test::ScratchFolder scratch;
    test::SampleLog log{partitions};
    test::SampleTypes types;
    test::SampleChain chain;
    EventIndex index;
    std::uint64_t compared = 0;
};

TEST_F(FoldProperty, LiveEqualsRebuiltInMemory) {
    MemoryRows store{{.buffered_commits = 3}};
    run(store, [&] { store.lose_buffered(2); });
}

TEST_F(FoldProperty, LiveEqualsRebuiltOnRocks) {
    const auto store = RocksRows::open_store({.directory = scratch.path() / "rows"}).value();
    run(*store, [] {});
}

}  // namespace
}  // namespace chopmark::fold
