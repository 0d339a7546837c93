// The bytes below the wire of commands: big-endian numbers, flags and length-prefixed texts,
// written one after another and read back strictly. The grammar is in command_wire_codec.h. One
// thread.
#pragma once

#include <concepts>
#include <type_traits>

#include "events/core/bytes.h"

namespace chopmark::runtime::wire {

class Writer {
  public:
    template <std::integral Integer>
    void number(Integer value) {
        append_big_endian(out_, static_cast<std::make_unsigned_t<Integer>>(value));
    }
    void flag(bool value) { out_.push_back(value ? '\1' : '\0'); }
    void raw(ByteView bytes) { out_.append(bytes); }
    void text(ByteView bytes) {
        number(static_cast<std::uint32_t>(bytes.size()));
        raw(bytes);
    }
    [[nodiscard]] Bytes take() && { return std::move(out_); }

  private:
    Bytes out_;
};

/// After the first thing that is wrong it gives zeros and stays failed.
class Reader {
  public:
    explicit Reader(ByteView bytes) : rest_(bytes) {}

    ByteView raw(std::size_t size) {
        if (!good_ || rest_.size() < size) {
            fail();
            return {};
        }
        const ByteView out = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return out;
    }
    template <std::integral Integer>
    Integer number() {
        const ByteView bytes = raw(sizeof(Integer));
        return bytes.empty() ? Integer{} : get_big_endian<Integer>(bytes);
    }
    bool flag() {
        const auto value = number<std::uint8_t>();
        if (value > 1) {
            fail();
        }
        return value == 1;
    }
    /// Every element takes at least one byte, so a larger count is a lie.
    std::uint32_t count() {
        const auto count = number<std::uint32_t>();
        if (count > rest_.size()) {
            fail();
            return 0;
        }
        return count;
    }
    ByteView text() { return raw(count()); }

    void fail() {
        good_ = false;
        rest_ = {};
    }
    /// What comes is of a type that is not known here.
    void fail_unknown() {
        fail();
        unknown_ = true;
    }
    [[nodiscard]] bool good() const { return good_; }
    [[nodiscard]] bool met_unknown() const { return unknown_; }
    [[nodiscard]] bool finished() const { return good_ && rest_.empty(); }

  private:
    ByteView rest_;
    bool good_ = true;
    bool unknown_ = false;
};

}  // namespace chopmark::runtime::wire
