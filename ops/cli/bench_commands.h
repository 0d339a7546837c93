// `chopmark bench`: measures this machine with the program chopmark-figures, as ops/bench does from
// a source tree.
#pragma once

namespace CLI {
class App;
}

namespace chopmark::cli {

class Console;

/// Adds the group to the tool; `console` must outlive the app.
void add_bench_commands(CLI::App& app, Console& console);

}  // namespace chopmark::cli
