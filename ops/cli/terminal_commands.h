// `chopmark terminal …`: a simulated kiosk, counter or mobile team against a sandbox.
#pragma once

namespace CLI {
class App;
}

namespace chopmark::cli {

class Console;

/// Adds the group to the tool; `console` must outlive the app.
void add_terminal_commands(CLI::App& app, Console& console);

}  // namespace chopmark::cli
