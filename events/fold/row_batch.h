// Rows that a fold has written but not yet committed, laid over the rows below them: a fold reads
// its own writes, and a row that is written many times in a batch is stored once. The same class
// holds a whole slot in memory when a view is rebuilt, over nothing.
//
// One thread. All fallible calls fail only because the store below does.
#pragma once

#include <functional>
#include <map>

#include "events/fold/row_store.h"

namespace chopmark::fold {

class RowBatch {
  public:
    using Rows = std::map<Bytes, std::optional<Bytes>, std::less<>>;  // no value: erased
    /// Returns false to stop.
    using Visit = std::function<bool(ByteView key, ByteView value)>;

    /// Over the rows of `table` in `below`, which must outlive the batch.
    RowBatch(TablePtr table, const ReadView& below) : table_(std::move(table)), below_(&below) {}
    /// Over no rows at all.
    explicit RowBatch(TablePtr table) : table_(std::move(table)) {}

    [[nodiscard]] Result<std::optional<Bytes>> get(ByteView key) const;
    /// Rows in key order. `visit` MUST NOT change the batch.
    [[nodiscard]] Result<void> scan(const KeyRange& range, const Visit& visit) const;

    void put(ByteView key, Bytes value);
    void erase(ByteView key);
    /// Every row of the range, those below included. Meant for the rows of one person.
    void erase_range(const KeyRange& range);

    /// undo() takes the batch back to the last mark(), once. Without a mark nothing is remembered.
    void mark();
    void undo();

    void clear();

    [[nodiscard]] const Table& table() const { return *table_; }
    [[nodiscard]] const Rows& rows() const { return rows_; }
    /// To be erased before rows() are written.
    [[nodiscard]] const std::vector<KeyRange>& erased() const { return erased_; }
    [[nodiscard]] bool empty() const { return rows_.empty() && erased_.empty(); }
    /// Keys and values held, roughly.
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

  private:
    struct Change {
        Rows::iterator row;
        bool was_new;
        std::optional<Bytes> before;
    };

    void write(ByteView key, std::optional<Bytes> value);
    void remember(Change change);
    [[nodiscard]] bool hidden(ByteView key) const;

    TablePtr table_;
    const ReadView* below_ = nullptr;
    Rows rows_;
    std::vector<KeyRange> erased_;
    std::size_t bytes_ = 0;
    bool marked_ = false;
    std::vector<Change> changes_;  // since the mark
    std::size_t erased_at_mark_ = 0;
};

}  // namespace chopmark::fold
