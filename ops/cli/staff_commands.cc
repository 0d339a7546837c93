#include "ops/cli/staff_commands.h"

#include <CLI/CLI.hpp>

#include "ops/cli/sandbox_options.h"

namespace chopmark::cli {
namespace {

using nlohmann::json;
using sandbox::Answer;

struct StaffOptions {
    SandboxOptionsPtr shared;
    std::string as = "first_operator";
    std::string name;
    std::string file;
    std::string email;
    std::vector<std::string> roles;
};

/// A key is drawn and its file written before it is enrolled: one that nobody has helps nobody.
Result<Answer> enrol(StaffOptions& options) {
    CHOPMARK_ASSIGN(auto admin, options.shared->member(options.as));
    const auto key = crypto::P256PrivateKey::generate(options.shared->entropy);
    CHOPMARK_TRY(sandbox::write_file(options.file, sandbox::key_to_hex(key) + "\n"));
    return admin.admin_post("/admin/v1/staff", {{"public_key", to_base64(key.point().bytes())},
                                                {"roles", options.roles},
                                                {"name", options.name},
                                                {"email", options.email}});
}

}  // namespace

void add_staff_commands(CLI::App& app, Console& console) {
    auto* group = app.add_subcommand("staff", "People who work here: their keys and roles");
    group->footer(
        "  chopmark staff enrol \"Ada\" --role auditor --key ada.key\n"
        "  chopmark staff session --as ada.key");
    group->require_subcommand(1);
    auto options = std::make_shared<StaffOptions>();
    options->shared = add_sandbox_options(*group);
    group->add_option("--as", options->as, "Who acts: a key file, or its name in DATA/sandbox")
        ->capture_default_str();
    auto* enrolling =
        add_answer(*group, console, "enrol", "Draws a P-256 key into a file and enrols its owner",
                   [options] { return enrol(*options); });
    enrolling->add_option("name", options->name)->required();
    enrolling->add_option("--role", options->roles)
        ->required()
        ->check(
            CLI::IsMember({"administrator", "auditor", "security", "privacy_officer", "support"}));
    enrolling->add_option("--key", options->file, "Where the new key is written")->required();
    enrolling->add_option("--email", options->email);
    add_answer(*group, console, "list", "Staff, by id", [options]() -> Result<Answer> {
        CHOPMARK_ASSIGN(auto admin, options->shared->member(options->as));
        return admin.admin_get("/admin/v1/staff");
    });
    group->add_subcommand("session", "Opens a session and shows its roles")
        ->callback([options, &console] {
            auto member = options->shared->member(options->as);
            show(console, member ? member->sign_in(options->shared->gateways.admin())
                                 : Result<json>(member.error()));
        });
}

}  // namespace chopmark::cli
