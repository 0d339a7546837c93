// The closed list of events (catalog.def), as types and as a table. Event is a variant of all
// messages, so that a forgotten case does not compile; this header only declares them, and who
// makes or visits events includes events/schema/event.h. Constant data, safe from any thread.
#pragma once

#include <span>
#include <string_view>
#include <variant>

#include "events/record/prelude.h"
#include "events/schema/common.pb.h"

namespace chopmark::schema {

#define CHOPMARK_EVENT(message, number, version, retention) class message;
#include "events/schema/catalog.def"
#undef CHOPMARK_EVENT

namespace detail {

template <class... Messages>
struct WithoutFirst;
template <class First, class... Messages>
struct WithoutFirst<First, Messages...> {
    using Variant = std::variant<Messages...>;
};

}  // namespace detail

/// Any event. Every alternative has the layers leaf(), link() and personal().
using Event = detail::WithoutFirst<void
#define CHOPMARK_EVENT(message, number, version, retention) , message
#include "events/schema/catalog.def"
#undef CHOPMARK_EVENT
                                   >::Variant;

struct EventInfo {
    record::TypeNumber type;
    std::string_view name;
    std::uint16_t version;
    Retention retention;  // of its personal box, unless the decision says otherwise

    friend constexpr bool operator==(const EventInfo&, const EventInfo&) = default;
};

/// The table row of message E; does not compile for a message that is no event.
template <class E>
constexpr EventInfo info() = delete;

#define CHOPMARK_EVENT(message, number, version, retention)                \
    template <>                                                            \
    constexpr EventInfo info<message>() {                                  \
        return {record::TypeNumber(number), #message, version, retention}; \
    }
#include "events/schema/catalog.def"
#undef CHOPMARK_EVENT

/// All events by ascending type number.
std::span<const EventInfo> all_events();
/// Nothing for a number that this version of the software does not know; PartitionOpened,
/// TermOpened and NodesWithdrawn have fixed tails and are no Event either.
const EventInfo* find_event(record::TypeNumber type);
const EventInfo* find_event(std::string_view name);

/// A block of 256 type numbers; its events are in events/schema/<name>.proto.
struct Family {
    std::uint32_t block;  // type number / 256
    std::string_view name;
    std::string_view title;
};
std::span<const Family> families();
constexpr std::uint32_t family_block(record::TypeNumber type) { return type.value() >> 8; }

}  // namespace chopmark::schema
