// What the journal contract needs of a back end: a log that outlives the journals opened on it, and
// ways to hurt it. One world is made for each test and holds one empty log.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>

#include "events/core/limits.h"
#include "events/journal/journal.h"
#include "events/journal/surroundings.h"
#include "tests/support/journal_drafts.h"
#include "tests/support/journal_observer.h"
#include "tests/support/test_node.h"

namespace chopmark::testing {

/// Repeatable, yet safe from several threads.
class SharedEntropy final : public Entropy {
  public:
    explicit SharedEntropy(std::uint64_t seed) : entropy_(seed) {}
    void fill(std::span<std::uint8_t> out) override {
        const std::lock_guard lock(mutex_);
        entropy_.fill(out);
    }

  private:
    std::mutex mutex_;
    SeededEntropy entropy_;
};

class ManualClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override { return Instant::from_micros(micros_); }
    void set(Instant at) { micros_ = at.micros(); }

  private:
    std::atomic<std::int64_t> micros_{1'800'000'000'000'000};
};

class JournalWorld {
  public:
    struct Settings {
        std::size_t queue_records = limits::append_queue_records;
    };

    virtual ~JournalWorld() = default;
    /// Opens the world's log as `node` would after a start.
    virtual Result<std::unique_ptr<journal::Journal>> open(
        const journal::Founding& founding, const journal::Surroundings& surroundings,
        const Settings& settings) = 0;

    /// Whether several journals may be open on the log at once, and strangers may write to it.
    [[nodiscard]] virtual bool shared() const = 0;
    /// Puts bytes into the store past every journal; only if shared().
    virtual void put_foreign(PartitionId partition, Bytes stored) = 0;

    /// Whether break_store() and mend_store() can be had.
    [[nodiscard]] virtual bool breakable() const = 0;
    /// From now on nothing can be written, as on a full disk.
    virtual void break_store() = 0;
    virtual void mend_store() = 0;
};

using WorldFactory = std::function<std::unique_ptr<JournalWorld>()>;
struct WorldCase {
    std::string name;
    WorldFactory make;
};
inline std::string name_of(const ::testing::TestParamInfo<WorldCase>& info) {
    return info.param.name;
}

/// One log, one CA, two nodes, and one journal opened by the first.
class JournalContract : public ::testing::TestWithParam<WorldCase> {
  protected:
    static constexpr PartitionId citizens{2};

    void SetUp() override {
        world = GetParam().make();
        start();
    }
    void TearDown() override { journal.reset(); }

    Result<std::unique_ptr<journal::Journal>> open_as(const TestNode& node,
                                                      JournalWorld::Settings settings = {}) {
        return world->open(founding, {ca, node, clock, entropy}, settings);
    }
    void start(JournalWorld::Settings settings = {}) {
        auto opened = open_as(first, settings);
        ASSERT_TRUE(opened) << to_string(opened.error());
        journal = std::move(*opened);
    }
    void restart(JournalWorld::Settings settings = {}) {
        journal.reset();
        start(settings);
    }
    /// A writer of a new term; the test fails when there is none.
    std::unique_ptr<journal::Writer> writer_for(RecordingObserver& observer,
                                                PartitionId partition = citizens) {
        auto writer = journal->open_term(partition, observer);
        EXPECT_TRUE(writer) << to_string(writer.error());
        return writer ? std::move(*writer) : nullptr;
    }
    /// All accepted records of a partition, page by page.
    std::vector<journal::EntryPtr> all_of(const journal::Journal& of, PartitionId partition) const {
        std::vector<journal::EntryPtr> out;
        for (;;) {
            const auto page = of.read(partition, Sequence(out.size()), {});
            EXPECT_TRUE(page) << to_string(page.error());
            if (!page || page->empty()) {
                return out;
            }
            out.insert(out.end(), page->begin(), page->end());
        }
    }
    std::vector<std::string> bodies_in(const journal::Journal& of, PartitionId partition) const {
        std::vector<std::string> out;
        for (const auto& entry : all_of(of, partition)) {
            const auto type = record::decode_prelude(entry->record.leaf)->type;
            if (type != journal::partition_opened && type != journal::term_opened) {
                out.push_back(body_of(entry->record));
            }
        }
        return out;
    }
    static std::string numbered(std::string_view name, std::size_t number) {
        return std::string(name) + ' ' + std::to_string(number);
    }

    const journal::Founding founding = founding_of("the genesis document");
    const TestNodeCa ca{"ca"};
    const TestNode first = ca.issue("first", "first:1");
    const TestNode second = ca.issue("second", "second:2");
    ManualClock clock;
    SharedEntropy entropy{7};
    std::unique_ptr<JournalWorld> world;
    std::unique_ptr<journal::Journal> journal;
};

}  // namespace chopmark::testing
