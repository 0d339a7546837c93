// Which table holds the rows of which fold now. A fold of another version, or one that is rebuilt,
// fills a table of its own beside the live one; switching to it is one synced commit, and a table
// that no fold lives in is dropped at the next start. Safe from any thread.
//
//   table "live":  name of the fold → version:u32 generation:u64
//   table of rows: "fold/" name "/" version "/" generation
#pragma once

#include <map>
#include <mutex>

#include "events/fold/positions.h"

namespace chopmark::fold {

inline constexpr Reason not_live{"fold.not_live", Kind::unavailable};  // no rows to read yet

/// The rows of a fold at one moment, and how far they had come.
class Reading {
  public:
    Reading(TablePtr table, std::unique_ptr<ReadView> rows, Positions positions)
        : table_(std::move(table)), rows_(std::move(rows)), positions_(std::move(positions)) {}

    [[nodiscard]] Result<std::optional<Bytes>> get(ByteView key) const {
        return rows_->get(*table_, key);
    }
    [[nodiscard]] std::unique_ptr<RowCursor> scan(KeyRange range,
                                                  Direction direction = Direction::forward) const {
        return rows_->scan(*table_, std::move(range), direction);
    }
    [[nodiscard]] const Positions& positions() const { return positions_; }
    [[nodiscard]] const TablePtr& table() const { return table_; }
    [[nodiscard]] const ReadView& rows() const { return *rows_; }

  private:
    TablePtr table_;
    std::unique_ptr<ReadView> rows_;
    Positions positions_;
};

class LiveTables {
  public:
    /// Drops the tables that a crash left half-built. `store` must outlive the object.
    static Result<std::unique_ptr<LiveTables>> open(RowStore& store);

    /// The live table of this fold. If there is none of this version an empty one becomes live, to
    /// be folded from the beginning, and the one of another version is dropped.
    Result<TablePtr> adopt(std::string_view name, std::uint32_t version);

    /// A fresh table beside the live one. Nobody reads it until switch_to().
    Result<TablePtr> make_beside(std::string_view name, std::uint32_t version);
    /// Makes a table of make_beside() the live one, durably, then drops the old one.
    Result<void> switch_to(const TablePtr& table);
    /// Drops a table of make_beside() with its position.
    Result<void> discard(const TablePtr& table);

    /// The fold of this table has come so far; the rows behind its stored position that led there
    /// wrote nothing.
    void come_to(const TablePtr& table, const Positions& at);

    /// fold.not_live for a fold that was never adopted.
    [[nodiscard]] Result<Reading> read(std::string_view name) const;
    [[nodiscard]] Result<TablePtr> live(std::string_view name) const;

    [[nodiscard]] RowStore& store() const { return *store_; }
    [[nodiscard]] const TablePtr& positions() const { return positions_; }

  private:
    struct Place {
        std::uint32_t version = 0;
        std::uint64_t generation = 0;
        friend bool operator==(const Place&, const Place&) = default;
    };
    LiveTables(RowStore& store, TablePtr catalog, TablePtr positions)
        : store_(&store), catalog_(std::move(catalog)), positions_(std::move(positions)) {}
    Result<void> load();
    Result<void> enter(const std::string& name, const Place& place, const TablePtr& table);
    static std::string table_name(std::string_view name, const Place& place);

    RowStore* store_;
    TablePtr catalog_;
    TablePtr positions_;
    std::mutex changes_;        // one change at a time
    mutable std::mutex mutex_;  // guards the maps below
    std::map<std::string, std::pair<Place, TablePtr>, std::less<>> live_;
    std::map<std::string, std::pair<std::string, Place>, std::less<>> beside_;  // by table name
    std::map<std::string, Positions, std::less<>> come_to_;                     // by table name
    std::uint64_t next_generation_ = 1;
};

}  // namespace chopmark::fold
