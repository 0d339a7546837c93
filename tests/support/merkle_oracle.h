// RFC 6962 section 2.1 written down as it stands there, recursively and over all leaves: slow,
// obvious, and independent of events/tlog.
#pragma once

#include <algorithm>
#include <bit>
#include <span>
#include <vector>

#include "events/crypto/digest.h"

namespace chopmark::test {

inline Digest oracle_leaf(ByteView entry) { return crypto::sha256({ByteView("\0", 1), entry}); }

inline Digest oracle_root(std::span<const Digest> leaves) {
    if (leaves.empty()) {
        return crypto::sha256("");
    }
    if (leaves.size() == 1) {
        return leaves[0];
    }
    const std::size_t k = std::bit_floor(leaves.size() - 1);
    return crypto::sha256(
        {"\1", oracle_root(leaves.first(k)).bytes(), oracle_root(leaves.subspan(k)).bytes()});
}

/// PATH(m, D[n]).
inline std::vector<Digest> oracle_path(std::size_t m, std::span<const Digest> leaves) {
    if (leaves.size() <= 1) {
        return {};
    }
    const std::size_t k = std::bit_floor(leaves.size() - 1);
    std::vector<Digest> path;
    if (m < k) {
        path = oracle_path(m, leaves.first(k));
        path.push_back(oracle_root(leaves.subspan(k)));
    } else {
        path = oracle_path(m - k, leaves.subspan(k));
        path.push_back(oracle_root(leaves.first(k)));
    }
    return path;
}

/// SUBPROOF(m, D[n], whole).
inline std::vector<Digest> oracle_subproof(std::size_t m, std::span<const Digest> leaves,
                                           bool whole) {
    if (m == leaves.size()) {
        return whole ? std::vector<Digest>{} : std::vector<Digest>{oracle_root(leaves)};
    }
    const std::size_t k = std::bit_floor(leaves.size() - 1);
    std::vector<Digest> proof;
    if (m <= k) {
        proof = oracle_subproof(m, leaves.first(k), whole);
        proof.push_back(oracle_root(leaves.subspan(k)));
    } else {
        proof = oracle_subproof(m - k, leaves.subspan(k), false);
        proof.push_back(oracle_root(leaves.first(k)));
    }
    return proof;
}

}  // namespace chopmark::test
