// The key tree of a retention class and what is left of it (design 5; the complete-subtree method
// of Naor, Naor and Lotspiech 2001). A binary tree of depth 34: child = SHA-256(parent ‖ bit), the
// bit as one byte 0x00 or 0x01; the leaf at a person's key index is the person's key in that class.
// A cover is the smallest set of subtree roots from which every leaf but the erased ones can be
// derived; who holds only the cover can derive no erased leaf, for SHA-256 has no way back. A new
// person needs no write. Plain value; const functions are safe from any thread.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "events/core/ids.h"
#include "events/core/result.h"
#include "events/crypto/secret.h"

namespace chopmark::keys {

inline constexpr unsigned tree_depth = 34;
inline constexpr std::uint64_t tree_leaves = std::uint64_t{1} << tree_depth;

/// Stored bytes that are not a cover.
inline constexpr Reason bad_cover{"keys.bad_cover", Kind::damaged};

/// The key below a node: bit 0 left, 1 right.
crypto::Secret32 child_key(const crypto::Secret32& parent, bool right);

class Cover {
  public:
    /// Nobody is erased: the cover is the root alone.
    static Cover whole(const crypto::Secret32& root);

    /// The person's key; nothing when it was erased. The index MUST be below tree_leaves. Takes up
    /// to 34 hashes, about 4 µs.
    [[nodiscard]] std::optional<crypto::Secret32> leaf(KeyIndex index) const;
    [[nodiscard]] bool contains(KeyIndex index) const;

    /// Erases all of them in one pass over the cover; those erased before change nothing. Returns
    /// how many were erased now. k of N erased leave at most k·log2(N/k) nodes.
    std::size_t erase(std::vector<KeyIndex> indices);

    /// Number of subtree roots.
    [[nodiscard]] std::size_t size() const { return nodes_.size(); }

    /// cover = count:u32 (node:5 key:32)*
    ///
    /// `node` is the number of the subtree root as in a heap: 1 is the root of the tree, 2n and
    /// 2n + 1 are the children of n. Nodes stand in the order of their leaves and do not overlap.
    [[nodiscard]] std::size_t encoded_size() const;
    void append_to(Bytes& out) const;
    /// Reads one cover from the front of `bytes` and moves it past; keys.bad_cover.
    static Result<Cover> take_from(ByteView& bytes);

  private:
    struct Node {
        std::uint64_t first;  // its leftmost leaf
        unsigned depth;
        crypto::Secret32 key;

        [[nodiscard]] std::uint64_t end() const { return first + (tree_leaves >> depth); }
    };

    [[nodiscard]] const Node* find(KeyIndex index) const;
    static void split(const Node& node, std::span<const KeyIndex> erased, std::vector<Node>& out);

    std::vector<Node> nodes_;
};

}  // namespace chopmark::keys
