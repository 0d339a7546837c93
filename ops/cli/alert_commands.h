// `chopmark alert …`: what detection has found, and the work on it.
#pragma once

namespace CLI {
class App;
}

namespace chopmark::cli {

class Console;

/// Adds the group to the tool; `console` must outlive the app.
void add_alert_commands(CLI::App& app, Console& console);

}  // namespace chopmark::cli
