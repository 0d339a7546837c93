// `chopmark admin rp …`: an online service from its application to production and beyond, one
// command a step. Whoever acts is the admin group's --as.
#pragma once

#include <memory>
#include <string>

#include "ops/cli/sandbox_options.h"

namespace CLI {
class App;
}

namespace chopmark::cli {

/// Adds the group to `admin`; `console` must outlive the app.
void add_rp_life_commands(CLI::App& admin, Console& console, const SandboxOptionsPtr& shared,
                          const std::shared_ptr<const std::string>& as);

}  // namespace chopmark::cli
