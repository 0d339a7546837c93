// `chopmark journey`: walks the 24 steps against a daemon that it starts itself.
#pragma once

namespace CLI {
class App;
}

namespace chopmark::cli {

class Console;

/// Adds the group to the tool; `console` must outlive the app.
void add_journey_commands(CLI::App& app, Console& console);

}  // namespace chopmark::cli
