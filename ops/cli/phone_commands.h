// `chopmark phone …`: a simulated phone against a sandbox, one call a command, its state in a file.
#pragma once

namespace CLI {
class App;
}

namespace chopmark::cli {

class Console;

/// Adds the group to the tool; `console` must outlive the app.
void add_phone_commands(CLI::App& app, Console& console);

}  // namespace chopmark::cli
