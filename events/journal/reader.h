// A log as it lies on the disk, for tools: nobody writes it, and reading changes nothing – not a
// byte, not a file name – in the folder. What lies there is handed out as it is, in the order of
// the keys; whether it counts, and whether it is whole, is for the caller to judge. Where RocksDB's
// own checksum of a block fails, the block is read all the same, so that the caller can say which
// record and which layer was hurt; the cursor's status tells at the end.
//
// Safe from any thread; a cursor is one thread's.
#pragma once

#include <memory>
#include <string>

#include "events/journal/journal.h"

namespace chopmark::journal {

/// Walks one partition. sequence() and stored() are good until next().
class RecordCursor {
  public:
    virtual ~RecordCursor() = default;
    [[nodiscard]] virtual bool valid() const = 0;
    [[nodiscard]] virtual Sequence sequence() const = 0;
    /// In the grammar of record/record.h.
    [[nodiscard]] virtual ByteView stored() const = 0;
    virtual void next() = 0;
    /// journal.damaged once a block did not match its checksum or could not be read.
    [[nodiscard]] virtual Result<void> status() const = 0;
};

class RecordSource {
  public:
    virtual ~RecordSource() = default;
    /// Citizen partitions; partition 0 is control.
    [[nodiscard]] virtual std::uint16_t partitions() const = 0;
    /// One behind the last record; an estimate is good enough for who shows progress.
    [[nodiscard]] virtual Result<Sequence> end(PartitionId partition) const = 0;
    [[nodiscard]] virtual std::unique_ptr<RecordCursor> walk(PartitionId partition,
                                                             Sequence from) const = 0;
};

/// The stored bytes of one record; journal.beyond_end when it is not there.
Result<Bytes> stored_at(const RecordSource& source, PartitionId partition, Sequence at);

/// The folder of an embedded journal, of a stopped node or a copy.
class OfflineReader final : public RecordSource {
  public:
    /// journal.locked while a node has the folder open; journal.damaged when RocksDB cannot make
    /// sense of it; journal.not_ready when it is not there.
    static Result<std::unique_ptr<OfflineReader>> open(const std::string& folder);
    ~OfflineReader() override;

    [[nodiscard]] std::uint16_t partitions() const override;
    [[nodiscard]] Result<Sequence> end(PartitionId partition) const override;
    [[nodiscard]] std::unique_ptr<RecordCursor> walk(PartitionId partition,
                                                     Sequence from) const override;

  private:
    struct Database;
    class Cursor;
    explicit OfflineReader(std::unique_ptr<Database> database);
    std::unique_ptr<Database> database_;
};

}  // namespace chopmark::journal
