// One event as stored: the leaf that everybody may see and the tree commits to, the link box that
// says what belongs together, and the personal box (design 4). These are bytes; what they mean is
// in events/schema, how boxes are sealed in events/keys. Hash, sign and compare these bytes; never
// serialise again.
//
//   stored = leaf_length:u32 leaf link_length:u32 link_box personal_length:u32 personal_box
#pragma once

#include "events/core/bytes.h"
#include "events/core/result.h"
#include "events/record/prelude.h"

namespace chopmark::record {

struct Record {
    Bytes leaf;
    Bytes link_box;      // empty: absent
    Bytes personal_box;  // empty: absent

    friend bool operator==(const Record&, const Record&) = default;
    [[nodiscard]] std::size_t size() const {
        return leaf.size() + link_box.size() + personal_box.size();
    }
};

inline constexpr Reason too_large{"record.too_large", Kind::invalid};
inline constexpr Reason bad_framing{"record.bad_framing", Kind::damaged};
inline constexpr Reason box_mismatch{"record.box_mismatch", Kind::damaged};

Bytes encode(const Record& record);
/// record.bad_framing unless the bytes are exactly one stored record within the limits.
Result<Record> decode_record(ByteView stored);

/// The parts of a stored record where they lie: for who reads very many and keeps none.
struct RecordView {
    ByteView leaf;
    ByteView link_box;
    ByteView personal_box;
};
/// As decode_record(), without a copy.
Result<RecordView> view_record(ByteView stored);

/// The Merkle leaf hash, SHA-256(0x00 ‖ leaf) (RFC 6962 section 2.1).
Digest leaf_hash(ByteView leaf);
/// SHA-256 of a box; 32 zero bytes for an absent one.
Digest box_digest(ByteView box);
/// record.box_mismatch, naming the box, when a box is not what the leaf's prelude says. A box that
/// was dropped on purpose (expired, erased) is checked by log verify, not here.
Result<void> check_boxes(const Record& record);
/// record.too_large beyond limits::leaf_bytes or limits::boxes_bytes.
Result<void> check_limits(const Record& record);

}  // namespace chopmark::record
