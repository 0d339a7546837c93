// The bare comparator of appending: a RocksDB with one column family and one committer that writes
// what has queued as one synced batch while the next queues – the journal's queue and wake-ups with
// nothing of what makes it a journal. append() from any thread; `written` is called on the
// committer's thread, in order, when a batch is on the disk.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "events/core/bytes.h"
#include "events/core/result.h"

namespace chopmark::figures {

class BareLog {
  public:
    using Written = std::function<void(unsigned client)>;
    static Result<std::unique_ptr<BareLog>> open(const std::filesystem::path& folder,
                                                 Written written);
    ~BareLog();

    /// False when the queue is full.
    bool append(unsigned client, Bytes value);

  private:
    struct Parts;
    explicit BareLog(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

/// The bare comparator of keeping what others wrote: the same RocksDB, batches that are logged and
/// not synced. For one thread.
class BareKeep {
  public:
    static Result<std::unique_ptr<BareKeep>> open(const std::filesystem::path& folder);
    ~BareKeep();

    void add(ByteView value);
    /// What was added since, as one batch.
    void write();

  private:
    struct Parts;
    explicit BareKeep(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace chopmark::figures
