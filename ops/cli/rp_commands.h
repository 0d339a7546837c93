// `chopmark rp …`: a sample online service against a sandbox, with a login page to try in a
// browser.
#pragma once

namespace CLI {
class App;
}

namespace chopmark::cli {

class Console;

/// Adds the group to the tool; `console` must outlive the app.
void add_rp_commands(CLI::App& app, Console& console);

}  // namespace chopmark::cli
