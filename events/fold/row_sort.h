// Rows that come in any order and are loaded in order of their keys: for views that only add
// (View::only_adds), whose keys have nothing to do with the order of the journal. Each thread
// collects rows of its own; what does not fit in memory is sorted and set aside as one chunk, and
// the chunks are merged into runs, side by side, each over a range of leading bytes. Of rows with
// the same key the one with the greatest value is kept, so the result does not depend on threads.
//
//   chunk = (key_length:u32 value_length:u32 key value)*      ; rising keys, then rising values
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "events/fold/row_store.h"

namespace chopmark::fold {

inline constexpr Reason row_too_large{"fold.row_too_large", Kind::internal};

class RowSort {
  public:
    /// Chunks are files `name.number` in `scratch`, which must exist; gone with the object.
    RowSort(std::filesystem::path scratch, std::string name);
    ~RowSort();
    RowSort(const RowSort&) = delete;
    RowSort& operator=(const RowSort&) = delete;

  private:
    struct Chunk;

  public:
    /// One thread's rows, of at most about `memory_bytes` at once (64 KiB at least). The sort must
    /// outlive it.
    class Collector {
      public:
        Collector(RowSort& sort, std::size_t memory_bytes);
        /// fold.row_too_large beyond a mebibyte: no event makes such a row.
        Result<void> add(ByteView key, ByteView value);
        /// Hands over what is in memory; nothing can be added any more.
        void finish();

      private:
        struct Row {
            std::uint64_t lead;  // of the key, so that most compares need not look further
            std::uint32_t at;
        };
        /// What is in memory, in order; empties it.
        std::unique_ptr<Chunk> take();
        Result<void> set_aside();

        RowSort& sort_;
        std::size_t memory_bytes_;
        Bytes bytes_;
        std::vector<Row> rows_;
    };

    /// Merges all that was handed over into runs, by so many threads; how many rows.
    Result<std::uint64_t> load(TableLoad& into, unsigned threads);

  private:
    class Reader;
    /// Of leading bytes, the end not included.
    struct Range {
        std::size_t begin;
        std::size_t end;
    };

    [[nodiscard]] std::vector<Range> ranges(std::size_t wanted) const;
    Result<std::uint64_t> merge(const Range& range, TableLoad& into) const;

    std::filesystem::path scratch_;
    std::string name_;
    std::mutex mutex_;
    std::uint64_t next_chunk_ = 0;
    std::vector<std::unique_ptr<Chunk>> chunks_;
};

}  // namespace chopmark::fold
