// Where folds keep their rows: state store, views, indexes and detectors all stand on this port and
// on nothing else. A store holds named tables of rows sorted by key as unsigned bytes. One contract
// suite (tests/contract/fold_rows_test.cc) binds both adapters, RocksDB (rocks_rows.h) and memory
// (memory_rows.h).
//
// Rows can always be folded again from the journal, so a commit is atomic over all its tables but
// need not be durable at once: after a crash the store is as it was after some earlier commit, and
// the position committed with the rows says which.
//
// Threads: everything may be called from any thread, but a table has one writer at a time.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "events/core/bytes.h"
#include "events/core/result.h"

namespace chopmark::fold {

inline constexpr Reason rows_unavailable{"fold.rows_unavailable", Kind::unavailable};  // I/O, disk
inline constexpr Reason rows_damaged{"fold.rows_damaged", Kind::damaged};
inline constexpr Reason rows_locked{"fold.rows_locked", Kind::conflict};  // another process has it
inline constexpr Reason rows_unsorted{"fold.rows_unsorted", Kind::internal};

/// Keys from `begin` up to, not including, `end`; an empty end is no end.
struct KeyRange {
    Bytes begin;
    Bytes end;

    static KeyRange all() { return {}; }
    static KeyRange from(ByteView first) { return {Bytes(first), {}}; }
    static KeyRange prefix(ByteView prefix);
    [[nodiscard]] bool contains(ByteView key) const {
        return key >= begin && (end.empty() || key < end);
    }
    friend bool operator==(const KeyRange&, const KeyRange&) = default;
};

/// A table stays readable for as long as somebody holds it, even after it was dropped.
class Table {
  public:
    explicit Table(std::string name) : name_(std::move(name)) {}
    virtual ~Table() = default;
    Table(const Table&) = delete;
    Table& operator=(const Table&) = delete;
    [[nodiscard]] const std::string& name() const { return name_; }

  private:
    std::string name_;
};
using TablePtr = std::shared_ptr<const Table>;

enum class Direction : std::uint8_t { forward, backward };

/// Walks the rows of a range as they were when the cursor was made. Key and value are good until
/// next(). A cursor that is no longer valid has come to the end, or status() says why not.
class RowCursor {
  public:
    virtual ~RowCursor() = default;
    [[nodiscard]] virtual bool valid() const = 0;
    [[nodiscard]] virtual ByteView key() const = 0;
    [[nodiscard]] virtual ByteView value() const = 0;
    virtual void next() = 0;
    [[nodiscard]] virtual Result<void> status() const = 0;
};

/// Rows as a query sees them. It keeps the store's files from being deleted: release it soon.
class ReadView {
  public:
    virtual ~ReadView() = default;
    [[nodiscard]] virtual Result<std::optional<Bytes>> get(const Table& table,
                                                           ByteView key) const = 0;
    [[nodiscard]] virtual std::unique_ptr<RowCursor> scan(
        const Table& table, KeyRange range, Direction direction = Direction::forward) const = 0;
};

class RowBatch;

enum class Durability : std::uint8_t {
    buffered,  // survives the process; a power cut may take the last commits, in order
    synced,
};

/// Rows of one sorted stretch of a table that is being loaded.
class SortedRun {
  public:
    virtual ~SortedRun() = default;
    /// Keys MUST rise strictly, else fold.rows_unsorted.
    virtual Result<void> add(ByteView key, ByteView value) = 0;
    virtual Result<void> finish() = 0;
};

/// Fills a fresh table that nobody else writes, at the speed of the disk. Runs may be written side
/// by side by several threads; their key ranges MUST NOT overlap. What was not finished leaves no
/// trace.
class TableLoad {
  public:
    virtual ~TableLoad() = default;
    virtual Result<std::unique_ptr<SortedRun>> begin_run() = 0;
    /// All finished runs become visible and durable, at once.
    virtual Result<void> finish() = 0;
};

/// Counters since start.
struct RowsProbe {
    std::uint64_t commits = 0;
    std::uint64_t puts = 0;      // rows written, for the row budget
    std::uint64_t erasures = 0;  // rows deleted
    std::uint64_t gets = 0;
    std::uint64_t scans = 0;
    std::uint64_t loaded = 0;  // rows that came by TableLoad
    bool ready = true;         // false once a write has failed: the store must be opened again
};

class RowStore {
  public:
    virtual ~RowStore() = default;

    /// Makes the table if it is not there.
    virtual Result<TablePtr> open(std::string_view name) = 0;
    /// The table and its rows are gone from the list at once, from the disk when nobody holds it.
    virtual Result<void> drop(const TablePtr& table) = 0;
    [[nodiscard]] virtual std::vector<std::string> tables() const = 0;

    /// Every read sees what is committed by then.
    [[nodiscard]] virtual const ReadView& latest() const = 0;
    /// All tables at one moment.
    [[nodiscard]] virtual std::unique_ptr<ReadView> snapshot() const = 0;

    /// Writes all batches as one.
    virtual Result<void> commit(std::span<const RowBatch* const> batches,
                                Durability durability) = 0;

    virtual Result<std::unique_ptr<TableLoad>> load(const TablePtr& table) = 0;

    /// After it returns, rows of the range that were erased or overwritten are no longer in the
    /// store's files (an erasure run needs this). Rewrites the range: slow.
    virtual Result<void> scrub(const Table& table, const KeyRange& range) = 0;

    [[nodiscard]] virtual RowsProbe probe() const = 0;
};

}  // namespace chopmark::fold
