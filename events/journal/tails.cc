#include "events/journal/tails.h"

#include "events/core/ensure.h"

namespace chopmark::journal {
namespace {

constexpr ByteView term_label = "chopmark/term/1";

/// Takes fields off the front of a tail; once a field is not all there, nothing more comes.
class TailReader {
  public:
    explicit TailReader(ByteView tail) : rest_(tail) {}

    ByteView take(std::size_t length) {
        if (length > rest_.size()) {
            good_ = false;
            rest_ = {};
            return {};
        }
        const ByteView out = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return out;
    }
    template <class Integer>
    Integer number() {
        const ByteView bytes = take(sizeof(Integer));
        return good_ ? get_big_endian<Integer>(bytes) : Integer{};
    }
    [[nodiscard]] bool ended_well() const { return good_ && rest_.empty(); }

  private:
    ByteView rest_;
    bool good_ = true;
};

void append_short(Bytes& out, ByteView part) {
    ensure(part.size() <= 0xffff, "a part of a tail has a 16-bit length");
    append_big_endian(out, static_cast<std::uint16_t>(part.size()));
    out.append(part);
}

}  // namespace

Bytes encode(const PartitionOpenedTail& tail) {
    Bytes out = tail.genesis_hash.to_bytes();
    append_big_endian(out, static_cast<std::uint32_t>(tail.document.size()));
    out.append(tail.document);
    return out;
}

std::optional<PartitionOpenedTail> decode_partition_opened(ByteView tail) {
    TailReader reader(tail);
    const ByteView hash = reader.take(Digest::size);
    const ByteView document = reader.take(reader.number<std::uint32_t>());
    if (!reader.ended_well()) {
        return std::nullopt;
    }
    return PartitionOpenedTail{Digest(to_array<Digest::size>(hash)), document};
}

Bytes encode(const TermOpenedTail& tail) {
    ensure(tail.signature.size() == term_signature_bytes, "an Ed25519 signature has 64 bytes");
    Bytes out;
    append_short(out, tail.endpoint);
    append_short(out, tail.certificate);
    out.append(tail.signature);
    return out;
}

std::optional<TermOpenedTail> decode_term_opened(ByteView tail) {
    TailReader reader(tail);
    TermOpenedTail out;
    out.endpoint = reader.take(reader.number<std::uint16_t>());
    out.certificate = reader.take(reader.number<std::uint16_t>());
    out.signature = reader.take(term_signature_bytes);
    if (!reader.ended_well()) {
        return std::nullopt;
    }
    return out;
}

Bytes encode_nodes_withdrawn(const std::vector<NodeId>& nodes) {
    ensure(nodes.size() <= 0xffff, "a tail names at most 65,535 nodes");
    Bytes out;
    append_big_endian(out, static_cast<std::uint16_t>(nodes.size()));
    for (const NodeId& node : nodes) {
        out.append(node.bytes());
    }
    return out;
}

std::optional<std::vector<NodeId>> decode_nodes_withdrawn(ByteView tail) {
    TailReader reader(tail);
    std::vector<NodeId> out(reader.number<std::uint16_t>());
    for (NodeId& node : out) {
        node = NodeId(to_array<NodeId::size>(reader.take(NodeId::size)));
    }
    if (!reader.ended_well()) {
        return std::nullopt;
    }
    return out;
}

Bytes term_message(const Digest& genesis_hash, PartitionId partition, Term term,
                   const WriterId& writer, ByteView endpoint) {
    Bytes out(term_label);
    out.append(genesis_hash.bytes());
    append_big_endian(out, partition.value());
    append_big_endian(out, term.value());
    out.append(writer.bytes());
    out.append(endpoint);
    return out;
}

}  // namespace chopmark::journal
