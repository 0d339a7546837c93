// The Merkle tree of RFC 6962 section 2.1 (the same in RFC 9162): hashes, and its right edge – the
// roots of the full subtrees that a tree of n leaves splits into, at most 64 of them. The edge is
// all one needs to append and to know the root, so a log of any length is followed in 2 KiB.
// Plain values: no I/O, no locks, deterministic.
//
//   edge = size:u64 peak:32*                ; one peak per set bit of size, largest subtree first
#pragma once

#include <bit>
#include <vector>

#include "events/core/ids.h"
#include "events/core/result.h"

namespace chopmark::tlog {

inline constexpr Reason bad_edge{"tlog.bad_edge", Kind::damaged};

/// A tree at one moment: its number of leaves and its root.
struct TreeHead {
    std::uint64_t size = 0;
    Digest root;

    friend bool operator==(const TreeHead&, const TreeHead&) = default;
};

/// A full subtree: the leaves from index·2^level up to, not including, (index + 1)·2^level.
struct NodeAt {
    unsigned level = 0;
    std::uint64_t index = 0;

    friend auto operator<=>(const NodeAt&, const NodeAt&) = default;
};

/// SHA-256 of nothing.
Digest empty_root();
/// SHA-256(0x01 ‖ left ‖ right). The hash of a leaf is record::leaf_hash.
Digest node_hash(const Digest& left, const Digest& right);

/// The full subtrees that the leaves [begin, end) split into, left to right. `begin` MUST be a
/// multiple of the largest power of two that is at most end − begin, as it is for every range that
/// RFC 6962 hashes.
std::vector<NodeAt> full_subtrees(std::uint64_t begin, std::uint64_t end);
/// The hash of a range from the hashes of its full subtrees, left to right; at least one.
Digest join(const std::vector<Digest>& subtrees);

class RightEdge {
  public:
    RightEdge() = default;

    void append(const Digest& leaf) {
        append(leaf, [](const NodeAt&, const Digest&) {});
    }
    /// Calls complete(NodeAt, Digest) for the leaf and for every subtree that it completes, from
    /// the bottom up.
    template <class Complete>
    void append(const Digest& leaf, Complete&& complete);

    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] Digest root() const { return size_ == 0 ? empty_root() : join(peaks_); }
    [[nodiscard]] TreeHead head() const { return {size_, root()}; }

    [[nodiscard]] Bytes encode() const;
    /// tlog.bad_edge unless the bytes are exactly one edge. Whether it is the right one only a root
    /// can tell.
    static Result<RightEdge> decode(ByteView bytes);

    friend bool operator==(const RightEdge&, const RightEdge&) = default;

  private:
    std::uint64_t size_ = 0;
    std::vector<Digest> peaks_;  // largest subtree first
};

template <class Complete>
void RightEdge::append(const Digest& leaf, Complete&& complete) {
    Digest hash = leaf;
    NodeAt at{0, size_};
    complete(at, hash);
    // As in a binary counter, every trailing one of the old size is a peak that the new leaf joins.
    for (; (at.index & 1) == 1; at = {at.level + 1, at.index >> 1}) {
        hash = node_hash(peaks_.back(), hash);
        peaks_.pop_back();
        complete({at.level + 1, at.index >> 1}, hash);
    }
    peaks_.push_back(hash);
    ++size_;
}

}  // namespace chopmark::tlog
