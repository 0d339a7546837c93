// The eight leaves of transparency-dev/merkle (testonly/constants.go) and what golang.org/x/mod
// sumdb/tlog computes from them: roots and proofs, byte for byte.
#include "events/tlog/merkle.h"

#include <gtest/gtest.h>

#include "events/tlog/proof.h"
#include "tests/support/merkle_oracle.h"

namespace chopmark::tlog {
namespace {

Digest hex(std::string_view text) { return Digest::from_hex(text).value(); }

std::vector<Digest> leaves() {
    std::vector<Digest> out;
    for (const char* entry : {"", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                              "606162636465666768696a6b6c6d6e6f"}) {
        out.push_back(test::oracle_leaf(from_hex(entry).value()));
    }
    return out;
}

const std::vector<std::string> roots = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

/// Keeps the hash of every full subtree.
class Nodes final : public HashSource {
  public:
    explicit Nodes(std::span<const Digest> all) {
        for (const Digest& leaf : all) {
            edge.append(leaf, [this](const NodeAt& at, const Digest& hash) {
                known.emplace_back(at, hash);
            });
        }
    }
    Result<std::vector<Digest>> hashes(std::span<const NodeAt> nodes) const override {
        std::vector<Digest> out;
        for (const NodeAt& node : nodes) {
            const auto found = std::find_if(known.begin(), known.end(),
                                            [&](const auto& entry) { return entry.first == node; });
            if (found == known.end()) {
                return beyond_tree;
            }
            out.push_back(found->second);
        }
        return out;
    }

    RightEdge edge;
    std::vector<std::pair<NodeAt, Digest>> known;
};

TEST(RightEdge, GivesThePublishedRoots) {
    RightEdge edge;
    EXPECT_EQ(edge.root().hex(), roots[0]);
    for (const Digest& leaf : leaves()) {
        edge.append(leaf);
        EXPECT_EQ(edge.root().hex(), roots[edge.size()]);
    }
    EXPECT_EQ(edge.head(), (TreeHead{8, hex(roots[8])}));
}

TEST(RightEdge, CompletesEverySubtreeOnceFromTheBottomUp) {
    const Nodes nodes(leaves());
    std::vector<NodeAt> order;
    for (const auto& [at, hash] : nodes.known) {
        order.push_back(at);
    }
    const std::vector<NodeAt> expected = {{0, 0}, {0, 1}, {1, 0}, {0, 2}, {0, 3},
                                          {1, 1}, {2, 0}, {0, 4}, {0, 5}, {1, 2},
                                          {0, 6}, {0, 7}, {1, 3}, {2, 1}, {3, 0}};
    EXPECT_EQ(order, expected);
    EXPECT_EQ(nodes.known.back().second.hex(), roots[8]);
}

TEST(RightEdge, SurvivesItsEncoding) {
    RightEdge edge;
    for (const Digest& leaf : leaves()) {
        const auto again = RightEdge::decode(edge.encode());
        ASSERT_TRUE(again);
        EXPECT_EQ(*again, edge);
        edge.append(leaf);
    }
    EXPECT_EQ(edge.encode(), from_hex("0000000000000008" + roots[8]).value());
}

TEST(RightEdge, RefusesBytesThatAreNoEdge) {
    RightEdge edge;
    edge.append(leaves()[0]);
    const Bytes good = edge.encode();
    EXPECT_EQ(RightEdge::decode("").error(), bad_edge);
    EXPECT_EQ(RightEdge::decode(good.substr(1)).error(), bad_edge);
    EXPECT_EQ(RightEdge::decode(good + "x").error(), bad_edge);
    EXPECT_EQ(RightEdge::decode(good.substr(0, 8)).error(), bad_edge);
}

TEST(Proof, GivesThePublishedInclusionProof) {
    const Nodes nodes(leaves());
    const Proof expected = {hex("bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"),
                            hex("b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f"),
                            hex(roots[4])};
    EXPECT_EQ(prove_inclusion(5, 7, nodes).value(), expected);
    EXPECT_TRUE(check_inclusion(5, leaves()[5], expected, {7, hex(roots[7])}));
}

TEST(Proof, GivesThePublishedConsistencyProofs) {
    const Nodes nodes(leaves());
    const Digest right = hex("837dbb152e9b079010717e84e865da4ebc0fa198a806d59d31bf15accef22d0e");
    const Proof from_3 = {hex("0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7"),
                          hex("07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7"),
                          hex(roots[2]), right};
    const Proof from_4 = {right};
    const Proof from_6 = {hex("0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"),
                          hex("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"),
                          hex(roots[4])};
    EXPECT_EQ(prove_consistency(3, 7, nodes).value(), from_3);
    EXPECT_EQ(prove_consistency(4, 7, nodes).value(), from_4);
    EXPECT_EQ(prove_consistency(6, 8, nodes).value(), from_6);
    EXPECT_TRUE(check_consistency({3, hex(roots[3])}, {7, hex(roots[7])}, from_3));
    EXPECT_TRUE(check_consistency({4, hex(roots[4])}, {7, hex(roots[7])}, from_4));
    EXPECT_TRUE(check_consistency({6, hex(roots[6])}, {8, hex(roots[8])}, from_6));
}

TEST(Proof, IsNotMadeBeyondTheTree) {
    const Nodes nodes(leaves());
    EXPECT_EQ(prove_inclusion(7, 7, nodes).error(), beyond_tree);
    EXPECT_EQ(prove_inclusion(7, 9, nodes).error(), beyond_tree);
    EXPECT_EQ(prove_consistency(8, 7, nodes).error(), beyond_tree);
    EXPECT_EQ(root_at(9, nodes).error(), beyond_tree);
}

TEST(Proof, OfEqualSizesIsEmptyAndNeedsEqualRoots) {
    const TreeHead head{7, hex(roots[7])};
    EXPECT_TRUE(check_consistency(head, head, {}));
    EXPECT_EQ(check_consistency(head, {7, hex(roots[6])}, {}).error(), bad_proof);
    EXPECT_EQ(check_consistency(head, head, {hex(roots[1])}).error(), bad_proof);
}

TEST(Proof, FromTheEmptyTreeIsEmpty) {
    const TreeHead nothing{0, hex(roots[0])};
    EXPECT_TRUE(check_consistency(nothing, {7, hex(roots[7])}, {}));
    EXPECT_TRUE(check_consistency(nothing, nothing, {}));
    EXPECT_EQ(check_consistency({0, hex(roots[1])}, {7, hex(roots[7])}, {}).error(), bad_proof);
    EXPECT_EQ(check_consistency(nothing, {7, hex(roots[7])}, {hex(roots[1])}).error(), bad_proof);
}

TEST(Proof, RefusesAShrunkenTree) {
    EXPECT_EQ(check_consistency({7, hex(roots[7])}, {3, hex(roots[3])}, {}).error(), bad_proof);
}

}  // namespace
}  // namespace chopmark::tlog
