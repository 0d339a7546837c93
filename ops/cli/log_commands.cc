#include "ops/cli/log_commands.h"

#include <CLI/CLI.hpp>

#include "ops/cli/log_import.h"
#include "ops/cli/log_reading.h"
#include "ops/cli/log_verify.h"

namespace chopmark::cli {
namespace {

void add_data(CLI::App& command, std::string& data) {
    command.add_option("--data", data, "Data folder of a stopped node, or a copy of it")
        ->required();
}

void add_verify(CLI::App& log, Console& console) {
    auto options = std::make_shared<VerifyOptions>();
    auto* command = log.add_subcommand(
        "verify",
        "Verifies the whole log: the accept rule from the first record on (terms and their\n"
        "signatures, sequence, previous), every box against its digest, every cut that control\n"
        "recorded against the partitions' Merkle trees. Prints counts and roots, or each\n"
        "partition's first fault with its kind and place.");
    add_data(*command, options->data);
    command->add_flag("--readable", options->readable,
                      "Also open every box with the folder's keys: one may be unreadable only if\n"
                      "an erasure receipt or an expiry names its key");
    command->add_option("--genesis", options->genesis,
                        "Hash of the genesis document, hex, as you know it from elsewhere");
    command->callback([options, &console] { verify_log(*options, console); });
}

void add_reading(CLI::App& log, Console& console) {
    auto list = std::make_shared<ListOptions>();
    auto* command = log.add_subcommand("list", "Lists records, one a line");
    add_data(*command, list->data);
    command->add_option("--partition", list->partition, "0 is control")->capture_default_str();
    command->add_option("--from", list->from, "First sequence")->capture_default_str();
    command->add_option("--limit", list->limit, "Records at most")->capture_default_str();
    command->add_option("--type", list->type, "Only events of this type, e.g. LoginApproved");
    command->callback([list, &console] { list_log(*list, console); });

    auto show = std::make_shared<ShowOptions>();
    command = log.add_subcommand(
        "show",
        "Shows one record: its prelude, its leaf, and with keys at hand its layers. A personal\n"
        "layer is opened in sandboxes and imports only: elsewhere every look is itself recorded.");
    add_data(*command, show->data);
    auto* partition = command->add_option("--partition", show->partition, "0 is control");
    command->add_option("--sequence", show->sequence, "Place in the partition")->needs(partition);
    command->add_option("--event", show->event, "Event id, hex; searches the whole log")
        ->excludes(partition);
    command->add_flag("--link", show->link, "Open the link layer");
    command->add_flag("--personal", show->personal, "Open the personal layer, too");
    command->callback([show, &console] { show_record(*show, console); });

    auto exported = std::make_shared<ExportOptions>();
    command = log.add_subcommand(
        "export",
        "Writes every leaf with its hash, one JSON object a line, and at the end of a partition\n"
        "its size and root: SHA-256(0x00 ‖ leaf) is leaf_hash, the tree is RFC 6962's. No box is\n"
        "written.");
    add_data(*command, exported->data);
    command->add_option("--format", exported->format, "jsonl")->capture_default_str();
    command->add_option("--out", exported->out, "File; the output if not given");
    command->callback([exported, &console] { export_log(*exported, console); });
}

void add_import(CLI::App& log, Console& console) {
    auto options = std::make_shared<ImportOptions>();
    auto* command = log.add_subcommand(
        "import",
        "Reads a foreign sign-in log into a scratch journal of environment `import`, whose clock "
        "is\n"
        "the file's time. Addresses and users are keyed tokens; in clear they lie in the personal\n"
        "box only.");
    command->add_option("file", options->file, "The foreign log")->required();
    command->add_option("--format", options->format, "authlog: sshd lines of a syslog file")
        ->capture_default_str();
    command->add_option("--into", options->into, "Data folder of the scratch journal; made anew")
        ->required();
    command->add_option("--year", options->year,
                        "Year of the first line; syslog does not say it. If not given: the newest\n"
                        "that does not lie in the future");
    command->add_option("--zone", options->zone, "Zone of the file's times: UTC, +08:00, -0330")
        ->capture_default_str();
    command->add_option("--source", options->source, "Name of the source; else the file's name");
    command->callback([options, &console] { import_log(*options, console); });
}

}  // namespace

void add_log_commands(CLI::App& app, Console& console) {
    auto* log = app.add_subcommand("log", "Verify, read, export and import logs");
    log->require_subcommand(1);
    add_verify(*log, console);
    add_reading(*log, console);
    add_import(*log, console);
}

}  // namespace chopmark::cli
