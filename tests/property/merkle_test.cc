// events/tlog against the recursive definition, for every size up to 130 and a few larger ones, and
// against every small damage to a proof.
#include "events/tlog/merkle.h"

#include <gtest/gtest.h>

#include <map>

#include "events/tlog/proof.h"
#include "tests/support/merkle_oracle.h"

namespace chopmark::tlog {
namespace {

using test::oracle_leaf;
using test::oracle_path;
using test::oracle_root;
using test::oracle_subproof;

constexpr std::size_t all_sizes_up_to = 130;

class Tree final : public HashSource {
  public:
    explicit Tree(std::size_t size) {
        for (std::size_t i = 0; i < size; ++i) {
            leaves.push_back(oracle_leaf("leaf " + std::to_string(i)));
            edge.append(leaves.back(),
                        [this](const NodeAt& at, const Digest& hash) { nodes[at] = hash; });
            heads.push_back(edge.head());
        }
    }
    Result<std::vector<Digest>> hashes(std::span<const NodeAt> wanted) const override {
        std::vector<Digest> out;
        for (const NodeAt& node : wanted) {
            out.push_back(nodes.at(node));
        }
        return out;
    }
    [[nodiscard]] std::span<const Digest> first(std::size_t size) const {
        return std::span(leaves).first(size);
    }
    [[nodiscard]] TreeHead head(std::size_t size) const {
        return size == 0 ? TreeHead{0, empty_root()} : heads[size - 1];
    }

    RightEdge edge;
    std::vector<Digest> leaves;
    std::vector<TreeHead> heads;
    std::map<NodeAt, Digest> nodes;
};

const Tree& tree() {
    static const Tree instance(1031);
    return instance;
}

TEST(MerkleProperty, RootsAgreeWithTheDefinition) {
    for (std::size_t size = 1; size <= tree().leaves.size(); size += size < 300 ? 1 : 53) {
        ASSERT_EQ(tree().head(size).root, oracle_root(tree().first(size))) << size;
        ASSERT_EQ(root_at(size, tree()).value(), tree().head(size).root) << size;
    }
}

TEST(MerkleProperty, InclusionProofsAgreeAndHold) {
    for (std::size_t size = 1; size <= all_sizes_up_to; ++size) {
        for (std::size_t index = 0; index < size; ++index) {
            const Proof proof = prove_inclusion(index, size, tree()).value();
            ASSERT_EQ(proof, oracle_path(index, tree().first(size))) << index << " of " << size;
            ASSERT_TRUE(check_inclusion(index, tree().leaves[index], proof, tree().head(size)));
        }
    }
}

TEST(MerkleProperty, ConsistencyProofsAgreeAndHold) {
    for (std::size_t newer = 1; newer <= all_sizes_up_to; ++newer) {
        for (std::size_t older = 1; older <= newer; ++older) {
            const Proof proof = prove_consistency(older, newer, tree()).value();
            ASSERT_EQ(proof, oracle_subproof(older, tree().first(newer), true))
                << older << " to " << newer;
            ASSERT_TRUE(check_consistency(tree().head(older), tree().head(newer), proof));
        }
    }
}

/// Every proof one step away from a good one: a hash lost, doubled, surplus or with one bit turned.
std::vector<Proof> damaged(const Proof& good) {
    std::vector<Proof> out;
    for (std::size_t i = 0; i < good.size(); ++i) {
        Proof lost = good;
        lost.erase(lost.begin() + static_cast<std::ptrdiff_t>(i));
        out.push_back(lost);
        Proof twice = good;
        twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(i), good[i]);
        out.push_back(twice);
        Proof turned = good;
        auto bytes = good[i].array();
        bytes[i % bytes.size()] ^= 1;
        turned[i] = Digest(bytes);
        out.push_back(turned);
    }
    Proof longer = good;
    longer.push_back(empty_root());
    out.push_back(longer);
    return out;
}

TEST(MerkleProperty, DamagedInclusionProofsAreRefused) {
    for (std::size_t size = 1; size <= 40; ++size) {
        const TreeHead head = tree().head(size);
        for (std::size_t index = 0; index < size; ++index) {
            const Digest& leaf = tree().leaves[index];
            const Proof good = prove_inclusion(index, size, tree()).value();
            for (const Proof& bad : damaged(good)) {
                ASSERT_FALSE(check_inclusion(index, leaf, bad, head)) << index << " of " << size;
            }
            for (std::size_t other = 0; other <= size + 1; ++other) {
                ASSERT_EQ(check_inclusion(other, leaf, good, head).has_value(), other == index);
            }
            ASSERT_FALSE(check_inclusion(index, empty_root(), good, head));
            ASSERT_FALSE(check_inclusion(index, leaf, good, {size, empty_root()}));
        }
    }
}

TEST(MerkleProperty, DamagedConsistencyProofsAreRefused) {
    for (std::size_t newer = 2; newer <= 40; ++newer) {
        for (std::size_t older = 1; older < newer; ++older) {
            const Proof good = prove_consistency(older, newer, tree()).value();
            const TreeHead from = tree().head(older);
            const TreeHead to = tree().head(newer);
            for (const Proof& bad : damaged(good)) {
                ASSERT_FALSE(check_consistency(from, to, bad)) << older << " to " << newer;
            }
            ASSERT_FALSE(check_consistency({older, empty_root()}, to, good));
            ASSERT_FALSE(check_consistency(from, {newer, empty_root()}, good));
            ASSERT_FALSE(check_consistency(to, from, good));
        }
    }
}

TEST(MerkleProperty, AnEncodedEdgeContinuesLikeTheTree) {
    for (std::size_t size = 1; size < all_sizes_up_to; ++size) {
        RightEdge edge;
        for (std::size_t i = 0; i < size; ++i) {
            edge.append(tree().leaves[i]);
        }
        RightEdge again = RightEdge::decode(edge.encode()).value();
        again.append(tree().leaves[size]);
        ASSERT_EQ(again.head(), tree().head(size + 1));
    }
}

}  // namespace
}  // namespace chopmark::tlog
