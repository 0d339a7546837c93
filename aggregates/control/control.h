// All nouns of control together: the one place that knows which they are. decide visits every
// command; fold hands an event to the evolve of its noun, and passes over those that only views
// keep. Pure.
#pragma once

#include <variant>

#include "aggregates/control/state.h"

namespace chopmark::control {

using Command = std::variant<RelyingPartyCommand, RelyingPartyLifeCommand, TerminalCommand,
                             OperatorCommand, StaffCommand, PolicyCommand, AlertCaseCommand,
                             AuditQueryCommand, ErasureCommand, NodeCommand, PlatformCommand>;

Decision decide(const State& state, const Command& command, const Context& context);
void fold(State& state, const schema::Event& event, const record::Stamp& stamp);

}  // namespace chopmark::control
