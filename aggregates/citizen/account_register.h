// How an account comes to be and rises: the two decisions of account.h that rest on evidence of who
// somebody is. Called by account.h's decide only. Pure.
#pragma once

#include "aggregates/citizen/account.h"

namespace chopmark::citizen {

Decision decide_registration(const State& state, const RegisterAccount& command,
                             const Context& context);
Decision decide_upgrade(const State& state, const UpgradeAccount& command, const Context& context);

}  // namespace chopmark::citizen
