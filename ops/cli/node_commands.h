// `chopmark node`: certificates for nodes, the handing over of keys, and who is a node according to
// control; `chopmark keyport`: the process that keeps signing keys and passwords for several nodes.
#pragma once

#include "ops/cli/console.h"

namespace CLI {
class App;
}

namespace chopmark::cli {

void add_node_commands(CLI::App& app, Console& console);

}  // namespace chopmark::cli
