#include "events/fold/view.h"

namespace chopmark::fold {

bool is_given(const View& view, record::TypeNumber type) {
    if (view.reads() == Reads::prelude) {
        return true;
    }
    return !journal::has_fixed_tail(type) &&
           (schema::find_event(type) == nullptr || view.wants(type));
}

}  // namespace chopmark::fold
