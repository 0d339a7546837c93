// An order-free sum over rows: SHA-256(key ‖ row) of every row, added up mod 2²⁵⁶, and how many
// there are (design-notes A20). Two stores that hold the same rows have the same sum whatever the
// order in which they came to them, and a row that changes costs two hashes, not a walk. It finds
// bugs and rotten disks, not forgers. A plain value.
#pragma once

#include <array>
#include <cstdint>

#include "events/core/bytes.h"
#include "events/core/ids.h"

namespace chopmark::fold {

class RowSum {
  public:
    /// SHA-256(key ‖ row): what one row adds.
    static Digest term_of(ByteView key, ByteView row);

    void add(const Digest& term);
    /// MUST have been added before.
    void remove(const Digest& term);

    /// Big-endian.
    [[nodiscard]] Digest value() const;
    [[nodiscard]] std::uint64_t rows() const { return rows_; }

    static void fields(auto& archive, RowSum& row) {
        archive(row.limbs_[0], row.limbs_[1], row.limbs_[2], row.limbs_[3], row.rows_);
    }
    friend bool operator==(const RowSum&, const RowSum&) = default;

  private:
    std::array<std::uint64_t, 4> limbs_{};  // least significant first
    std::uint64_t rows_ = 0;
};

}  // namespace chopmark::fold
