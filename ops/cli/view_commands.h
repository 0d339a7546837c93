// `chopmark view …`: views of a running node: how far they are, rebuild, compare.
#pragma once

namespace CLI {
class App;
}

namespace chopmark::cli {

class Console;

/// Adds the group to the tool; `console` must outlive the app.
void add_view_commands(CLI::App& app, Console& console);

}  // namespace chopmark::cli
