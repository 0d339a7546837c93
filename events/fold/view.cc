#include "events/fold/view.h"

namespace chopmark::fold {

bool follows(Scope scope, PartitionId partition) {
    switch (scope) {
        case Scope::control:
            return partition == control_partition;
        case Scope::slots:
            return partition != control_partition;
        case Scope::partitions:
        case Scope::cuts:
            return true;
    }
    return true;
}

bool is_given(const View& view, record::TypeNumber type) {
    if (view.reads() == Reads::prelude) {
        return true;
    }
    return !journal::has_fixed_tail(type) &&
           (schema::find_event(type) == nullptr || view.wants(type));
}

}  // namespace chopmark::fold
