#include "events/record/record.h"

#include "events/core/limits.h"
#include "events/crypto/digest.h"

namespace chopmark::record {
namespace {

constexpr std::size_t length_bytes = 4;
constexpr ByteView leaf_prefix{"\0", 1};  // RFC 6962 section 2.1

void append_part(Bytes& out, ByteView part) {
    append_big_endian(out, static_cast<std::uint32_t>(part.size()));
    out.append(part);
}

/// Cuts one length-prefixed part off `rest`; nothing when it is not all there.
std::optional<ByteView> take_part(ByteView& rest) {
    if (rest.size() < length_bytes) {
        return std::nullopt;
    }
    const std::size_t length = get_big_endian<std::uint32_t>(rest);
    rest.remove_prefix(length_bytes);
    if (rest.size() < length) {
        return std::nullopt;
    }
    const ByteView part = rest.substr(0, length);
    rest.remove_prefix(length);
    return part;
}

bool within_limits(ByteView leaf, ByteView link_box, ByteView personal_box) {
    return leaf.size() <= limits::leaf_bytes && link_box.size() <= limits::boxes_bytes &&
           personal_box.size() <= limits::boxes_bytes - link_box.size();
}

}  // namespace

Bytes encode(const Record& record) {
    Bytes out;
    out.reserve(3 * length_bytes + record.size());
    append_part(out, record.leaf);
    append_part(out, record.link_box);
    append_part(out, record.personal_box);
    return out;
}

Result<Record> decode_record(ByteView stored) {
    CHOPMARK_ASSIGN(const RecordView parts, view_record(stored));
    return Record{Bytes(parts.leaf), Bytes(parts.link_box), Bytes(parts.personal_box)};
}

Result<RecordView> view_record(ByteView stored) {
    ByteView rest = stored;
    const auto leaf = take_part(rest);
    const auto link_box = leaf ? take_part(rest) : std::nullopt;
    const auto personal_box = link_box ? take_part(rest) : std::nullopt;
    if (!personal_box) {
        return Error(bad_framing, "a part is cut off");
    }
    if (!rest.empty()) {
        return Error(bad_framing, "bytes behind the record");
    }
    if (!within_limits(*leaf, *link_box, *personal_box)) {
        return Error(bad_framing, "a part exceeds its limit");
    }
    return RecordView{*leaf, *link_box, *personal_box};
}

Digest leaf_hash(ByteView leaf) { return crypto::sha256({leaf_prefix, leaf}); }

Digest box_digest(ByteView box) { return box.empty() ? Digest() : crypto::sha256(box); }

Result<void> check_boxes(const Record& record) {
    const auto prelude = decode_prelude(record.leaf);
    if (!prelude) {
        return prelude.error();
    }
    if (box_digest(record.link_box) != prelude->link_digest) {
        return Error(box_mismatch, "link box");
    }
    if (box_digest(record.personal_box) != prelude->personal_digest) {
        return Error(box_mismatch, "personal box");
    }
    return {};
}

Result<void> check_limits(const Record& record) {
    if (!within_limits(record.leaf, record.link_box, record.personal_box)) {
        return Error(too_large, record.leaf.size() > limits::leaf_bytes ? "leaf" : "boxes");
    }
    return {};
}

}  // namespace chopmark::record
