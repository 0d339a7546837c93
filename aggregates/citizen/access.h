// A look at a citizen's personal boxes by an auditor, recorded in the citizen's own slot before a
// box is opened (design 5, design-notes D4): which events, under which question and purpose, and
// from when on the citizen sees it. The question was asked in control, is this auditor's and was
// approved by another person. A look may be kept from the citizen for an open case only, and for a
// bounded time; on its day it shows by itself. It changes no state. Pure; see decision.h.
#pragma once

#include <variant>
#include <vector>

#include "aggregates/control/audit_query.h"

namespace chopmark::citizen {

struct State;

inline constexpr Reason access_not_permitted{"access.not_permitted", Kind::forbidden};
inline constexpr Reason access_query_not_approved{"access.query_not_approved", Kind::refused};
inline constexpr Reason access_nothing_opened{"access.nothing_opened", Kind::invalid};
inline constexpr Reason access_too_many{"access.too_many", Kind::invalid};
inline constexpr Reason access_bad_class{"access.bad_class", Kind::invalid};
inline constexpr Reason access_delay_too_long{"access.delay_too_long", Kind::refused};
inline constexpr Reason access_delay_without_case{"access.delay_without_case", Kind::refused};

/// By the auditor who asked; the purpose is that of his question.
struct RecordAccess {
    control::QueryId query;
    Bytes case_id;  // empty: none
    std::vector<EventId> opened;
    schema::Retention opened_class = schema::RETENTION_UNSPECIFIED;  // of all of them
    Instant visible_from;                                            // not after now: at once
    Sensitive<std::string> text;                                     // of the question
};
using AccessCommand = std::variant<RecordAccess>;

Decision decide(const State& state, const AccessCommand& command, const Context& context);
std::vector<EventId> sources(const State& state, const AccessCommand& command);

}  // namespace chopmark::citizen
