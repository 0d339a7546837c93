#include "ops/cli/view_commands.h"

#include <CLI/CLI.hpp>
#include <thread>

#include "ops/cli/sandbox_options.h"

namespace chopmark::cli {
namespace {

using nlohmann::json;
using sandbox::Answer;

constexpr std::chrono::milliseconds look_pause{300};
constexpr std::chrono::hours longest_work{24};

struct ViewOptions {
    SandboxOptionsPtr shared;
    std::string as = "first_operator";
    std::string view;
};
using OptionsPtr = std::shared_ptr<ViewOptions>;

Result<json> find(sandbox::StaffClient& admin, const std::string& name) {
    CHOPMARK_ASSIGN(const json list, sandbox::expect_success(admin.admin_get("/admin/v1/views")));
    for (const json& view : list.value("items", json::array())) {
        if (view.value("view", "") == name) {
            return view;
        }
    }
    return Error(sandbox::bad_state, "no view " + name + "; see chopmark view list");
}

/// Starts the work and waits for its end.
Result<json> work(ViewOptions& options, const char* what) {
    CHOPMARK_ASSIGN(auto admin, options.shared->member(options.as));
    CHOPMARK_TRY(find(admin, options.view));
    CHOPMARK_TRY(sandbox::expect_success(
        admin.admin_post("/admin/v1/views/" + options.view + "/" + what, json::object())));
    const auto until = std::chrono::steady_clock::now() + longest_work;
    while (std::chrono::steady_clock::now() < until) {
        CHOPMARK_ASSIGN(const json view, find(admin, options.view));
        const json task = view.value("task", json());
        if (task.is_object() && task.value("work", "") == what && !task.value("running", true)) {
            return task;
        }
        std::this_thread::sleep_for(look_pause);
    }
    return Error(sandbox::unreachable, "the work has not ended");
}

/// A difference, or work that failed, is a fault.
void finish(Console& console, const Result<json>& task) {
    show(console, task);
    if (task) {
        const json differences = task->value("differences", json());
        const bool differs = differences.is_number() && differences != 0;
        console.finish(differs || !task->value("failed", json()).is_null() ? Exit::fault
                                                                           : Exit::ok);
    }
}

}  // namespace

void add_view_commands(CLI::App& app, Console& console) {
    auto* group = app.add_subcommand("view", "Views of a running node: list, rebuild, compare");
    group->footer(
        "  chopmark view list\n"
        "  chopmark view diff sign_in_log      1 and the count if rows differ from a rebuild");
    group->require_subcommand(1);
    auto options = std::make_shared<ViewOptions>();
    options->shared = add_sandbox_options(*group);
    group->add_option("--as", options->as, "Who acts: a key file, or its name in DATA/sandbox")
        ->capture_default_str();
    add_answer(*group, console, "list", "How far each is, whether it stopped",
               [options]() -> Result<Answer> {
                   CHOPMARK_ASSIGN(auto admin, options->shared->member(options->as));
                   return admin.admin_get("/admin/v1/views");
               });
    auto* rebuild = group->add_subcommand(
        "rebuild", "Makes a view anew from the journal, beside the live one, and switches");
    rebuild->add_option("view", options->view)->required();
    rebuild->callback([options, &console] { finish(console, work(*options, "rebuild")); });
    auto* diff = group->add_subcommand("diff", "Compares a view's rows with a rebuild");
    diff->add_option("view", options->view)->required();
    diff->callback([options, &console] { finish(console, work(*options, "diff")); });
}

}  // namespace chopmark::cli
