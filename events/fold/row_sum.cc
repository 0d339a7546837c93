#include "events/fold/row_sum.h"

#include "events/crypto/digest.h"

namespace chopmark::fold {
namespace {

/// Limb `at` of a big-endian number, 0 being the least significant.
std::uint64_t limb(const Digest& number, std::size_t at) {
    return get_big_endian<std::uint64_t>(number.bytes(), Digest::size - (at + 1) * 8);
}

}  // namespace

Digest RowSum::term_of(ByteView key, ByteView row) { return crypto::sha256({key, row}); }

void RowSum::add(const Digest& term) {
    std::uint64_t carry = 0;
    for (std::size_t at = 0; at < limbs_.size(); ++at) {
        const std::uint64_t addend = limb(term, at);
        const std::uint64_t partial = limbs_[at] + addend;
        const std::uint64_t sum = partial + carry;
        carry = (partial < addend ? 1U : 0U) | (sum < partial ? 1U : 0U);
        limbs_[at] = sum;
    }
    ++rows_;
}

void RowSum::remove(const Digest& term) {
    std::uint64_t borrow = 0;
    for (std::size_t at = 0; at < limbs_.size(); ++at) {
        const std::uint64_t subtrahend = limb(term, at);
        const std::uint64_t partial = limbs_[at] - subtrahend;
        const std::uint64_t rest = partial - borrow;
        borrow = (partial > limbs_[at] ? 1U : 0U) | (rest > partial ? 1U : 0U);
        limbs_[at] = rest;
    }
    --rows_;
}

Digest RowSum::value() const {
    Bytes out;
    for (std::size_t at = limbs_.size(); at-- > 0;) {
        append_big_endian(out, limbs_[at]);
    }
    return Digest(to_array<Digest::size>(out));
}

}  // namespace chopmark::fold
