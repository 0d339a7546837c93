// `chopmark admin …`: any call of the admin, audit and security gateways, signed in by key.
#pragma once

namespace CLI {
class App;
}

namespace chopmark::cli {

class Console;

/// Adds the group to the tool; `console` must outlive the app.
void add_admin_commands(CLI::App& app, Console& console);

}  // namespace chopmark::cli
