// A node's checkpoints, on the disk, and what a newcomer makes of them before it asks any broker.
#include "ops/checkpoint/checkpoints.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "events/crypto/p256.h"
#include "events/crypto/system_entropy.h"
#include "events/fold/row_batch.h"
#include "events/fold/row_codec.h"
#include "events/schema/genesis.pb.h"
#include "gateways/admin/admin_desk.h"
#include "ops/checkpoint/arrival.h"
#include "ops/cli/tool.h"
#include "tests/support/journal_drafts.h"
#include "tests/support/journal_observer.h"
#include "tests/support/scratch_folder.h"

namespace chopmark::checkpoint {
namespace {

namespace fs = std::filesystem;

void put(fold::RowStore& rows, const std::string& table, ByteView key, Bytes value) {
    fold::RowBatch batch(rows.open(table).value());
    batch.put(key, std::move(value));
    const fold::RowBatch* const batches[] = {&batch};
    ASSERT_TRUE(rows.commit(batches, fold::Durability::buffered));
}

class CheckpointsTest : public testing::Test {
  protected:
    static constexpr std::uint16_t partitions = 2;

    void SetUp() override {
        const auto key = crypto::P256PrivateKey::generate(entropy);
        ASSERT_TRUE(ops::found_data_folder(giver, schema::SANDBOX, partitions, key.point(), clock,
                                           entropy));
        config::Config config;
        config.node.data = giver.root().string();
        auto opened = ops::Storage::open(config, giver, "node-1", clock, entropy);
        ASSERT_TRUE(opened) << opened.error();
        storage = *std::move(opened);
        for (std::uint16_t number = 0; number <= partitions; ++number) {
            write(PartitionId(number), number == 0 ? 0 : 5);
        }
        put(storage->rows(), "citizen.1", "an account", "a document");
        put(storage->rows(), "meta.1", "position", fold::encode_row(Sequence(3)));
        put(storage->rows(), "control", "state", "a state");
        telemetry::LogOptions quiet;
        quiet.level = telemetry::Level::error;
        log = telemetry::Log::open(quiet, clock).value();
        proving = ops::Proving::open(storage->journal(), storage->rows()).value();
        proving->start();
        checkpoints = std::make_unique<Checkpoints>(around());
        fs::create_directories(newcomer.root());
        fs::copy(giver.genesis(), newcomer.genesis(), fs::copy_options::recursive);
    }
    void TearDown() override { checkpoints.reset(); }

    [[nodiscard]] Checkpoints::Surroundings around() const {
        return {*storage, *proving, clock, *log, checkpoints_in(giver)};
    }
    /// A term, and so many records.
    void write(PartitionId partition, int records) {
        const auto writer = storage->journal().open_term(partition, observer);
        ASSERT_TRUE(writer) << writer.error();
        for (int i = 0; i < records; ++i) {
            ASSERT_TRUE((*writer)->append(test::draft(partition, std::to_string(i))));
        }
        const auto written = [&] {
            return storage->journal().head(partition)->next ==
                   Sequence(2 + static_cast<unsigned>(records));
        };
        ASSERT_TRUE(soon(written));
    }
    static bool soon(const std::function<bool()>& what) {
        for (int tries = 0; tries < 2000 && !what(); ++tries) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return what();
    }
    fs::path make() {
        EXPECT_TRUE(checkpoints->begin());
        EXPECT_TRUE(soon([&] { return !checkpoints->running(); }));
        const auto failed = checkpoints->failed();
        EXPECT_FALSE(failed) << to_string(*failed);
        const auto kept = checkpoints->kept();
        return kept.empty() ? fs::path() : kept.back().folder;
    }
    /// A copy, signed by its maker as one of a cluster, whatever is in it now.
    fs::path resigned(const fs::path& made, const std::function<void(const fs::path&)>& change) {
        const fs::path copy = scratch.path() / "copy";
        fs::remove_all(copy);
        fs::copy(made, copy, fs::copy_options::recursive);
        change(copy);
        auto manifest = open_manifest(made, storage->authority()).value();
        manifest.back_end = "kafka";
        manifest.files.clear();
        for (const char* part : {"rows", "journal"}) {
            for (const auto& entry : fs::directory_iterator(copy / part)) {
                const std::string name = entry.path().filename().string();
                if (entry.is_regular_file() && name != "LOCK" && !name.starts_with("LOG")) {
                    manifest.files.push_back(
                        {std::string(part) + "/" + name, sum_file(entry.path(), {}).value()});
                }
            }
        }
        EXPECT_TRUE(write_manifest(copy, manifest, storage->node()));
        return copy;
    }
    /// Where nobody listens: what gets as far as the brokers was found good.
    Result<Arrived> start_from(const fs::path& checkpoint) const {
        return checkpoint::start_from({checkpoint,
                                       newcomer,
                                       {{"bootstrap.servers", "127.0.0.1:1"}},
                                       "no-topic",
                                       std::chrono::milliseconds(500),
                                       {}});
    }
    [[nodiscard]] bool newcomer_is_empty() const {
        return !fs::exists(newcomer.journal()) && !fs::exists(newcomer.rows()) &&
               !fs::exists(arriving_in(newcomer)) && !has_arrived(newcomer);
    }

