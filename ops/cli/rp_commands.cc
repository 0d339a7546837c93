#include "ops/cli/rp_commands.h"

#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <mutex>

#include "events/crypto/digest.h"
#include "ops/cli/sandbox_options.h"
#include "ops/sandbox/service.h"

namespace chopmark::cli {
namespace {

using nlohmann::json;
using sandbox::SampleService;
using sandbox::ServiceIdentity;

struct RpOptions {
    SandboxOptionsPtr shared;
    std::string service = "sample";
    std::string name = "Sample Service";
    std::string applicant = "first_operator";
    std::string approver = "second_admin";
    int port = 8190;
    std::vector<std::string> scopes{"eidapi_auth", "eidapi_profiles", "eidapi_formFilling",
                                    "eidapi_sign"};
    std::string app_scheme;
    std::string scope = "eidapi_auth";
    std::string page;
    std::string code;
};
using OptionsPtr = std::shared_ptr<RpOptions>;

Result<SampleService> load(const RpOptions& options) {
    return SampleService::load(options.shared->find_client(options.service),
                               options.shared->gateways, options.shared->entropy);
}

// ---- onboarding
// ----------------------------------------------------------------------------------

ServiceIdentity identity_of(const RpOptions& options) {
    const std::string origin = fmt::format("http://127.0.0.1:{}", options.port);
    ServiceIdentity identity;
    identity.name = options.name;
    identity.scopes = options.scopes;
    identity.redirect_uri = origin + "/back";
    identity.callback_uri = origin + "/callback";
    identity.direct_login_uri = origin + "/one-tap";
    return identity;
}

/// Two people: one applies, another approves, and the secret is shown once.
Result<json> onboard(RpOptions& options) {
    CHOPMARK_ASSIGN(auto applicant, options.shared->member(options.applicant));
    CHOPMARK_ASSIGN(auto approver, options.shared->member(options.approver));
    ServiceIdentity identity = identity_of(options);
    auto key = crypto::RsaPrivateKey::generate();
    CHOPMARK_ASSIGN(const json applied, sandbox::expect_success(applicant.admin_post(
                                            "/admin/v1/relying-parties",
                                            {{"name_english", identity.name},
                                             {"organisation", "Sandbox"},
                                             {"scopes", identity.scopes},
                                             {"redirect_uris", {identity.redirect_uri}},
                                             {"callback_uris", {identity.callback_uri}},
                                             {"direct_login_uris", {identity.direct_login_uri}},
                                             {"app_scheme", options.app_scheme},
                                             {"kek", to_base64(key.public_key().spki())}})));
    CHOPMARK_ASSIGN(identity.client, service::text_of(applied, "client"));
    CHOPMARK_ASSIGN(const json approved,
                    sandbox::expect_success(approver.admin_post(
                        "/admin/v1/relying-parties/" + identity.client + "/approve",
                        {{"scopes", identity.scopes}})));
    CHOPMARK_ASSIGN(identity.secret, service::text_of(approved, "client_secret"));
    const std::string client = identity.client;
    const SampleService made(std::move(identity), std::move(key), options.shared->gateways,
                             options.shared->entropy);
    const auto file = options.shared->client_file(options.service);
    CHOPMARK_TRY(made.save(file));
    return json{{"client", client}, {"kept_in", file.string()}};
}

// ---- serving
// -------------------------------------------------------------------------------------

std::string escape(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '&':
                out += "&amp;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out.push_back(c);
        }
    }
    return out;
}

std::string html(std::string_view title, std::string_view body) {
    return fmt::format(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title>"
        "<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:10vh auto}}"
        "a.button{{background:#1b5e4b;color:#fff;padding:.75rem 1.5rem;border-radius:.5rem;"
        "text-decoration:none}}pre{{white-space:pre-wrap;word-break:break-all}}</style></head>"
        "<body><h1>{0}</h1>{1}</body></html>",
        escape(title), body);
}

/// The service behind its pages: several browsers may come at once.
struct Site {
    SampleService service;
    std::mutex mutex;
    std::string scope;
    int platform_port;

    std::string login() const {
        const std::string url = fmt::format("http://127.0.0.1:{}{}", platform_port,
                                            service.login_target(scope, "PC_Browser", "served"));
        return html(service.identity().name,
                    fmt::format("<p><a class=\"button\" href=\"{}\">Log in with the app</a></p>",
                                escape(url)));
    }
    std::string back(const std::string& code, const std::string& error) {
        if (code.empty()) {
            return html("Not logged in", "<p>The platform says " + escape(error) + ".</p>");
        }
        const std::lock_guard lock(mutex);
        const auto token = service.get_token(code);
        if (!token || !token->good()) {
            return html("Not logged in",
                        "<p>" + escape(token ? token->code : to_string(token.error())) + "</p>");
        }
        return html("Logged in", "<pre>" + escape(token->content.dump(2)) + "</pre>");
    }
};

std::map<std::string, httplib::Server::Handler> pages_of(const std::shared_ptr<Site>& site) {
    constexpr const char* type = "text/html; charset=utf-8";
    const auto back = [site](const httplib::Request& request, httplib::Response& response) {
        response.set_content(
            site->back(request.get_param_value("code"), request.get_param_value("error_code")),
            type);
    };
    return {
        {"/", [site](const httplib::Request&,
                     httplib::Response& response) { response.set_content(site->login(), type); }},
        {"/back", back},
        {"/one-tap", back}};
}

