#include "events/tlog/merkle.h"

#include "events/core/ensure.h"
#include "events/crypto/digest.h"

namespace chopmark::tlog {

Digest empty_root() { return crypto::sha256(""); }

Digest node_hash(const Digest& left, const Digest& right) {
    std::array<char, 65> input{};
    input[0] = 1;
    std::memcpy(input.data() + 1, left.array().data(), Digest::size);
    std::memcpy(input.data() + 33, right.array().data(), Digest::size);
    return crypto::sha256(ByteView(input.data(), input.size()));
}

std::vector<NodeAt> full_subtrees(std::uint64_t begin, std::uint64_t end) {
    std::vector<NodeAt> nodes;
    while (begin < end) {
        const std::uint64_t width = std::bit_floor(end - begin);
        ensure(begin % width == 0, "a range that RFC 6962 hashes");
        const auto level = static_cast<unsigned>(std::countr_zero(width));
        nodes.push_back({level, begin >> level});
        begin += width;
    }
    return nodes;
}

Digest join(const std::vector<Digest>& subtrees) {
    ensure(!subtrees.empty(), "a range has at least one subtree");
    Digest hash = subtrees.back();
    for (auto left = subtrees.rbegin() + 1; left != subtrees.rend(); ++left) {
        hash = node_hash(*left, hash);
    }
    return hash;
}

Bytes RightEdge::encode() const {
    Bytes out;
    out.reserve(8 + peaks_.size() * Digest::size);
    append_big_endian(out, size_);
    for (const Digest& peak : peaks_) {
        out.append(peak.bytes());
    }
    return out;
}

Result<RightEdge> RightEdge::decode(ByteView bytes) {
    if (bytes.size() < 8) {
        return bad_edge;
    }
    RightEdge edge;
    edge.size_ = get_big_endian<std::uint64_t>(bytes);
    bytes.remove_prefix(8);
    const auto peaks = static_cast<std::size_t>(std::popcount(edge.size_));
    if (bytes.size() != peaks * Digest::size) {
        return bad_edge;
    }
    for (; !bytes.empty(); bytes.remove_prefix(Digest::size)) {
        edge.peaks_.push_back(*Digest::from_bytes(bytes.substr(0, Digest::size)));
    }
    return edge;
}

}  // namespace chopmark::tlog
