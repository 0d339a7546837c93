#include "events/fold/compare.h"

#include "events/core/limits.h"

namespace chopmark::fold {

Result<Difference> compare(const ReadView& left_rows, const Table& left, const ReadView& right_rows,
                           const Table& right) {
    Difference difference;
    const auto note = [&](ByteView key, Difference::What what) {
        ++difference.differing;
        if (difference.first.size() < limits::fold_differences_shown) {
            difference.first.push_back({Bytes(key), what});
        }
    };
    const auto a = left_rows.scan(left, KeyRange::all());
    const auto b = right_rows.scan(right, KeyRange::all());
    while (a->valid() || b->valid()) {
        const bool take_a = a->valid() && (!b->valid() || a->key() <= b->key());
        const bool take_b = b->valid() && (!a->valid() || b->key() <= a->key());
        if (!take_b) {
            note(a->key(), Difference::What::only_left);
        } else if (!take_a) {
            note(b->key(), Difference::What::only_right);
        } else if (a->value() != b->value()) {
            note(a->key(), Difference::What::other_value);
        }
        if (take_a) {
            ++difference.left_rows;
            a->next();
        }
        if (take_b) {
            ++difference.right_rows;
            b->next();
        }
    }
    CHOPMARK_TRY(a->status());
    CHOPMARK_TRY(b->status());
    return difference;
}

}  // namespace chopmark::fold
