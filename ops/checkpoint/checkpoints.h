// The checkpoints of this node (design-notes A23): its rows and its journal as they were at one
// moment, in DIR/checkpoints/TIME/, for another node to start from (ops/checkpoint/arrival.h) or
// for `log verify` beside a running node. They are made of hard links while the node serves; what
// costs time is reading all of it once for the sums. One is made at a time, on a thread of its own,
// under a temporary name until it is whole and durable. No key, no secret and nothing of the node's
// own identity is in it. Rows and boxes of a person who is erased later are, sealed, as in any
// copy: an erasure therefore discards all checkpoints (design-notes A6). Safe from any thread.
//
//   TIME/rows/       as fold::RocksRows opens it
//   TIME/journal/    as an embedded journal's folder or a mirror
//   TIME/manifest.*  manifest.h
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include "ops/checkpoint/manifest.h"
#include "ops/proving.h"
#include "ops/storage.h"
#include "ops/telemetry/log.h"

namespace chopmark::checkpoint {

/// Where a node keeps them.
std::filesystem::path checkpoints_in(const ops::DataFolder& folder);

class Checkpoints {
  public:
    /// All must outlive the object.
    struct Surroundings {
        const ops::Storage& storage;
        const ops::Proving& proving;
        const Clock& clock;
        telemetry::Log& log;
        std::filesystem::path folder;
    };
    struct Options {
        /// The oldest beyond it go when another is made. They keep files alive that the node itself
        /// has long compacted away.
        std::size_t kept = 3;
        /// For the trees to reach the end of the journal that was copied.
        Duration tree_wait = std::chrono::seconds(30);
    };
    struct Made {
        std::filesystem::path folder;
        CheckpointManifest manifest;
    };

    explicit Checkpoints(const Surroundings& around) : Checkpoints(around, Options()) {}
    Checkpoints(const Surroundings& around, const Options& options);
    /// Gives up what is being made.
    ~Checkpoints();

    /// Starts making one; checkpoint.running while another is being made.
    Result<void> begin();
    [[nodiscard]] bool running() const;
    /// Why the last one failed; nothing: it did not.
    [[nodiscard]] std::optional<Error> failed() const;
    /// What is whole, oldest first.
    [[nodiscard]] std::vector<Made> kept() const;
    /// Removes all; checkpoint.running while one is still being given up.
    Result<void> discard();

  private:
    void run();
    Result<std::filesystem::path> make_guarded();
    Result<std::filesystem::path> make();
    Result<std::vector<CheckpointPartition>> look_at_trees(const std::filesystem::path& journal);
    Result<std::vector<CheckpointFile>> sum_files(const std::filesystem::path& folder);
    [[nodiscard]] std::vector<std::filesystem::path> folders() const;
    Result<void> prune();

    const Surroundings around_;
    const Options options_;
    std::atomic<bool> cancel_{false};
    mutable std::mutex mutex_;
    mutable std::optional<std::vector<Made>> known_;  // null: to be read from the disk
    bool running_ = false;
    std::optional<Error> failed_;
    std::thread thread_;
};

}  // namespace chopmark::checkpoint
