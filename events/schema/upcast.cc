#include "events/schema/upcast.h"

#include "events/core/ensure.h"

namespace chopmark::schema {

void Upcasters::add(record::TypeNumber retired, Step step) {
    ensure(!knows(retired));
    steps_.emplace(retired, std::move(step));
}

Result<StoredEvent> Upcasters::raise(StoredEvent event) const {
    for (auto step = steps_.find(event.type); step != steps_.end();
         step = steps_.find(event.type)) {
        const auto from = event.type;
        CHOPMARK_ASSIGN(event, step->second(std::move(event)));
        if (event.type <= from) {
            return bad_upcast;
        }
    }
    return event;
}

const Upcasters& Upcasters::current() {
    // No type has been retired yet. Each later one is a line here and a function beside it.
    static const Upcasters upcasters;
    return upcasters;
}

}  // namespace chopmark::schema
