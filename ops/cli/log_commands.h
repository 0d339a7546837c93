// `chopmark log …`: verify, list, show and export what lies in a log, import a foreign one.
#pragma once

namespace CLI {
class App;
}

namespace chopmark::cli {

class Console;

/// Adds the group to the tool; `console` must outlive the app.
void add_log_commands(CLI::App& app, Console& console);

}  // namespace chopmark::cli
