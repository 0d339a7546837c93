// Any bytes as a stored record and as a leaf: refused, or read and written again byte for byte.
#include "events/core/limits.h"
#include "events/record/record.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using chopmark::ensure;
namespace record = chopmark::record;

void check_leaf(chopmark::ByteView leaf) {
    const auto prelude = record::decode_prelude(leaf);
    if (!prelude) {
        return;
    }
    ensure(record::encode(*prelude) == leaf.substr(0, record::prelude_bytes), "byte for byte");
    chopmark::Bytes placed(leaf);
    record::place(placed, {prelude->sequence, prelude->term, prelude->writer, prelude->previous});
    ensure(placed == leaf, "placed where it stands it is the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const chopmark::ByteView input = chopmark::fuzz::bytes_of(data, size);
    check_leaf(input);
    const auto read = record::decode_record(input);
    const auto seen = record::view_record(input);
    ensure(read.has_value() == seen.has_value(), "both readers agree");
    if (!read) {
        return 0;
    }
    ensure(record::encode(*read) == input, "byte for byte");
    ensure(read->leaf == seen->leaf && read->link_box == seen->link_box &&
               read->personal_box == seen->personal_box,
           "both readers see the same");
    ensure(record::check_limits(*read).has_value(), "what is read is within the limits");
    static_cast<void>(record::check_boxes(*read));
    check_leaf(read->leaf);
    return 0;
}