/// Until Ctrl-C.
void serve(const RpOptions& options, Console& console) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    auto service = load(options);
    if (!service) {
        console.fail(service.error());
        return;
    }
    const auto site = std::shared_ptr<Site>(
        new Site{*std::move(service), {}, options.scope, options.shared->gateways.rp()});
    const auto receiver = sandbox::CallbackReceiver::start(options.port, pages_of(site));
    if (!receiver) {
        console.fail(receiver.error());
        return;
    }
    console.line("open " + (*receiver)->url("/") + " in a browser; Ctrl-C ends it");
    const timespec pause{0, 200'000'000};
    while (sigtimedwait(&signals, nullptr, &pause) < 0) {
        if (const auto body = (*receiver)->next(std::chrono::milliseconds(1))) {
            const std::lock_guard lock(site->mutex);
            const auto told = site->service.open_callback(*body);
            console.line(told ? told->code + " " + told->content.dump()
                              : "a callback that cannot be read: " + to_string(told.error()));
        }
    }
}

// ---- one step at a time
// --------------------------------------------------------------------------

Result<json> open_page(const RpOptions& options) {
    CHOPMARK_ASSIGN(auto service, load(options));
    CHOPMARK_ASSIGN(const auto page, service.open_login_page(options.scope));
    if (!options.page.empty()) {
        CHOPMARK_TRY(sandbox::write_file(options.page, page.html));
    }
    return json{{"qr", page.qr_text},
                {"number", page.number},
                {"handle", page.handle},
                {"cookie", page.cookie}};
}

/// Page and wait in one: prints what the phone has to scan, then waits for the phone.
Result<json> login(const RpOptions& options, Console& console) {
    CHOPMARK_ASSIGN(auto service, load(options));
    CHOPMARK_ASSIGN(const auto page, service.open_login_page(options.scope));
    if (!options.page.empty()) {
        CHOPMARK_TRY(sandbox::write_file(options.page, page.html));
    }
    console.note("scan: " + page.qr_text + (page.number.empty() ? "" : "  number " + page.number));
    CHOPMARK_ASSIGN(const auto redirect, service.wait_at(page, std::chrono::minutes(2)));
    if (redirect.code.empty()) {
        return Error(sandbox::rp_refused, redirect.error_code);
    }
    CHOPMARK_ASSIGN(const auto token, service.get_token(redirect.code));
    if (!token.good()) {
        return Error(sandbox::rp_refused, token.code + " " + token.message);
    }
    return token.content;
}

Result<json> exchange(const RpOptions& options) {
    CHOPMARK_ASSIGN(auto service, load(options));
    CHOPMARK_ASSIGN(const auto token, service.get_token(options.code));
    return token.good() ? Result<json>(token.content)
                        : Result<json>(Error(sandbox::rp_refused, token.code + token.message));
}

void add_steps(CLI::App& group, Console& console, const OptionsPtr& options) {
    auto* login_command = group.add_subcommand(
        "login", "Opens the login page as a browser does and waits for a phone's decision");
    login_command->add_option("--scope", options->scope)->capture_default_str();
    login_command->add_option("--page", options->page, "Also write the page there, to be scanned");
    login_command->callback([options, &console] { show(console, login(*options, console)); });
    auto* page = group.add_subcommand("page", "Opens the login page and reads its QR code");
    page->add_option("--scope", options->scope)->capture_default_str();
    page->add_option("--page", options->page, "Also write the page there");
    page->callback([options, &console] { show(console, open_page(*options)); });
    auto* token = group.add_subcommand("token", "Exchanges a code for a token");
    token->add_option("code", options->code)->required();
    token->callback([options, &console] { show(console, exchange(*options)); });
}

}  // namespace

void add_rp_commands(CLI::App& app, Console& console) {
    auto* group = app.add_subcommand("rp", "A sample online service, against a running sandbox");
    group->footer(
        "  chopmark rp onboard --name \"My Service\"      two administrators: apply and approve\n"
        "  chopmark rp serve                            a login page for a browser\n"
        "  chopmark rp login --page page.html & chopmark phone scan page.html; chopmark phone "
        "approve");
    group->require_subcommand(1);
    auto options = std::make_shared<RpOptions>();
    options->shared = add_sandbox_options(*group);
    group->add_option("--service", options->service, "Which service: a name or its file")
        ->capture_default_str();
    auto* onboarding = group->add_subcommand("onboard", "Applies for a service and approves it");
    onboarding->add_option("--name", options->name)->capture_default_str();
    onboarding->add_option("--scope", options->scopes)->capture_default_str();
    onboarding->add_option("--port", options->port, "Where it will serve")->capture_default_str();
    onboarding->add_option("--app-scheme", options->app_scheme,
                           "Package name of its Android app, for links that open ours");
    onboarding->add_option("--by", options->applicant, "Who applies")->capture_default_str();
    onboarding->add_option("--approver", options->approver, "Who approves")->capture_default_str();
    onboarding->callback([options, &console] { show(console, onboard(*options)); });
    auto* serving = group->add_subcommand("serve", "Serves a login page and takes callbacks");
    serving->add_option("--port", options->port)->capture_default_str();
    serving->add_option("--scope", options->scope)->capture_default_str();
    serving->callback([options, &console] { serve(*options, console); });
    add_steps(*group, console, options);
}

}  // namespace chopmark::cli
