#include "events/tlog/partition_tree.h"

#include "events/core/limits.h"
#include "events/fold/row_batch.h"

namespace chopmark::tlog {
namespace {

constexpr unsigned tile_height = 8;  // 2^8 hashes

/// The root over a power of two of hashes.
Digest fold_up(std::span<const Digest> hashes) {
    RightEdge edge;
    for (const Digest& hash : hashes) {
        edge.append(hash);
    }
    return edge.root();
}

}  // namespace

Bytes PartitionTree::key(unsigned level, std::uint64_t tile) const {
    Bytes out;
    append_big_endian(out, partition_.value());
    append_big_endian(out, static_cast<std::uint8_t>(level));
    append_big_endian(out, tile);
    return out;
}

Result<PartitionTree::Tile> PartitionTree::stored(unsigned level, std::uint64_t tile) const {
    CHOPMARK_ASSIGN(const auto row, store_->latest().get(*table_, key(level, tile)));
    if (!row || row->size() != tile_hashes * Digest::size) {
        return Error(fold::rows_damaged,
                     "tile " + std::to_string(tile) + " of level " + std::to_string(level));
    }
    Tile out;
    for (std::size_t at = 0; at < row->size(); at += Digest::size) {
        out.push_back(*Digest::from_bytes(ByteView(*row).substr(at, Digest::size)));
    }
    return out;
}

Result<std::unique_ptr<PartitionTree>> PartitionTree::open(PartitionId partition,
                                                           fold::RowStore& store) {
    CHOPMARK_ASSIGN(auto table, store.open(tiles_table));
    std::unique_ptr<PartitionTree> tree(new PartitionTree(partition, store, std::move(table)));
    CHOPMARK_TRY(tree->load());
    return tree;
}

/// A tile of a level is stored when its last hash is known, after all tiles below it; so the tiles
/// of level 0 say how far the tree had come, and what a higher level lacks follows from them.
Result<void> PartitionTree::load() {
    const auto last = store_->latest().scan(*table_, fold::KeyRange::prefix(key(0, 0).substr(0, 3)),
                                            fold::Direction::backward);
    std::uint64_t tiles = 0;
    if (last->valid()) {
        tiles = get_big_endian<std::uint64_t>(last->key(), 3) + 1;
    }
    CHOPMARK_TRY(last->status());
    std::uint64_t below = tiles;  // full tiles of the level below
    for (unsigned level = 1; level < tile_levels && below > 0; ++level) {
        const std::uint64_t full = below / tile_hashes;
        for (std::uint64_t tile = full * tile_hashes; tile < below; ++tile) {
            CHOPMARK_ASSIGN(const Tile hashes, stored(level - 1, tile));
            open_[level].push_back(fold_up(hashes));
        }
        below = full;
    }
    // Every peak of the right edge lies in an open tile: that of level l holds the base-256 digit l
    // of the size, and its binary digits are the peaks.
    Bytes edge;
    append_big_endian(edge, tiles * tile_hashes);
    for (unsigned level = tile_levels; level-- > 0;) {
        std::span<const Digest> rest = open_[level];
        while (!rest.empty()) {
            const std::size_t peak = std::bit_floor(rest.size());
            edge.append(fold_up(rest.first(peak)).bytes());
            rest = rest.subspan(peak);
        }
    }
    CHOPMARK_ASSIGN(edge_, RightEdge::decode(edge));
    return {};
}

Result<void> PartitionTree::append(std::span<const journal::EntryPtr> entries) {
    const std::lock_guard lock(mutex_);
    std::uint64_t next = edge_.size();
    for (const auto& entry : entries) {
        if (entry->partition != partition_ || entry->sequence.value() != next++) {
            return Error(not_next, "record " + std::to_string(entry->sequence.value()) +
                                       " of partition " + std::to_string(entry->partition.value()));
        }
    }
    for (const auto& entry : entries) {
        CHOPMARK_TRY(add(entry->leaf_hash));
    }
    return {};
}

Result<void> PartitionTree::add(const Digest& leaf) {
    // First what may fail: the tiles that this leaf fills, from the bottom up.
    fold::RowBatch rows(table_, store_->latest());
    Digest hash = leaf;
    unsigned level = 0;
    std::uint64_t tile = edge_.size() / tile_hashes;
    for (; open_.at(level).size() + 1 == tile_hashes; ++level, tile /= tile_hashes) {
        Tile full = open_[level];
        full.push_back(hash);
        Bytes row;
        row.reserve(tile_hashes * Digest::size);
        for (const Digest& one : full) {
            row.append(one.bytes());
        }
        rows.put(key(level, tile), std::move(row));
        hash = fold_up(full);
    }
    if (!rows.empty()) {
        const fold::RowBatch* const batches[] = {&rows};
        CHOPMARK_TRY(store_->commit(batches, fold::Durability::buffered));
    }
    for (unsigned filled = 0; filled < level; ++filled) {
        open_[filled].clear();
    }
    open_[level].push_back(hash);
    edge_.append(leaf);
    return {};
}

Result<void> PartitionTree::catch_up(const journal::Journal& journal) {
    const journal::ReadBudget page{limits::read_page_records, limits::read_page_bytes};
    while (true) {
        CHOPMARK_ASSIGN(const auto entries, journal.read(partition_, Sequence(size()), page));
        if (entries.empty()) {
            return {};
        }
        CHOPMARK_TRY(append(entries));
    }
}

Result<std::vector<Digest>> PartitionTree::hashes(std::span<const NodeAt> nodes) const {
    std::vector<Digest> out;
    for (const NodeAt& node : nodes) {
        const unsigned level = node.level / tile_height;
        const unsigned inside = node.level % tile_height;
        const std::uint64_t first = node.index << inside;
        const std::uint64_t offset = first % tile_hashes;
        const std::size_t count = std::size_t{1} << inside;
        // The open tile follows the last full one, so a tile below its number is stored.
        const std::uint64_t hashes_at_level = edge_.size() >> (tile_height * level);
        const bool is_open = first / tile_hashes == hashes_at_level / tile_hashes;
        Tile read;
        if (!is_open) {
            CHOPMARK_ASSIGN(read, stored(level, first / tile_hashes));
        }
        const Tile& tile = is_open ? open_[level] : read;
        if (offset + count > tile.size()) {
            return beyond_tree;
        }
        out.push_back(fold_up(std::span(tile).subspan(offset, count)));
    }
    return out;
}

TreeHead PartitionTree::head() const {
    const std::lock_guard lock(mutex_);
    return edge_.head();
}

Result<TreeHead> PartitionTree::head_at(std::uint64_t size) const {
    const std::lock_guard lock(mutex_);
    if (size > edge_.size()) {
        return beyond_tree;
    }
    CHOPMARK_ASSIGN(const Digest root, root_at(size, *this));
    return TreeHead{size, root};
}

Result<Proof> PartitionTree::inclusion(std::uint64_t index, std::uint64_t size) const {
    const std::lock_guard lock(mutex_);
    if (size > edge_.size()) {
        return beyond_tree;
    }
    return prove_inclusion(index, size, *this);
}

Result<Proof> PartitionTree::consistency(std::uint64_t older, std::uint64_t newer) const {
    const std::lock_guard lock(mutex_);
    if (newer > edge_.size()) {
        return beyond_tree;
    }
    return prove_consistency(older, newer, *this);
}

}  // namespace chopmark::tlog
