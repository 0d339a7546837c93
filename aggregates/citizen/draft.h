// How every event of a citizen begins: the open head that the decision sets itself. Account, key
// index, version and command are set by the domain, retention and keys by the vault.
#pragma once

#include "aggregates/decision.h"

namespace chopmark::citizen {

template <class E>
E draft(const Context& context, schema::Outcome outcome, const Reason* reason = nullptr) {
    E event;
    auto& head = *event.mutable_leaf()->mutable_head();
    head.set_outcome(outcome);
    head.set_channel(context.command.channel);
    if (reason != nullptr) {
        head.set_reason(std::string(reason->name));
    }
    return event;
}

}  // namespace chopmark::citizen
