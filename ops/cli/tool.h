// The tool `chopmark`: one command line, a file of commands for each group. A group adds its
// subcommands with a function of the shape of add_log_commands(); tool.cc is the list of groups.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace chopmark::cli {

/// Runs one command; `arguments` without the program's name, `terminal` whether `err` is one. What
/// comes back is the exit code (console.h).
int run_tool(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err,
             bool terminal);

}  // namespace chopmark::cli
