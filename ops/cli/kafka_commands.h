// `chopmark kafka`: makes the topics of a configuration as they must be, and says of existing ones
// everything that is wrong.
#pragma once

#include "ops/cli/console.h"

namespace CLI {
class App;
}

namespace chopmark::cli {

void add_kafka_commands(CLI::App& app, Console& console);

}  // namespace chopmark::cli
