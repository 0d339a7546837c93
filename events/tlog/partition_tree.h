// The Merkle tree of one partition, folded from its accepted records in order. It knows its root
// now and at any older size, and proves both. Hashes are kept in rows of 256, as C2SP tlog-tiles
// cuts them (facts/verifiable-log.md 1.3); only full tiles are stored, one commit each, so at any
// moment at most 255 hashes a level live in memory and a restart folds at most 255 records again.
//
// append() from one thread at a time, everything else from any. Rows may be lost in a crash, never
// wrong: the tree then continues from a smaller size.
//
//   row = partition:u16 level:u8 tile:u64 → hash:32 * 256
//     hash i of tile n at level l is that of the subtree of leaves
//     [(256·n + i)·256^l, (256·n + i + 1)·256^l)
#pragma once

#include <memory>
#include <mutex>
#include <span>

#include "events/fold/row_store.h"
#include "events/journal/journal.h"
#include "events/tlog/proof.h"

namespace chopmark::tlog {

/// Records that do not continue the tree.
inline constexpr Reason not_next{"tlog.not_next", Kind::internal};

/// The table that the trees of all partitions share.
inline constexpr std::string_view tiles_table = "tiles";
inline constexpr unsigned tile_hashes = 256;
inline constexpr unsigned tile_levels = 8;  // 256^8 = 2^64

class PartitionTree final : private HashSource {
  public:
    /// As large as the full tiles in the store say; `store` must outlive the tree.
    static Result<std::unique_ptr<PartitionTree>> open(PartitionId partition,
                                                       fold::RowStore& store);

    /// tlog.not_next, changing nothing, unless the entries are of this partition and begin at
    /// size(). On an error of the store the tree holds the leaves before the first tile that could
    /// not be stored.
    Result<void> append(std::span<const journal::EntryPtr> entries);
    /// Reads what the journal holds beyond size(), up to its end.
    Result<void> catch_up(const journal::Journal& journal);

    [[nodiscard]] PartitionId partition() const { return partition_; }
    /// Sequence of the next record.
    [[nodiscard]] std::uint64_t size() const { return head().size; }
    [[nodiscard]] TreeHead head() const;

    /// tlog.beyond_tree for a size or index that is not reached yet.
    [[nodiscard]] Result<TreeHead> head_at(std::uint64_t size) const;
    [[nodiscard]] Result<Proof> inclusion(std::uint64_t index, std::uint64_t size) const;
    [[nodiscard]] Result<Proof> consistency(std::uint64_t older, std::uint64_t newer) const;

  private:
    using Tile = std::vector<Digest>;

    PartitionTree(PartitionId partition, fold::RowStore& store, fold::TablePtr table)
        : partition_(partition), store_(&store), table_(std::move(table)) {}
    [[nodiscard]] Bytes key(unsigned level, std::uint64_t tile) const;
    [[nodiscard]] Result<Tile> stored(unsigned level, std::uint64_t tile) const;
    Result<void> load();
    Result<void> add(const Digest& leaf);
    [[nodiscard]] Result<std::vector<Digest>> hashes(std::span<const NodeAt> nodes) const override;

    PartitionId partition_;
    fold::RowStore* store_;
    fold::TablePtr table_;
    mutable std::mutex mutex_;  // guards the rest
    RightEdge edge_;
    std::array<Tile, tile_levels> open_;  // the tile being filled, by level
};

}  // namespace chopmark::tlog
