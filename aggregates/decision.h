// What every aggregate is made of: decide(state, command, context) gives one event or a refusal,
// evolve(state, event, stamp) gives the next state. Both are pure: no clock, no entropy, no I/O, no
// lock. What they need from outside comes in with the Context; verified evidence (a device
// signature that checked, a register that matched) comes in with the command, together with what it
// was checked against, and decide compares that with the state: other than now is evidence.stale.
//
// evolve is total: every event that decide can give, in any order the log may hold, has an effect
// or none, never an error. It sees the leaf and the link layer only, never the personal one, so
// that a replay gives the same state before and after an erasure (design 5). A value that a later
// command needs in clear is remembered as the EventId of its source, and asked for by `sources`.
#pragma once

#include <map>
#include <memory>

#include "aggregates/command.h"
#include "events/core/ids.h"
#include "events/core/instant.h"
#include "events/core/result.h"
#include "events/core/sensitive.h"
#include "events/record/stamp.h"
#include "events/schema/event.h"

namespace chopmark::control {
struct State;
}
namespace chopmark::citizen {
struct SlotState;
struct CardHolder;
}  // namespace chopmark::citizen

namespace chopmark {

inline constexpr Reason evidence_stale{"evidence.stale", Kind::conflict};

/// One event, its heads still to be completed by the executor, or the reason there is none.
using Decision = Result<schema::Event>;

/// Source events whose personal layer the pool has opened for this command.
class Opened {
  public:
    void add(const EventId& source, std::shared_ptr<const schema::Event> event) {
        events_[source] = std::move(event);
    }
    [[nodiscard]] bool contains(const EventId& source) const { return events_.contains(source); }
    /// The event with its personal layer, or null if it was not opened: then decide answers
    /// evidence.stale, and the pool opens the current source and tries once more.
    template <class E>
    [[nodiscard]] const E* find(const EventId& source) const {
        const auto at = events_.find(source);
        return at == events_.end() ? nullptr : std::get_if<E>(at->second.get());
    }

  private:
    std::map<EventId, std::shared_ptr<const schema::Event>> events_;
};

/// What holds at the moment of deciding.
struct Context {
    record::Stamp stamp;            // of the event to be decided; recorded_at judges all deadlines
    const control::State& control;  // folded up to the `basis` that the leaf will name
    const Opened& opened;
    const CommandHead& command;
    // Of the citizen's slot; null for control.
    const citizen::SlotState* slot = nullptr;
    // Who holds the card that the command names, if it names one and somebody does.
    const citizen::CardHolder* holder = nullptr;
};

}  // namespace chopmark
