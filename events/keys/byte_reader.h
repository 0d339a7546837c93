// Reads a stored structure front to back. After the first shortage every further read gives zeros
// and good() is false, so a decoder checks once, at its end.
#pragma once

#include "events/core/bytes.h"
#include "events/crypto/secret.h"

namespace chopmark::keys {

class ByteReader {
  public:
    explicit ByteReader(ByteView bytes) : rest_(bytes) {}

    template <class Integer>
    Integer integer() {
        const ByteView bytes = take(sizeof(Integer));
        return bytes.empty() ? Integer{} : get_big_endian<Integer>(bytes);
    }
    crypto::Secret32 secret() { return crypto::Secret32::from(take(crypto::Secret32::size)); }
    /// Exactly `count` bytes, or none.
    ByteView take(std::size_t count) {
        if (!good_ || rest_.size() < count) {
            good_ = false;
            return {};
        }
        const ByteView out = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return out;
    }
    /// For a decoder that moves the rest by itself.
    ByteView& rest() { return rest_; }
    void fail() { good_ = false; }

    [[nodiscard]] bool good() const { return good_; }
    [[nodiscard]] bool finished() const { return good_ && rest_.empty(); }

  private:
    ByteView rest_;
    bool good_ = true;
};

}  // namespace chopmark::keys
