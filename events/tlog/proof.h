// Inclusion and consistency proofs: made from the hashes of full subtrees (RFC 6962 sections 2.1.1
// and 2.1.2), checked as RFC 9162 sections 2.1.3.2 and 2.1.4.2 say. Making reads O(log n) hashes
// from a source; checking is pure and takes input from anyone.
#pragma once

#include <span>

#include "events/tlog/merkle.h"

namespace chopmark::tlog {

inline constexpr Reason bad_proof{"tlog.bad_proof", Kind::damaged};
/// Asked for a leaf or size that the tree has not reached.
inline constexpr Reason beyond_tree{"tlog.beyond_tree", Kind::not_found};

using Proof = std::vector<Digest>;

/// Where the hashes of full subtrees come from. The answer has the order and length of the
/// question.
class HashSource {
  public:
    virtual ~HashSource() = default;
    [[nodiscard]] virtual Result<std::vector<Digest>> hashes(
        std::span<const NodeAt> nodes) const = 0;
};

/// The root of the first `size` leaves.
Result<Digest> root_at(std::uint64_t size, const HashSource& source);

/// Sibling hashes from the leaf's upward. tlog.beyond_tree if index ≥ size.
Result<Proof> prove_inclusion(std::uint64_t index, std::uint64_t size, const HashSource& source);
/// tlog.beyond_tree if older > newer. Empty for older = 0 and for older = newer.
Result<Proof> prove_consistency(std::uint64_t older, std::uint64_t newer, const HashSource& source);

/// tlog.bad_proof unless `leaf` is leaf `index` of `tree`.
Result<void> check_inclusion(std::uint64_t index, const Digest& leaf, const Proof& proof,
                             const TreeHead& tree);
/// tlog.bad_proof unless `older` is a prefix of `newer`. Of the empty tree every tree is a
/// continuation, by an empty proof.
Result<void> check_consistency(const TreeHead& older, const TreeHead& newer, const Proof& proof);

}  // namespace chopmark::tlog
