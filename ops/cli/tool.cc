#include "ops/cli/tool.h"

#include <CLI/CLI.hpp>

#include "ops/cli/admin_commands.h"
#include "ops/cli/alert_commands.h"
#include "ops/cli/bench_commands.h"
#include "ops/cli/console.h"
#include "ops/cli/erase_commands.h"
#include "ops/cli/journal_commands.h"
#include "ops/cli/journey_commands.h"
#include "ops/cli/kafka_commands.h"
#include "ops/cli/log_commands.h"
#include "ops/cli/node_commands.h"
#include "ops/cli/phone_commands.h"
#include "ops/cli/rp_commands.h"
#include "ops/cli/staff_commands.h"
#include "ops/cli/terminal_commands.h"
#include "ops/cli/view_commands.h"

namespace chopmark::cli {
namespace {

constexpr const char* about =
    "chopmark – looks after an event-sourced identity log, and plays everybody around it.\n\n"
    "Commands about the log work offline, on the data folder of a stopped node or on a copy of "
    "it,\n"
    "and change nothing there. view, alert, admin, staff and erase speak to a running node, signed "
    "in\n"
    "by key. phone, terminal, rp and journey are for sandboxes.";

constexpr const char* examples =
    "Examples:\n"
    "  chopmark journey --once                           the whole platform in 24 steps\n"
    "  chopmark phone register --persona mei             a citizen with a phone\n"
    "  chopmark alert list --standing open               what detection has found\n"
    "  chopmark log verify --data /srv/chopmark          is the log whole and untouched?\n"
    "  chopmark log verify --data COPY --readable        and does every box open?\n"
    "  chopmark log show --data COPY --partition 3 --sequence 17 --link\n"
    "  chopmark log import --format authlog auth.log --year 2017 --into scratch\n\n"
    "Exit codes: 0 done; 1 a fault was found; 2 the command line will not do; 3 not available.";

}  // namespace

int run_tool(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err,
             bool terminal) {
    CLI::App app(about, "chopmark");
    app.footer(examples);
    app.require_subcommand(1);
    app.fallthrough();
    app.set_help_all_flag("--help-all", "Help of all commands");
    Console console(out, err, terminal);
    app.add_flag("--json", console.json(), "Results as JSON, for programs");
    for (const auto add :
         {add_log_commands, add_journey_commands, add_phone_commands, add_terminal_commands,
          add_rp_commands, add_view_commands, add_alert_commands, add_admin_commands,
          add_staff_commands, add_erase_commands, add_bench_commands, add_node_commands,
          add_kafka_commands, add_journal_commands}) {
        add(app, console);
    }
    try {
        // CLI11 takes the arguments from the back.
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::ParseError& error) {
        return app.exit(error, out, err) == 0 ? static_cast<int>(Exit::ok)
                                              : static_cast<int>(Exit::usage);
    }
    return static_cast<int>(console.code());
}

}  // namespace chopmark::cli
