// Lets a fold name each event it cares for once, as an overload of one function object: dispatch()
// calls the overload of the event at hand, handles() tells whether there is one, so that what a
// view wants and what it folds cannot drift apart.
#pragma once

#include <concepts>
#include <variant>

#include "events/schema/event.h"

namespace chopmark::projections {

/// Whether `Cases` has an overload for the message of this type number.
template <class Cases>
bool handles(record::TypeNumber type) {
    switch (type.value()) {
#define CHOPMARK_EVENT(message, number, version, retention) \
    case number:                                            \
        return std::invocable<Cases&, const schema::message&>;
#include "events/schema/catalog.def"
#undef CHOPMARK_EVENT
        default:
            return false;
    }
}

/// False, and nothing done, for an event without an overload.
template <class Cases>
bool dispatch(Cases& cases, const schema::Event& event) {
    return std::visit(
        [&](const auto& message) {
            if constexpr (std::invocable<Cases&, decltype(message)>) {
                cases(message);
                return true;
            }
            return false;
        },
        event);
}

}  // namespace chopmark::projections
