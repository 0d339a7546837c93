#include "ops/cli/alert_commands.h"

#include <CLI/CLI.hpp>

#include "ops/cli/sandbox_options.h"

namespace chopmark::cli {
namespace {

using sandbox::Answer;

struct AlertOptions {
    SandboxOptionsPtr shared;
    std::string as = "analyst";
    std::string standing;
    std::string severity;
    std::string rule;
    std::string alert;
    std::string verdict = "undecided";
    std::string note;
};
using OptionsPtr = std::shared_ptr<AlertOptions>;

Result<Answer> list(AlertOptions& options) {
    CHOPMARK_ASSIGN(auto member, options.shared->member(options.as));
    std::string target = "/security/v1/alerts?limit=50";
    const auto add = [&target](const char* name, const std::string& value) {
        target += value.empty() ? "" : std::string("&") + name + "=" + sandbox::url_encode(value);
    };
    add("standing", options.standing);
    add("severity", options.severity);
    add("rule", options.rule);
    return member.get(options.shared->gateways.security(), target);
}

Result<Answer> act(AlertOptions& options, const char* what, const nlohmann::json& body) {
    CHOPMARK_ASSIGN(auto member, options.shared->member(options.as));
    return member.post(options.shared->gateways.security(),
                       "/security/v1/alerts/" + options.alert + "/" + what, body);
}

void add_alert(CLI::App& command, const OptionsPtr& options) {
    command.add_option("alert", options->alert, "Alert id, 64 hex digits")->required();
    command.add_option("--note", options->note);
}

}  // namespace

void add_alert_commands(CLI::App& app, Console& console) {
    auto* group = app.add_subcommand("alert", "What detection has found, and the work on it");
    group->footer(
        "  chopmark alert list --standing open --severity medium\n"
        "  chopmark alert close ALERT --verdict confirmed --note \"called the citizen\"");
    group->require_subcommand(1);
    auto options = std::make_shared<AlertOptions>();
    options->shared = add_sandbox_options(*group);
    group->add_option("--as", options->as, "Who acts: a key file, or its name in DATA/sandbox")
        ->capture_default_str();
    auto* listing = add_answer(*group, console, "list", "Alerts, changed last first",
                               [options] { return list(*options); });
    listing->add_option("--standing", options->standing)
        ->check(CLI::IsMember({"open", "acknowledged", "closed"}));
    listing->add_option("--severity", options->severity, "At least so severe")
        ->check(CLI::IsMember({"informational", "low", "medium", "high", "critical"}));
    listing->add_option("--rule", options->rule, "Only of this rule, e.g. login.qr_relay");
    auto* shown = add_answer(*group, console, "show", "One alert with its history",
                             [options]() -> Result<Answer> {
                                 CHOPMARK_ASSIGN(auto member, options->shared->member(options->as));
                                 return member.get(options->shared->gateways.security(),
                                                   "/security/v1/alerts/" + options->alert);
                             });
    add_alert(*shown, options);
    add_alert(*add_answer(*group, console, "ack", "Takes an alert into work",
                          [options] {
                              return act(*options, "acknowledge", {{"note", options->note}});
                          }),
              options);
    auto* close = add_answer(*group, console, "close", "Closes an alert with a verdict", [options] {
        return act(*options, "close", {{"verdict", options->verdict}, {"note", options->note}});
    });
    add_alert(*close, options);
    close->add_option("--verdict", options->verdict)
        ->check(CLI::IsMember({"confirmed", "false_alarm", "benign", "undecided"}))
        ->capture_default_str();
}

}  // namespace chopmark::cli
