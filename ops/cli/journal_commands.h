// `chopmark journal`: moves a log between a data folder and the cluster of a configuration.
#pragma once

#include "ops/cli/console.h"

namespace CLI {
class App;
}

namespace chopmark::cli {

void add_journal_commands(CLI::App& app, Console& console);

}  // namespace chopmark::cli
