// A folder in which embedded journals live one after another, with all that they lean on. The file
// system is unkind on demand.
#pragma once

#include <memory>

#include "events/journal/embedded.h"
#include "tests/support/file_system.h"
#include "tests/support/journal_drafts.h"
#include "tests/support/journal_observer.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/simulated.h"
#include "tests/support/test_node.h"

namespace chopmark::test {

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

class JournalHome {
  public:
    explicit JournalHome(std::string path);

    Result<std::unique_ptr<journal::EmbeddedJournal>> open() const;
    /// All accepted records of a partition.
    static std::vector<journal::EntryPtr> all_of(const journal::Journal& journal,
                                                 PartitionId partition);
    /// The bodies of all but the opening records.
    static std::vector<std::string> bodies_in(const journal::Journal& journal,
                                              PartitionId partition);

    journal::Founding founding = founding_of("the genesis document");
    TestNodeCa ca{"ca"};
    TestNode node = ca.issue("first");
    ManualClock clock;
    mutable SharedEntropy entropy{7};
    std::shared_ptr<UnkindFileSystem> files = std::make_shared<UnkindFileSystem>();
    journal::EmbeddedJournal::Options options;
};

}  // namespace chopmark::test
