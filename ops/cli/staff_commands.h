// `chopmark staff …`: keys, sessions and enrolment of the people who work here.
#pragma once

namespace CLI {
class App;
}

namespace chopmark::cli {

class Console;

/// Adds the group to the tool; `console` must outlive the app.
void add_staff_commands(CLI::App& app, Console& console);

}  // namespace chopmark::cli
