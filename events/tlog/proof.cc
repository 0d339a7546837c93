#include "events/tlog/proof.h"

#include <algorithm>

namespace chopmark::tlog {
namespace {

struct Leaves {
    std::uint64_t begin;
    std::uint64_t end;

    [[nodiscard]] std::uint64_t size() const { return end - begin; }
    /// Where a tree of more than one leaf splits: the largest power of two below its size.
    [[nodiscard]] std::uint64_t middle() const { return begin + std::bit_floor(size() - 1); }
};

/// One hash for each range, read from the source in one go.
Result<Proof> hash_ranges(const std::vector<Leaves>& ranges, const HashSource& source) {
    std::vector<NodeAt> nodes;
    std::vector<std::size_t> counts;
    for (const Leaves& range : ranges) {
        const auto subtrees = full_subtrees(range.begin, range.end);
        nodes.insert(nodes.end(), subtrees.begin(), subtrees.end());
        counts.push_back(subtrees.size());
    }
    CHOPMARK_ASSIGN(const std::vector<Digest> hashes, source.hashes(nodes));
    Proof proof;
    auto at = hashes.begin();
    for (const std::size_t count : counts) {
        const auto next = at + static_cast<std::ptrdiff_t>(count);
        proof.push_back(join({at, next}));
        at = next;
    }
    return proof;
}

/// The path from a leaf towards the root, as both checks climb it.
struct Climb {
    std::uint64_t at;    // fn of RFC 9162
    std::uint64_t last;  // sn

    [[nodiscard]] bool at_root() const { return last == 0; }
    /// The proof's next hash stands to the left of the path.
    [[nodiscard]] bool sibling_is_left() const { return (at & 1) == 1 || at == last; }
    void up() {
        if (sibling_is_left()) {
            while ((at & 1) == 0 && at != 0) {
                shift();
            }
        }
        shift();
    }
    void shift() {
        at >>= 1;
        last >>= 1;
    }
};

}  // namespace

Result<Digest> root_at(std::uint64_t size, const HashSource& source) {
    if (size == 0) {
        return empty_root();
    }
    CHOPMARK_ASSIGN(const Proof roots, hash_ranges({{0, size}}, source));
    return roots.front();
}

Result<Proof> prove_inclusion(std::uint64_t index, std::uint64_t size, const HashSource& source) {
    if (index >= size) {
        return beyond_tree;
    }
    std::vector<Leaves> siblings;
    for (Leaves tree{0, size}; tree.size() > 1;) {
        const std::uint64_t middle = tree.middle();
        if (index < middle) {
            siblings.push_back({middle, tree.end});
            tree.end = middle;
        } else {
            siblings.push_back({tree.begin, middle});
            tree.begin = middle;
        }
    }
    std::reverse(siblings.begin(), siblings.end());
    return hash_ranges(siblings, source);
}

Result<Proof> prove_consistency(std::uint64_t older, std::uint64_t newer,
                                const HashSource& source) {
    if (older > newer) {
        return beyond_tree;
    }
    if (older == 0 || older == newer) {
        return Proof{};
    }
    std::vector<Leaves> ranges;
    Leaves tree{0, newer};
    while (tree.end != older) {
        const std::uint64_t middle = tree.middle();
        if (older <= middle) {
            ranges.push_back({middle, tree.end});
            tree.end = middle;
        } else {
            ranges.push_back({tree.begin, middle});
            tree.begin = middle;
        }
    }
    // Whoever checks knows the old root itself, so it is named only when the old tree is not one
    // full subtree of the new.
    if (tree.begin != 0) {
        ranges.push_back(tree);
    }
    std::reverse(ranges.begin(), ranges.end());
    return hash_ranges(ranges, source);
}

Result<void> check_inclusion(std::uint64_t index, const Digest& leaf, const Proof& proof,
                             const TreeHead& tree) {
    if (index >= tree.size) {
        return bad_proof;
    }
    Climb climb{index, tree.size - 1};
    Digest hash = leaf;
    for (const Digest& sibling : proof) {
        if (climb.at_root()) {
            return bad_proof;
        }
        hash = climb.sibling_is_left() ? node_hash(sibling, hash) : node_hash(hash, sibling);
        climb.up();
    }
    if (!climb.at_root() || hash != tree.root) {
        return bad_proof;
    }
    return {};
}

Result<void> check_consistency(const TreeHead& older, const TreeHead& newer, const Proof& proof) {
    if (older.size == 0 || older.size == newer.size) {
        const Digest& expected = older.size == newer.size ? newer.root : empty_root();
        return proof.empty() && older.root == expected ? Result<void>() : bad_proof;
    }
    if (older.size > newer.size) {
        return bad_proof;
    }
    Climb climb{older.size - 1, newer.size - 1};
    while ((climb.at & 1) == 1) {
        climb.shift();
    }
    auto next = proof.begin();
    Digest first = older.root;
    if (!std::has_single_bit(older.size)) {
        if (next == proof.end()) {
            return bad_proof;
        }
        first = *next++;
    }
    Digest old_hash = first;
    Digest new_hash = first;
    for (; next != proof.end(); ++next) {
        if (climb.at_root()) {
            return bad_proof;
        }
        if (climb.sibling_is_left()) {
            old_hash = node_hash(*next, old_hash);
            new_hash = node_hash(*next, new_hash);
        } else {
            new_hash = node_hash(new_hash, *next);
        }
        climb.up();
    }
    if (!climb.at_root() || old_hash != older.root || new_hash != newer.root) {
        return bad_proof;
    }
    return {};
}

}  // namespace chopmark::tlog
