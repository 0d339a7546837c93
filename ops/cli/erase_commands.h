// `chopmark erase …`: the erasure of a person: ordered by one, approved by another, with its
// receipt.
#pragma once

namespace CLI {
class App;
}

namespace chopmark::cli {

class Console;

/// Adds the group to the tool; `console` must outlive the app.
void add_erase_commands(CLI::App& app, Console& console);

}  // namespace chopmark::cli
