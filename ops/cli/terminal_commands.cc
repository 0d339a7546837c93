#include "ops/cli/terminal_commands.h"

#include <CLI/CLI.hpp>

#include "ops/cli/sandbox_options.h"
#include "ops/sandbox/terminal.h"

namespace chopmark::cli {
namespace {

using nlohmann::json;
using sandbox::Answer;

constexpr const char* footer =
    "  chopmark terminal enrol --kind counter --site \"Wan Chai\" --as desk\n"
    "  chopmark terminal register --terminal desk --persona priya\n"
    "  chopmark phone --phone priya bind VOUCHER --persona priya";

struct TerminalOptions {
    SandboxOptionsPtr shared;
    std::string staff = "first_operator";
    std::string terminal = "kiosk";
    std::string kind = "kiosk";
    std::string site = "Sandbox site";
    std::string persona = "priya";
    unsigned run = 0;
    unsigned match = 950;
    bool other_face = false;
};

Result<sandbox::SandboxOperator> enrol_operator(sandbox::StaffClient& admin,
                                                TerminalOptions& options) {
    auto key = crypto::P256PrivateKey::generate(options.shared->entropy);
    CHOPMARK_ASSIGN(const json enrolled,
                    sandbox::expect_success(admin.admin_post(
                        "/admin/v1/operators", {{"public_key", to_base64(key.point().bytes())},
                                                {"name", "Sandbox Operator"},
                                                {"sites", {options.site}},
                                                {"team", options.site}})));
    CHOPMARK_ASSIGN(const std::string id, service::text_of(enrolled, "operator"));
    return sandbox::SandboxOperator{id, std::move(key)};
}

Result<Answer> enrol(TerminalOptions& options) {
    CHOPMARK_ASSIGN(auto admin, options.shared->member(options.staff));
    std::optional<sandbox::SandboxOperator> op;
    if (options.kind != "kiosk") {
        CHOPMARK_ASSIGN(op, enrol_operator(admin, options));
    }
    auto key = crypto::P256PrivateKey::generate(options.shared->entropy);
    CHOPMARK_ASSIGN(auto answer, admin.admin_post("/admin/v1/terminals",
                                                  {{"kind", options.kind},
                                                   {"public_key", to_base64(key.point().bytes())},
                                                   {"site", options.site},
                                                   {"team", options.site}}));
    if (answer.good()) {
        const sandbox::SimulatedTerminal terminal(answer.text("terminal"), options.kind,
                                                  std::move(key), std::move(op),
                                                  options.shared->gateways);
        CHOPMARK_TRY(terminal.save(options.shared->client_file(options.terminal)));
    }
    return answer;
}

Result<Answer> register_citizen(const TerminalOptions& options) {
    CHOPMARK_ASSIGN(auto terminal,
                    sandbox::SimulatedTerminal::load(options.shared->find_client(options.terminal),
                                                     options.shared->gateways));
    const SystemClock clock;
    CHOPMARK_ASSIGN(const auto citizen,
                    sandbox::persona(options.persona, options.run, clock.now()));
    return terminal.register_citizen(citizen, {.match = options.match}, !options.other_face);
}

}  // namespace

void add_terminal_commands(CLI::App& app, Console& console) {
    auto* group = app.add_subcommand(
        "terminal", "A simulated kiosk, counter or mobile team, against a running sandbox");
    group->footer(footer);
    group->require_subcommand(1);
    auto options = std::make_shared<TerminalOptions>();
    options->shared = add_sandbox_options(*group);
    auto* enrolling = add_answer(*group, console, "enrol", "Enrols a terminal, with its operator",
                                 [options] { return enrol(*options); });
    enrolling->add_option("--kind", options->kind)
        ->check(CLI::IsMember({"kiosk", "counter", "mobile_team"}))
        ->capture_default_str();
    enrolling->add_option("--site", options->site, "Where it stands, or whose it is")
        ->capture_default_str();
    enrolling->add_option("--as", options->terminal, "What to call it")->capture_default_str();
    enrolling->add_option("--staff", options->staff, "Who enrols it: a key's name or file")
        ->capture_default_str();
    auto* enrol_citizen =
        add_answer(*group, console, "register",
                   "Registers a citizen; the answer has the voucher for the first phone",
                   [options] { return register_citizen(*options); });
    enrol_citizen->add_option("--terminal", options->terminal)->capture_default_str();
    enrol_citizen->add_option("--persona", options->persona)
        ->check(CLI::IsMember(sandbox::persona_names()))
        ->capture_default_str();
    enrol_citizen->add_option("--run", options->run, "Which of the persona's cards")
        ->capture_default_str();
    enrol_citizen->add_option("--match", options->match, "How alike the face is, at a kiosk")
        ->capture_default_str();
    enrol_citizen->add_flag("--other-face", options->other_face,
                            "The operator says that it is another face");
}

}  // namespace chopmark::cli
