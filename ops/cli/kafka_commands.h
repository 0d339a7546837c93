// `chopmark kafka`: makes the topics of a configuration as they must be, and says of existing ones
// everything that is wrong.
#pragma once

#include "ops/cli/console.h"
#include "ops/config/config.h"

namespace CLI {
class App;
}

namespace chopmark::cli {

/// The configuration in a file; config.refused when its journal is not on Kafka.
Result<config::Config> cluster_of(const std::string& file);

void add_kafka_commands(CLI::App& app, Console& console);

}  // namespace chopmark::cli
