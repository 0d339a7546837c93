// What the journal contract needs of a back end: a log that outlives the journals opened on it, and
// ways to hurt it. One world is made for each test and holds one empty log.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "events/core/limits.h"
#include "events/journal/journal.h"
#include "events/journal/surroundings.h"
#include "tests/support/journal_home.h"
#include "tests/support/journal_observer.h"
#include "tests/support/test_node.h"

namespace chopmark::test {

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
    static std::vector<journal::EntryPtr> all_of(const journal::Journal& of,
                                                 PartitionId partition) {
        return JournalHome::all_of(of, partition);
    }
    static std::vector<std::string> bodies_in(const journal::Journal& of, PartitionId partition) {
        return JournalHome::bodies_in(of, partition);
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

}  // namespace chopmark::test
