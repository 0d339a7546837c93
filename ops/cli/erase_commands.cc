#include "ops/cli/erase_commands.h"

#include <CLI/CLI.hpp>

#include "ops/cli/sandbox_options.h"

namespace chopmark::cli {
namespace {

using sandbox::Answer;

struct EraseOptions {
    SandboxOptionsPtr shared;
    std::string as = "privacy_one";
    std::string account;
    std::string order;
    std::string basis = "pdpo.section_26";
    std::string purpose;
    std::vector<std::string> classes{"identity", "sign_in", "evidence"};
};

Result<Answer> post(EraseOptions& options, const std::string& tail, const nlohmann::json& body) {
    CHOPMARK_ASSIGN(auto member, options.shared->member(options.as));
    return member.admin_post("/admin/v1/erasures" + tail, body);
}

Result<Answer> get(EraseOptions& options, const std::string& tail) {
    CHOPMARK_ASSIGN(auto member, options.shared->member(options.as));
    return member.admin_get("/admin/v1/erasures" + tail);
}

}  // namespace

void add_erase_commands(CLI::App& app, Console& console) {
    auto* group = app.add_subcommand(
        "erase", "Erases a person: ordered by one privacy officer, approved by another");
    group->footer(
        "  chopmark erase order ACCOUNT --purpose \"the citizen's wish\"\n"
        "  chopmark erase approve ORDER --purpose \"the citizen's wish\" --as privacy_two\n"
        "  chopmark erase show ORDER                      the receipt, once it is completed\n\n"
        "An approval cannot be undone: keys are destroyed, the log still proves.");
    group->require_subcommand(1);
    auto options = std::make_shared<EraseOptions>();
    options->shared = add_sandbox_options(*group);
    group->add_option("--as", options->as, "Who acts: a key file, or its name in DATA/sandbox")
        ->capture_default_str();
    auto* order = add_answer(*group, console, "order", "Orders an erasure", [options] {
        return post(*options, "",
                    {{"account", options->account},
                     {"classes", options->classes},
                     {"basis", options->basis},
                     {"purpose", options->purpose}});
    });
    order->add_option("account", options->account, "Account id, 32 hex digits")->required();
    order->add_option("--purpose", options->purpose)->required();
    order->add_option("--basis", options->basis, "Stable dotted name of the legal basis")
        ->capture_default_str();
    order->add_option("--class", options->classes, "Retention classes")
        ->check(CLI::IsMember({"identity", "sign_in", "evidence"}))
        ->capture_default_str();
    auto* approve =
        add_answer(*group, console, "approve", "Approves what another ordered", [options] {
            return post(*options, "/" + options->order + "/approve",
                        {{"purpose", options->purpose}});
        });
    approve->add_option("order", options->order)->required();
    approve->add_option("--purpose", options->purpose)->required();
    add_answer(*group, console, "list", "Orders that are open",
               [options] { return get(*options, ""); });
    add_answer(*group, console, "show", "One erasure, with its receipt when it is completed",
               [options] { return get(*options, "/" + options->order); })
        ->add_option("order", options->order)
        ->required();
}

}  // namespace chopmark::cli