    test::ScratchFolder scratch;
    const ops::DataFolder giver{scratch.path() / "giver"};
    const ops::DataFolder newcomer{scratch.path() / "newcomer"};
    const SystemClock clock{};
    crypto::SystemEntropy entropy;
    test::RecordingObserver observer;
    std::unique_ptr<telemetry::Log> log;
    std::unique_ptr<ops::Storage> storage;
    std::unique_ptr<ops::Proving> proving;
    std::unique_ptr<Checkpoints> checkpoints;
};

TEST_F(CheckpointsTest, AreWholeLogsOfTheRootsThatTheyName) {
    const fs::path made = make();
    std::ostringstream out;
    std::ostringstream err;
    EXPECT_EQ(cli::run_tool({"--json", "log", "verify", "--data", made.string()}, out, err, false),
              0)
        << err.str() << out.str();
    const auto manifest = open_manifest(made, storage->authority());
    ASSERT_TRUE(manifest) << manifest.error();
    EXPECT_EQ(manifest->deployment, storage->genesis().hash());
    EXPECT_EQ(manifest->back_end, "embedded");
    ASSERT_EQ(manifest->partitions.size(), 3U);
    EXPECT_EQ(manifest->partitions[0].records, 2U);
    EXPECT_EQ(manifest->partitions[1].records, 7U);
    for (const CheckpointPartition& one : manifest->partitions) {
        EXPECT_NE(out.str().find(one.root.hex()), std::string::npos);
    }
}

TEST_F(CheckpointsTest, HoldRowsAndJournalAndNothingElseOfTheNode) {
    const fs::path made = make();
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(made)) {
        found.insert(entry.path().filename().string());
    }
    EXPECT_EQ(found,
              (std::set<std::string>{"journal", "manifest.json", "manifest.signature", "rows"}));
    std::set<std::string> named;
    const auto manifest = open_manifest(made, storage->authority()).value();
    for (const CheckpointFile& file : manifest.files) {
        EXPECT_EQ(sum_file(made / file.path, {}).value(), file.sum);
        named.insert(file.path);
    }
    for (const char* part : {"rows", "journal"}) {
        for (const auto& entry : fs::directory_iterator(made / part)) {
            const std::string path = std::string(part) + "/" + entry.path().filename().string();
            EXPECT_TRUE(named.contains(path)) << path;
            EXPECT_EQ(path.find("OPTIONS"), std::string::npos) << "it says where the giver lies";
        }
    }
}

TEST_F(CheckpointsTest, AreKeptUpToThreeOverARestart) {
    std::vector<fs::path> made;
    for (int i = 0; i < 4; ++i) {
        made.push_back(make());
    }
    checkpoints = std::make_unique<Checkpoints>(around());
    const auto kept = checkpoints->kept();
    ASSERT_EQ(kept.size(), 3U);
    EXPECT_EQ(kept.front().folder, made[1]);
    EXPECT_EQ(kept.back().folder, made[3]);
}

TEST_F(CheckpointsTest, AreDiscardedWithOneThatIsBeingMade) {
    make();
    ASSERT_TRUE(checkpoints->begin());
    EXPECT_TRUE(soon([&] { return checkpoints->discard().has_value(); }));
    EXPECT_TRUE(checkpoints->kept().empty());
    EXPECT_TRUE(fs::is_empty(checkpoints_in(giver)));
    EXPECT_FALSE(make().empty()) << "the next is made all the same";
}

TEST_F(CheckpointsTest, AreMadeOneAtATime) {
    ASSERT_TRUE(checkpoints->begin());
    const auto again = checkpoints->begin();
    EXPECT_TRUE(again || again.error() == admin::checkpoint_running);
    EXPECT_TRUE(soon([&] { return !checkpoints->running(); }));
    EXPECT_EQ(checkpoints->kept().size(), again ? 2U : 1U);
}

TEST_F(CheckpointsTest, BringANewcomerAsFarAsTheBrokers) {
    const auto reached = start_from(resigned(make(), [](const fs::path&) {}));
    ASSERT_FALSE(reached);
    EXPECT_EQ(reached.error(), journal::not_ready) << reached.error();
    EXPECT_TRUE(newcomer_is_empty());
}

TEST_F(CheckpointsTest, AreRefusedWhenAFileChanged) {
    const fs::path good = resigned(make(), [](const fs::path&) {});
    const auto manifest = open_manifest(good, storage->authority()).value();
    for (const CheckpointFile& file : manifest.files) {
        const fs::path path = good / file.path;
        std::string bytes;
        {
            std::ifstream in(path, std::ios::binary);
            bytes.assign(std::istreambuf_iterator<char>(in), {});
        }
        if (bytes.empty()) {
            continue;
        }
        std::string changed = bytes;
        changed[changed.size() / 2] ^= 1;
        std::ofstream(path, std::ios::binary) << changed;
        EXPECT_EQ(start_from(good).error(), checkpoint_differs) << file.path;
        std::ofstream(path, std::ios::binary) << bytes;
    }
    const fs::path one = good / manifest.files.front().path;
    const fs::path aside = scratch.path() / "aside";
    fs::rename(one, aside);
    EXPECT_EQ(start_from(good).error(), checkpoint_differs) << "not there";
    fs::create_symlink(aside, one);
    EXPECT_EQ(start_from(good).error(), checkpoint_differs) << "a link to the same bytes";
    EXPECT_TRUE(newcomer_is_empty());
}

TEST_F(CheckpointsTest, AreRefusedWithARecordThatItsMakerChanged) {
    const auto lie = [&](const fs::path& copy) {
        journal::EmbeddedStore::Options options;
        options.path = (copy / "journal").string();
        const auto store =
            journal::EmbeddedStore::open(options, partitions,
                                         journal::EmbeddedStore::Mode::tolerate_tail, false, {})
                .value();
        const auto page = store->read(PartitionId(1), Sequence(4), Sequence(5), {}).value();
        journal::Entry changed = *page.front();
        changed.record.personal_box.back() ^= 1;
        const auto entry = std::make_shared<const journal::Entry>(changed);
        ASSERT_TRUE(store->write(std::span(&entry, 1)));
    };
    const auto refused = start_from(resigned(make(), lie));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), checkpoint_bad_log) << refused.error();
    EXPECT_TRUE(newcomer_is_empty());
}

