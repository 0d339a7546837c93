// The shape of a detection rule: observe(state, event) → findings. A rule is one file pair in
// rules/ and one line in rules/rules.h. It MUST be a function of the event, of the rows it keeps
// and of the person's habits, and of nothing else: no clock, no memory of its own, no personal box,
// no alert event. It reads leaves and link boxes, keeps bounded rows under its own space number and
// states in words what a finding of it proves. Objects are constant and safe from any thread.
#pragma once

#include <concepts>
#include <vector>

#include "anomaly/finding.h"
#include "anomaly/habits.h"
#include "anomaly/state/state_rows.h"
#include "events/fold/opened_event.h"
#include "events/schema/event.h"

namespace chopmark::anomaly {

/// What is fixed about a rule.
struct RuleText {
    std::string_view name;       // stable dotted name
    std::uint32_t version = 1;   // raised with every change of what it finds
    std::uint8_t space = 0;      // of its rows; frozen, from 1
    std::string_view detection;  // of the catalogue, D01…
    std::string_view attack;     // MITRE ATT&CK techniques, Enterprise v19
    std::string_view proves;     // what a finding says, and what it does not
    std::uint64_t keys = 0;      // rows it may hold
};

/// An event as a rule sees it.
class Observed {
  public:
    Observed(const fold::OpenedEvent& opened, const Habits& habits)
        : opened_(opened), habits_(habits) {}

    [[nodiscard]] Instant at() const { return opened_.prelude().recorded_at; }
    [[nodiscard]] Evidence evidence() const {
        return {opened_.entry().partition, opened_.entry().sequence, opened_.prelude().event_id};
    }
    [[nodiscard]] const schema::Event& event() const { return opened_.event(); }
    /// Of the person that the event is about, before it.
    [[nodiscard]] const Habits& habits() const { return habits_; }

  private:
    const fold::OpenedEvent& opened_;
    const Habits& habits_;
};

class Detector {
  public:
    virtual ~Detector() = default;
    [[nodiscard]] virtual const RuleText& text() const = 0;
    [[nodiscard]] virtual bool wants(record::TypeNumber type) const = 0;
    virtual Result<std::vector<Draft>> observe(StateRows& state, const Observed& seen) const = 0;
};

/// A rule over these events: it has `Result<void> on(message, state, seen, findings) const` for
/// each, and so cannot want another event than it folds.
template <class Rule, class... Events>
class RuleOver : public Detector {
  public:
    [[nodiscard]] bool wants(record::TypeNumber type) const final {
        return ((schema::info<Events>().type == type) || ...);
    }
    Result<std::vector<Draft>> observe(StateRows& state, const Observed& seen) const final {
        std::vector<Draft> findings;
        Result<void> done;
        const auto try_one = [&]<class Event>(const Event* message) {
            if (message != nullptr) {
                done = static_cast<const Rule&>(*this).on(*message, state, seen, findings);
            }
        };
        (try_one(std::get_if<Events>(&seen.event())), ...);
        if (!done) {
            return std::move(done).error();
        }
        return findings;
    }
};

}  // namespace chopmark::anomaly
