#include "gateways/service/queries.h"

namespace chopmark::service {

Result<fold::Reading> Queries::any(std::string_view view) const { return tables_.read(view); }

void Queries::read(std::string_view view, std::string_view token, Ready ready) const {
    if (token.empty()) {
        ready(any(view));
        return;
    }
    const auto wanted = secrets_.positions.open(token);
    if (!wanted) {
        ready(wanted.error());
        return;
    }
    wait_(view, *wanted, clock_.now() + position_wait,
          [this, name = std::string(view), ready = std::move(ready)](Result<void> reached) {
              ready(reached ? any(name) : Result<fold::Reading>(reached.error()));
          });
}

std::string Queries::token(PartitionId partition, Sequence sequence) const {
    return secrets_.positions.issue(partition, Sequence(sequence.value() + 1));
}

}  // namespace chopmark::service