TEST_F(CheckpointsTest, AreRefusedWhenTheRowsAreAheadOfTheJournal) {
    const auto lie = [&](const fs::path& copy) {
        const auto rows = fold::RocksRows::open_store({.directory = copy / "rows"}).value();
        put(*rows, "meta.1", "position", fold::encode_row(Sequence(8)));
        fs::remove_all(copy / "rows" / "loading");
    };
    const auto refused = start_from(resigned(make(), lie));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), checkpoint_differs) << refused.error();
    EXPECT_TRUE(newcomer_is_empty());
}

TEST_F(CheckpointsTest, AreRefusedWhereTheyDoNotBelong) {
    const fs::path made = make();
    EXPECT_EQ(start_from(made).error(), other_version) << "of a node that is alone";
    const fs::path good = resigned(made, [](const fs::path&) {});

    fs::create_directories(newcomer.journal());
    std::ofstream(newcomer.journal() / "CURRENT") << "MANIFEST";
    EXPECT_EQ(start_from(good).error(), not_empty);
    fs::remove_all(newcomer.journal());

    fs::remove_all(newcomer.root());
    EXPECT_EQ(start_from(good).error(), keys::no_genesis) << "not enrolled";
    const auto key = crypto::P256PrivateKey::generate(entropy);
    ASSERT_TRUE(
        ops::found_data_folder(newcomer, schema::SANDBOX, partitions, key.point(), clock, entropy));
    EXPECT_EQ(start_from(good).error(), not_signed) << "another deployment has other nodes";
}

TEST_F(CheckpointsTest, LeaveOnlyTheTablesThatASumCovers) {
    fold::RocksRows::Options options;
    options.directory = scratch.path() / "rows";
    const auto rows = fold::RocksRows::open_store(options).value();
    for (const char* table : {"citizen.1", "slot.12", "rp_seq.1", "meta.1", "card.1", "card_of.1",
                              "attention.1", "control", "live", "positions", "tiles",
                              "fold/citizen.1/1/1", "key_retirement.1", "citizens"}) {
        put(*rows, table, "k", "v");
    }
    for (int again = 0; again < 2; ++again) {
        ASSERT_TRUE(drop_unchecked(*rows));
        EXPECT_EQ(rows->tables(),
                  (std::vector<std::string>{"citizen.1", "meta.1", "rp_seq.1", "slot.12"}));
    }
}

}  // namespace
}  // namespace chopmark::checkpoint
