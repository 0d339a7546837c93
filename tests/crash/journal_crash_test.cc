// The embedded journal under SIGKILL: at random moments, at every file-system call of a commit, and
// at calls of an opening. After each death the journal is opened again and held to what its victim
// said: every acknowledged record is there, once, unchanged, and the chain is good. CHOPMARK_KILLS
// says how often (150; 50 where the address sanitizer makes each dear), CHOPMARK_SEED which run.
#include <gtest/gtest.h>
#include <signal.h>

#include <map>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "events/crypto/digest.h"
#include "tests/support/child_process.h"
#include "tests/support/journal_home.h"

namespace chopmark::test {
namespace {

namespace fs = std::filesystem;

#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t kills_a_run = 50;
#else
constexpr std::uint64_t kills_a_run = 150;
#endif

/// A kill does not lose what was written; so memory will do, where there is such a folder.
std::string crash_folder() {
    const fs::path memory = "/dev/shm";
    const fs::path base = fs::is_directory(memory) ? memory : fs::temp_directory_path();
    std::string name = (base / "chopmark-crash.XXXXXX").string();
    ensure(::mkdtemp(name.data()) != nullptr, "a folder for the crash test");
    return name;
}

/// All that was ever acknowledged, and what the journal holds of it.
class Ledger {
  public:
    explicit Ledger(const JournalHome& home) {
        for (std::uint16_t p = 0; p <= home.founding.partitions; ++p) {
            pages_.push_back(
                {journal::AcceptRule(PartitionId(p), home.founding.hash, home.ca), {}});
        }
    }

    void note(const std::string& line) {
        std::istringstream words(line);
        std::string verb;
        std::uint16_t partition = 0;
        std::uint64_t sequence = 0;
        std::string stored;
        words >> verb >> partition >> sequence >> stored;
        if (verb == "accepted") {
            acknowledged_[{partition, sequence}] = stored;
        }
    }
    [[nodiscard]] std::size_t acknowledged() const { return acknowledged_.size(); }

    /// Takes what is new in the journal; with `all`, compares everything there from the beginning.
    void compare(const journal::Journal& journal, bool all) {
        for (std::uint16_t p = 0; p < pages_.size(); ++p) {
            fold(journal, p);
            if (all) {
                reread(journal, p);
            }
        }
        for (const auto& [place, stored] : acknowledged_) {
            const auto& [partition, sequence] = place;
            ASSERT_LT(sequence, pages_[partition].stored.size())
                << "acknowledged and gone: partition " << partition << ", sequence " << sequence;
            ASSERT_EQ(pages_[partition].stored[sequence], stored)
                << "acknowledged and changed: partition " << partition << ", sequence " << sequence;
        }
    }

  private:
    struct Page {
        journal::AcceptRule rule;
        std::vector<std::string> stored;  // SHA-256 of every stored record, by sequence
    };

    void fold(const journal::Journal& journal, std::uint16_t partition) {
        Page& page = pages_[partition];
        for (;;) {
            const auto entries =
                journal.read(PartitionId(partition), page.rule.head().next, {}).value();
            if (entries.empty()) {
                break;
            }
            for (const auto& entry : entries) {
                const auto verdict = page.rule.offer(entry->record.leaf);
                ASSERT_TRUE(verdict) << to_string(verdict.error());
                page.stored.push_back(crypto::sha256(encode(entry->record)).hex());
                if (record::decode_prelude(entry->record.leaf)->type == some_type) {
                    ASSERT_TRUE(bodies_.insert(body_of(entry->record)).second)
                        << "twice in the journal: " << body_of(entry->record);
                }
            }
        }
        ASSERT_EQ(*journal.head(PartitionId(partition)), page.rule.head());
    }
    void reread(const journal::Journal& journal, std::uint16_t partition) {
        const auto entries = JournalHome::all_of(journal, PartitionId(partition));
        ASSERT_EQ(entries.size(), pages_[partition].stored.size());
        for (std::size_t i = 0; i < entries.size(); ++i) {
            ASSERT_EQ(crypto::sha256(encode(entries[i]->record)).hex(),
                      pages_[partition].stored[i]);
        }
    }

    std::vector<Page> pages_;
    std::set<std::string> bodies_;
    std::map<std::pair<std::uint16_t, std::uint64_t>, std::string> acknowledged_;
};

class JournalCrash : public ::testing::Test {
  protected:
    ~JournalCrash() override {
        std::error_code ignored;
        fs::remove_all(folder, ignored);
    }

    struct Death {
        std::uint64_t at_call = 0;  // 0: from outside, after `moment`
        bool opening = false;
        std::chrono::microseconds moment{0};
    };
    Death draw(std::size_t kill) {
        switch (kill % 3) {
            case 0:
                return {0, false, std::chrono::microseconds(dice() % 60'000)};
            case 1:  // one call after the other: every call of a commit has its turn
                return {1 + kill / 3, false, {}};
            default:
                return {1 + dice() % 60, true, {}};
        }
    }
    /// Lets a child live and die; what it said goes to the ledger.
    void kill_one(std::size_t kill, Ledger& ledger) {
        const Death death = draw(kill);
        ChildProcess child({std::string(CHOPMARK_BINARY_DIR) + "/journal_child",
                            home.options.store.path, "life" + std::to_string(kill),
                            std::to_string(death.at_call),
                            death.opening ? "opening" : "appending"});
        std::thread killer;
        while (const auto line = child.next_line()) {
            ledger.note(*line);
            if (*line == "opened" && death.at_call == 0) {
                killer = std::thread([&child, death] {
                    std::this_thread::sleep_for(death.moment);
                    child.kill();
                });
            }
        }
        if (killer.joinable()) {
            killer.join();
        }
        ASSERT_EQ(child.wait(), SIGKILL) << "kill " << kill;
    }

    const std::string folder = crash_folder();
    JournalHome home{folder + "/journal"};
    std::mt19937_64 dice;
};

TEST_F(JournalCrash, EveryAcknowledgedRecordIsThereOnceAndUnchanged) {
    const std::uint64_t kills = number_from_environment("CHOPMARK_KILLS", kills_a_run);
    const std::uint64_t seed = number_from_environment("CHOPMARK_SEED", std::random_device()());
    dice.seed(seed);
    Ledger ledger(home);
    for (std::size_t kill = 0; kill < kills; ++kill) {
        SCOPED_TRACE("seed " + std::to_string(seed) + ", kill " + std::to_string(kill));
        kill_one(kill, ledger);
        const auto journal = home.open();
        ASSERT_TRUE(journal) << to_string(journal.error());
        ledger.compare(**journal, kill % 10 == 9 || kill + 1 == kills);
        if (HasFatalFailure()) {
            return;
        }
    }
    std::printf("%zu records were acknowledged\n", ledger.acknowledged());
    EXPECT_GT(ledger.acknowledged(), kills);  // they died at work
}

}  // namespace
}  // namespace chopmark::test
