// What goes beside the code of a one-tap login to an app, made by us and not by the relying party
// (facts/iamsmart-api.md 5.6): 64 hex digits, a keyed function of the code, the same on every node.
// Whoever sends it with getToken shows that the code did not leave the app that got both. Pure;
// safe from any thread.
#pragma once

#include <string>

#include "gateways/service/secrets.h"

namespace chopmark::rp {

std::string code_verifier(const service::Secrets& secrets, std::string_view code);

/// In constant time.
bool verifies(const service::Secrets& secrets, std::string_view code, std::string_view verifier);

}  // namespace chopmark::rp
