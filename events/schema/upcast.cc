#include "events/schema/upcast.h"

#include "events/core/ensure.h"

namespace chopmark::schema {

void Upcasters::add(record::TypeNumber retired, Step step) {
    ensure(!knows(retired));
    steps_.emplace(retired, std::move(step));
}

Result<StoredEvent> Upcasters::raise(StoredEvent event) const {
    for (std::size_t taken = 0; taken <= steps_.size(); ++taken) {
        const auto step = steps_.find(event.type);
        if (step == steps_.end()) {
            return event;
        }
        CHOPMARK_ASSIGN(event, step->second(std::move(event)));
    }
    return bad_upcast;
}

const Upcasters& Upcasters::current() {
    // No type has been retired yet. Each later one is a line here and a function beside it.
    static const Upcasters upcasters;
    return upcasters;
}

}  // namespace chopmark::schema
