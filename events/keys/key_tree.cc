#include "events/keys/key_tree.h"

#include <algorithm>
#include <bit>

#include "events/core/ensure.h"
#include "events/crypto/digest.h"

namespace chopmark::keys {
namespace {

constexpr std::size_t node_bytes = 5;
constexpr std::size_t entry_bytes = node_bytes + crypto::Secret32::size;

}  // namespace

crypto::Secret32 child_key(const crypto::Secret32& parent, bool right) {
    const char bit = right ? '\x01' : '\x00';
    Digest child = crypto::sha256({parent.reveal(), ByteView(&bit, 1)});
    crypto::Secret32 out(child.array());
    crypto::wipe(&child, sizeof child);
    return out;
}

Cover Cover::whole(const crypto::Secret32& root) {
    Cover cover;
    cover.nodes_.push_back({0, 0, root});
    return cover;
}

const Cover::Node* Cover::find(KeyIndex index) const {
    ensure(index.value() < tree_leaves, "a key index has 34 bits");
    const auto behind = std::upper_bound(
        nodes_.begin(), nodes_.end(), index.value(),
        [](std::uint64_t wanted, const Node& node) { return wanted < node.first; });
    if (behind == nodes_.begin() || index.value() >= std::prev(behind)->end()) {
        return nullptr;
    }
    return &*std::prev(behind);
}

bool Cover::contains(KeyIndex index) const { return find(index) != nullptr; }

std::optional<crypto::Secret32> Cover::leaf(KeyIndex index) const {
    const Node* const node = find(index);
    if (node == nullptr) {
        return std::nullopt;
    }
    crypto::Secret32 key = node->key;
    for (unsigned depth = node->depth; depth < tree_depth; ++depth) {
        key = child_key(key, ((index.value() >> (tree_depth - 1 - depth)) & 1) != 0);
    }
    return key;
}

std::size_t Cover::erase(std::vector<KeyIndex> indices) {
    std::sort(indices.begin(), indices.end());
    indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
    ensure(indices.empty() || indices.back().value() < tree_leaves, "a key index has 34 bits");
    std::vector<Node> left;
    left.reserve(nodes_.size());
    std::size_t erased = 0;
    auto next = indices.cbegin();
    for (const Node& node : nodes_) {
        next = std::lower_bound(next, indices.cend(), KeyIndex(node.first));
        const auto end = std::lower_bound(next, indices.cend(), KeyIndex(node.end()));
        erased += static_cast<std::size_t>(end - next);
        split(node, {next, end}, left);
        next = end;
    }
    nodes_ = std::move(left);
    return erased;
}

// Keeps what of the subtree is not erased: all of it, nothing of a single leaf, or what its two
// halves keep.
void Cover::split(const Node& node, std::span<const KeyIndex> erased, std::vector<Node>& out) {
    if (erased.empty()) {
        out.push_back(node);
        return;
    }
    if (node.depth == tree_depth) {
        return;
    }
    const Node left{node.first, node.depth + 1, child_key(node.key, false)};
    const Node right{left.end(), node.depth + 1, child_key(node.key, true)};
    const auto middle = std::lower_bound(erased.begin(), erased.end(), KeyIndex(right.first));
    const auto in_left = static_cast<std::size_t>(middle - erased.begin());
    split(left, erased.first(in_left), out);
    split(right, erased.subspan(in_left), out);
}

std::size_t Cover::encoded_size() const {
    return sizeof(std::uint32_t) + nodes_.size() * entry_bytes;
}

void Cover::append_to(Bytes& out) const {
    append_big_endian(out, static_cast<std::uint32_t>(nodes_.size()));
    for (const Node& node : nodes_) {
        const std::uint64_t number =
            (std::uint64_t{1} << node.depth) | (node.first >> (tree_depth - node.depth));
        append_big_endian(out, static_cast<std::uint8_t>(number >> 32));
        append_big_endian(out, static_cast<std::uint32_t>(number));
        out.append(node.key.reveal());
    }
}

Result<Cover> Cover::take_from(ByteView& bytes) {
    if (bytes.size() < sizeof(std::uint32_t)) {
        return bad_cover;
    }
    const auto count = get_big_endian<std::uint32_t>(bytes);
    bytes.remove_prefix(sizeof count);
    if (count > bytes.size() / entry_bytes) {
        return bad_cover;
    }
    Cover cover;
    cover.nodes_.reserve(count);
    std::uint64_t end = 0;
    for (std::uint32_t i = 0; i < count; ++i, bytes.remove_prefix(entry_bytes)) {
        const std::uint64_t number = std::uint64_t{get_big_endian<std::uint8_t>(bytes)} << 32 |
                                     get_big_endian<std::uint32_t>(bytes, 1);
        const auto depth = static_cast<unsigned>(std::bit_width(number)) - 1;
        if (number == 0 || depth > tree_depth) {
            return bad_cover;
        }
        const std::uint64_t first = (number ^ std::uint64_t{1} << depth) << (tree_depth - depth);
        if (first < end) {
            return bad_cover;
        }
        cover.nodes_.push_back(
            {first, depth,
             crypto::Secret32::from(bytes.substr(node_bytes, crypto::Secret32::size))});
        end = cover.nodes_.back().end();
    }
    return cover;
}

}  // namespace chopmark::keys
