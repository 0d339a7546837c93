// How an account comes to be and rises: the two decisions of account.h that rest on evidence of who
// somebody is. The decisions are called by account.h's decide only. Pure.
#pragma once

#include "aggregates/citizen/account.h"

namespace chopmark::citizen {

/// Stands in RegisterAccount for the secret that the card's earlier holder has. A registration that
/// brings a password names the earlier holder's person and this, if the card has an earlier holder:
/// the verifier lies under that person. If the holder changed meanwhile, the evidence is stale.
inline constexpr ByteArray<32> earlier_secret{};

Decision decide_registration(const State& state, const RegisterAccount& command,
                             const Context& context);
Decision decide_upgrade(const State& state, const UpgradeAccount& command, const Context& context);

}  // namespace chopmark::citizen
