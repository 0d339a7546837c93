// A founded sandbox with its journal and keys and nothing that decides: where figures write records
// themselves. One open term in every partition, by a Lane that counts what was accepted.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "events/crypto/system_entropy.h"
#include "events/journal/embedded.h"
#include "events/keys/key_vault.h"
#include "events/tlog/merkle.h"
#include "ops/founding.h"

namespace chopmark::figures {

class LogHome {
  public:
    /// Called with every accepted record that is not a TermOpened, on the committer's thread.
    using Accepted = std::function<void(const journal::Entry& entry)>;

    /// Founds and opens. `trees`: keep each partition's Merkle edge, for cuts.
    static Result<std::unique_ptr<LogHome>> make(const std::filesystem::path& root,
                                                 Accepted accepted, bool trees);
    ~LogHome();

    Result<void> append(PartitionId partition, record::Record draft);
    /// Waits while the queue is full, too.
    Result<void> append_in_time(PartitionId partition, record::Record draft);
    /// Until everything appended was accepted.
    void drain() const;

    /// Closes the journal, with its memory sorted into files, or opens it again without terms.
    void close();
    Result<void> reopen();

    [[nodiscard]] std::uint16_t partitions() const { return opened_->genesis.facts().partitions; }
    [[nodiscard]] tlog::TreeHead tree(PartitionId partition) const;
    [[nodiscard]] journal::Journal& journal() { return *journal_; }
    [[nodiscard]] const keys::KeyVault& vault() const { return *vault_; }
    [[nodiscard]] const ops::Opened& opened() const { return *opened_; }
    [[nodiscard]] const ops::DataFolder& folder() const { return folder_; }
    [[nodiscard]] const SystemClock& clock() const { return clock_; }
    [[nodiscard]] Entropy& entropy() { return entropy_; }

  private:
    class Lane;
    explicit LogHome(const std::filesystem::path& root);
    Result<void> open_terms(Accepted accepted, bool trees);

    SystemClock clock_;
    crypto::SystemEntropy entropy_;
    ops::DataFolder folder_;
    std::optional<ops::Opened> opened_;
    std::unique_ptr<keys::KeyVault> vault_;
    std::unique_ptr<journal::EmbeddedJournal> journal_;
    std::vector<std::unique_ptr<Lane>> lanes_;  // by partition; gone before the journal
    std::uint64_t appended_ = 0;                // by append_in_time's one caller
    std::atomic<std::uint64_t> accepted_{0};
};

}  // namespace chopmark::figures
