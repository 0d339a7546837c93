// `chopmark keyport`: serves the key port of a deployment with several nodes until it is told to
// end.
#pragma once

#include "ops/cli/console.h"

namespace CLI {
class App;
}

namespace chopmark::cli {

void add_keyport_command(CLI::App& app, Console& console);

}  // namespace chopmark::cli
