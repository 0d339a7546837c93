#include "ops/cli/admin_commands.h"

#include <CLI/CLI.hpp>

#include "ops/cli/rp_life_commands.h"
#include "ops/cli/sandbox_options.h"

namespace chopmark::cli {
namespace {

using nlohmann::json;
using sandbox::Answer;

struct AdminOptions {
    SandboxOptionsPtr shared;
    std::string as = "first_operator";
    std::string path;
    std::string body = "{}";
    std::string key;
    std::string setting;
    std::int64_t value = 0;
};
using OptionsPtr = std::shared_ptr<AdminOptions>;

/// The gateway that a path belongs to.
int port_of(const sandbox::Gateways& gateways, const std::string& path) {
    return path.starts_with("/audit/")      ? gateways.audit()
           : path.starts_with("/security/") ? gateways.security()
                                            : gateways.admin();
}

Result<Answer> get(AdminOptions& options) {
    CHOPMARK_ASSIGN(auto member, options.shared->member(options.as));
    return member.get(port_of(options.shared->gateways, options.path), options.path);
}

Result<Answer> post(AdminOptions& options) {
    CHOPMARK_ASSIGN(const json body, service::parse_object(options.body));
    CHOPMARK_ASSIGN(auto member, options.shared->member(options.as));
    return member.post(port_of(options.shared->gateways, options.path), options.path, body,
                       options.key);
}

Result<Answer> set_policy(AdminOptions& options) {
    CHOPMARK_ASSIGN(auto member, options.shared->member(options.as));
    CHOPMARK_ASSIGN(const json now, sandbox::expect_success(member.admin_get("/admin/v1/policy")));
    return member.admin_post("/admin/v1/policy", {{"version", now.value("version", 0) + 1},
                                                  {"settings", {{options.setting, options.value}}},
                                                  {"note", "chopmark admin policy set"}});
}

void add_shorthand(CLI::App& group, Console& console, const OptionsPtr& options, const char* name,
                   const char* about, const char* path) {
    add_answer(group, console, name, about, [options, path] {
        options->path = path;
        return get(*options);
    });
}

}  // namespace

void add_admin_commands(CLI::App& app, Console& console) {
    auto* group =
        app.add_subcommand("admin", "Operators' work on a running node, signed in by key");
    group->footer(
        "  chopmark admin status\n"
        "  chopmark admin policy set qr_life 60000\n"
        "  chopmark admin rp list --standing applied\n"
        "  chopmark admin post /admin/v1/relying-parties/CLIENT/approve "
        "'{\"scopes\":[\"eidapi_auth\"]}' --as second_admin\n"
        "Paths of /audit/v1 and /security/v1 go to their gateways. Every route: GET "
        "/openapi.json.");
    group->require_subcommand(1);
    auto options = std::make_shared<AdminOptions>();
    options->shared = add_sandbox_options(*group);
    group->add_option("--as", options->as, "Who acts: a key file, or its name in DATA/sandbox")
        ->capture_default_str();
    add_shorthand(*group, console, options, "status", "This node: readiness, heads, key epoch",
                  "/admin/v1/status");
    add_shorthand(*group, console, options, "services", "Relying parties",
                  "/admin/v1/relying-parties");
    add_shorthand(*group, console, options, "terminals", "Terminals", "/admin/v1/terminals");
    add_shorthand(*group, console, options, "nodes", "Nodes", "/admin/v1/nodes");
    add_rp_life_commands(*group, console, options->shared,
                         std::shared_ptr<const std::string>(options, &options->as));
    auto* policy = group->add_subcommand("policy", "Numbers that change without a release");
    policy->require_subcommand(1);
    add_shorthand(*policy, console, options, "show", "What is in force", "/admin/v1/policy");
    auto* setting = add_answer(*policy, console, "set", "Sets one of them",
                               [options] { return set_policy(*options); });
    setting->add_option("name", options->setting)->required();
    setting->add_option("value", options->value, "Milliseconds, a number, or 0 and 1")->required();
    add_answer(*group, console, "get", "Any query", [options] { return get(*options); })
        ->add_option("path", options->path)
        ->required();
    auto* posting =
        add_answer(*group, console, "post", "Any command", [options] { return post(*options); });
    posting->add_option("path", options->path)->required();
    posting->add_option("body", options->body, "JSON")->capture_default_str();
    posting->add_option("--key", options->key,
                        "Idempotency-Key: the same key and body are the same command");
}

}  // namespace chopmark::cli
