// How targets read their input. Text targets take lines, as header fields come on the wire; binary
// ones take parts of a stated length, so that one input can hold several layers. Any bytes are an
// input: a part that claims more than there is takes the rest. Each target declares
// LLVMFuzzerTestOneInput and ends the process by ensure() when a law is broken.
#pragma once

#include <cstdint>

#include "events/core/bytes.h"
#include "events/core/ensure.h"

namespace chopmark::fuzz {

inline ByteView bytes_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

///   input = (length:u16 part)* rest
class Parts {
  public:
    explicit Parts(ByteView input) : rest_(input) {}

    ByteView next() {
        if (rest_.size() < 2) {
            return rest();
        }
        const std::size_t length = get_big_endian<std::uint16_t>(rest_);
        rest_.remove_prefix(2);
        const ByteView part = rest_.substr(0, length);
        rest_.remove_prefix(part.size());
        return part;
    }
    ByteView rest() {
        const ByteView all = rest_;
        rest_ = {};
        return all;
    }
    template <class Integer>
    Integer integer() {
        Integer out{};
        if (rest_.size() >= sizeof(Integer)) {
            out = get_big_endian<Integer>(rest_);
            rest_.remove_prefix(sizeof(Integer));
        }
        return out;
    }

  private:
    ByteView rest_;
};

/// What stands before `end`, which is taken too; all if it is not there.
inline ByteView take_until(ByteView& text, char end) {
    const std::size_t at = text.find(end);
    const ByteView out = text.substr(0, at);
    text.remove_prefix(at == ByteView::npos ? text.size() : at + 1);
    return out;
}

}  // namespace chopmark::fuzz
