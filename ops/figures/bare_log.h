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

}  // namespace chopmark::figures
