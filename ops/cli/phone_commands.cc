#include "ops/cli/phone_commands.h"

#include <CLI/CLI.hpp>

#include "ops/cli/sandbox_options.h"
#include "ops/sandbox/phone.h"
#include "ops/sandbox/qr_reader.h"

namespace chopmark::cli {
namespace {

using nlohmann::json;
using sandbox::Answer;
using sandbox::SimulatedPhone;

constexpr const char* about = "A simulated phone with the app, against a running sandbox";
constexpr const char* footer =
    "The phone's key, card and account are kept in DATA/sandbox/clients/NAME.json, so commands\n"
    "follow one another. --phone also takes a file, or a phone of the journey.\n\n"
    "  chopmark phone --phone me register --persona tszkit --channel nfc\n"
    "  chopmark phone --phone me scan page.html         a saved login page, an SVG, a PGM, or the "
    "text\n"
    "  chopmark phone --phone me approve\n"
    "  chopmark phone --phone me log --topic logins\n"
    "  chopmark phone --phone me report EVENT --note \"this wasn't me\"";

/// As no address can be.
constexpr const char* no_return = " ";

struct PhoneOptions {
    SandboxOptionsPtr shared;
    std::string phone = "me";
    std::string from;
    // of single commands
    std::string persona = "tszkit";
    std::string channel = "app";
    unsigned run = 0;
    unsigned match = 950;
    unsigned liveness = 950;
    std::string text;  // of the command's only argument
    std::string number;
    std::string why = "declined";
    std::string client;
    std::vector<std::string> scopes{"eidapi_auth"};
    std::string return_to = no_return;
    std::string note;
    std::string topic;
    unsigned limit = 50;
};
using OptionsPtr = std::shared_ptr<PhoneOptions>;
using Act = std::function<Result<Answer>(SimulatedPhone&, const PhoneOptions&)>;

Result<SimulatedPhone> load(const PhoneOptions& options) {
    CHOPMARK_ASSIGN(auto phone,
                    SimulatedPhone::load(options.shared->find_client(options.phone),
                                         options.shared->gateways, options.shared->entropy));
    if (!options.from.empty()) {
        phone.move_to(options.from);
    }
    return phone;
}

Result<Answer> with_phone(const PhoneOptions& options, const Act& act) {
    CHOPMARK_ASSIGN(auto phone, load(options));
    CHOPMARK_ASSIGN(auto answer, act(phone, options));
    CHOPMARK_TRY(phone.save(
        options.shared->client_file(std::filesystem::path(options.phone).stem().string())));
    return answer;
}

CLI::App* add(CLI::App& group, Console& console, const OptionsPtr& options, const char* name,
              const char* what, Act act) {
    return add_answer(group, console, name, what,
                      [options, act = std::move(act)] { return with_phone(*options, act); });
}

// ---- registration
// --------------------------------------------------------------------------------

Result<Answer> register_citizen(const PhoneOptions& options) {
    const SystemClock clock;
    CHOPMARK_ASSIGN(auto bearer, sandbox::persona(options.persona, options.run, clock.now()));
    SimulatedPhone phone(std::move(bearer), options.shared->gateways, options.shared->entropy);
    if (!options.from.empty()) {
        phone.move_to(options.from);
    }
    const sandbox::Face face{options.match, options.liveness};
    auto answer = options.channel == "nfc"   ? phone.register_by_nfc(face)
                  : options.channel == "app" ? phone.register_by_app(face)
                                             : phone.bind(options.text);
    CHOPMARK_TRY(phone.save(options.shared->client_file(options.phone)));
    return answer;
}

void add_registration(CLI::App& group, Console& console, const OptionsPtr& options) {
    auto* enrol = add_answer(group, console, "register",
                             "Makes an account, by photograph (app) or by the card's chip (nfc)",
                             [options] { return register_citizen(*options); });
    enrol->add_option("--persona", options->persona, "Who: one of the sandbox's people")
        ->check(CLI::IsMember(sandbox::persona_names()))
        ->capture_default_str();
    enrol->add_option("--channel", options->channel)
        ->check(CLI::IsMember({"app", "nfc"}))
        ->capture_default_str();
    enrol->add_option("--run", options->run, "Which of the persona's cards")->capture_default_str();
    enrol->add_option("--match", options->match, "How alike the selfie is, permille")
        ->capture_default_str();
    enrol->add_option("--liveness", options->liveness, "How alive it is, permille")
        ->capture_default_str();
    auto* bind = group.add_subcommand("bind", "Binds a first phone by a terminal's voucher");
    bind->add_option("voucher", options->text)->required();
    bind->add_option("--persona", options->persona)
        ->check(CLI::IsMember(sandbox::persona_names()))
        ->capture_default_str();
    bind->add_option("--run", options->run, "Which of the persona's cards")->capture_default_str();
    bind->callback([options, &console] {
        options->channel = "voucher";
        show(console, register_citizen(*options));
    });
    add(group, console, options, "upgrade", "Raises the account to grade sign by the card's chip",
        [](SimulatedPhone& phone, const PhoneOptions&) { return phone.upgrade(); });
}

// ---- logins
// --------------------------------------------------------------------------------------

std::filesystem::path scan_file(const PhoneOptions& options) {
    return options.shared->client_file(std::filesystem::path(options.phone).stem().string() +
                                       ".scan");
}

Result<Answer> scan(SimulatedPhone& phone, const PhoneOptions& options) {
    std::string text = options.text;
    std::error_code ignored;
    if (std::filesystem::is_regular_file(text, ignored)) {
        CHOPMARK_ASSIGN(const Bytes picture, sandbox::read_file(text));
        CHOPMARK_ASSIGN(text, sandbox::read_qr_of(picture));
    }
    CHOPMARK_ASSIGN(auto answer, phone.scan(text, options.number));
    if (answer.good()) {
        CHOPMARK_TRY(sandbox::write_state(scan_file(options), answer.json));
    }
    return answer;
}

Result<Answer> open_link(SimulatedPhone& phone, const PhoneOptions& options) {
    CHOPMARK_ASSIGN(auto answer, phone.open_link(options.text));
    if (answer.good()) {
        CHOPMARK_TRY(sandbox::write_state(scan_file(options), answer.json));
    }
    return answer;
}

Result<sandbox::Scanned> last_scan(const PhoneOptions& options) {
    Answer seen;
    seen.status = 200;
    CHOPMARK_ASSIGN(seen.json, sandbox::read_state(scan_file(options)));
    return SimulatedPhone::read_scan(seen);
}

void add_logins(CLI::App& group, Console& console, const OptionsPtr& options) {
    auto* reading =
        add(group, console, options, "scan", "Reads a QR code and shows what it asks for", scan);
    reading->add_option("qr", options->text, "A picture's file (page, SVG, PGM) or the code's text")
        ->required();
    reading->add_option("--number", options->number,
                        "The number that the page shows: for a request of a sensitive service");
    add(group, console, options, "open",
        "Opened by the link of another app or of a login page, shows what it asks for", open_link)
        ->add_option("link", options->text, "e.g. hk.gov.iamsmart.testapp://v2_cauth?ticketID=…")
        ->required();
    add(group, console, options, "approve", "Approves what was scanned last",
        [](SimulatedPhone& phone, const PhoneOptions& with) -> Result<Answer> {
            CHOPMARK_ASSIGN(const auto scanned, last_scan(with));
            return phone.approve(scanned, with.number);
        })
        ->add_option("--number", options->number, "The number that the page shows, typed");
    add(group, console, options, "refuse", "Refuses what was scanned last",
        [](SimulatedPhone& phone, const PhoneOptions& with) -> Result<Answer> {
            CHOPMARK_ASSIGN(const auto scanned, last_scan(with));
            return phone.refuse(scanned, with.why);
        })
        ->add_option("--why", options->why)
        ->check(CLI::IsMember({"declined", "not_mine", "number_wrong"}))
        ->capture_default_str();
    auto* tap = add(group, console, options, "one-tap", "Logs in to a service from the app",
                    [](SimulatedPhone& phone, const PhoneOptions& with) {
                        return phone.one_tap(with.client, with.scopes);
                    });
    tap->add_option("client", options->client, "Client id, 32 hex digits")->required();
    tap->add_option("--scope", options->scopes, "What the service may do")->capture_default_str();
    auto* report =
        add(group, console, options, "report", "\"This wasn't me\": makes a case of a record",
            [](SimulatedPhone& phone, const PhoneOptions& with) {
                return phone.dispute(with.text, with.note);
            });
    report->add_option("event", options->text, "Event id, from the log")->required();
    report->add_option("--note", options->note, "In your own words");
}

// ---- requests
// ------------------------------------------------------------------------------------

/// One of the open requests, by its id; the only one if none is named.
Result<json> chosen_request(SimulatedPhone& phone, const PhoneOptions& options) {
    CHOPMARK_ASSIGN(const json list, sandbox::expect_success(phone.requests()));
    const json items = list.value("items", json::array());
    for (const json& item : items) {
        if (item.value("request", "") == options.text ||
            (options.text.empty() && items.size() == 1)) {
            return item;
        }
    }
    return Error(sandbox::bad_state, "no such open request; see chopmark phone requests");
}

Result<Answer> answer_request(SimulatedPhone& phone, const PhoneOptions& options, bool yes) {
    CHOPMARK_ASSIGN(const json request, chosen_request(phone, options));
    if (options.return_to != no_return) {
        phone.return_to(options.return_to);
    }
    const std::string kind = request.value("kind", "");
    if (kind == "consent") {
        return yes ? phone.grant(request) : phone.refuse_consent(request);
    }
    if (kind == "step_up") {
        return yes ? phone.prove(request) : phone.refuse_to_prove(request);
    }
    return yes ? phone.sign(request) : phone.refuse_signature(request);
}

void add_requests(CLI::App& group, Console& console, const OptionsPtr& options) {
    add(group, console, options, "requests", "What waits for an answer",
        [](SimulatedPhone& phone, const PhoneOptions&) { return phone.requests(); });
    const auto answering = [&](const char* name, const char* what, bool yes) {
        auto* command = add(group, console, options, name, what,
                            [yes](SimulatedPhone& phone, const PhoneOptions& with) {
                                return answer_request(phone, with, yes);
                            });
        command->add_option("request", options->text, "Its id; not needed if there is only one");
        command->add_option("--return-to", options->return_to,
                            "The address of the app that asked; \"\" for an activity");
    };
    answering("grant", "Lets a service have the fields that it asks for", true);
    answering("sign", "Signs what a service asks to be signed", true);
    answering("prove", "Shows a service face and chip", true);
    answering("decline", "Refuses a request", false);
    add(group, console, options, "withdraw", "Takes a consent back",
        [](SimulatedPhone& phone, const PhoneOptions& with) { return phone.withdraw(with.text); })
        ->add_option("request", options->text)
        ->required();
}

// ---- the citizen's own
// ---------------------------------------------------------------------------

Result<Answer> profile(SimulatedPhone& phone, const PhoneOptions& options) {
    if (options.text.empty()) {
        return phone.look("/app/v1/profile");
    }
    CHOPMARK_ASSIGN(const json values, service::parse_object(options.text));
    // Enabling it again does no harm: that it stands is what is wanted.
    CHOPMARK_TRY(phone.enable_profile());
    return phone.set_profile(values);
}

void add_own(CLI::App& group, Console& console, const OptionsPtr& options) {
    add(group, console, options, "account", "The account as it is",
        [](SimulatedPhone& phone, const PhoneOptions&) { return phone.look("/app/v1/account"); });
    add(group, console, options, "profile", "Shows the profile, or sets fields of it", profile)
        ->add_option("--set", options->text, R"(JSON, e.g. {"emailAddress":"me@example.hk"})");
    auto* log = add(group, console, options, "log", "The citizen's log, newest first",
                    [](SimulatedPhone& phone, const PhoneOptions& with) {
                        std::string target = "/app/v1/log?limit=" + std::to_string(with.limit);
                        target += with.topic.empty() ? "" : "&topic=" + with.topic;
                        return phone.look(target);
                    });
    log->add_option("--topic", options->topic)
        ->check(CLI::IsMember({"account", "devices", "logins", "consents", "signatures", "looks"}));
    log->add_option("--limit", options->limit)->check(CLI::Range(1, 100))->capture_default_str();
    add(group, console, options, "suspend", "Suspends the account",
        [](SimulatedPhone& phone, const PhoneOptions&) { return phone.suspend(); });
    add(group, console, options, "resume", "Lifts a suspension",
        [](SimulatedPhone& phone, const PhoneOptions&) { return phone.resume(); });
    add(group, console, options, "revoke-certificate",
        "Ends the certificate for signing; unless citizen_wish, another one follows",
        [](SimulatedPhone& phone, const PhoneOptions& with) {
            return phone.revoke_certificate(with.text);
        })
        ->add_option("reason", options->text)
        ->check(CLI::IsMember({"citizen_wish", "key_compromised", "superseded"}))
        ->required();
    add(group, console, options, "close", "Closes the account",
        [](SimulatedPhone& phone, const PhoneOptions&) { return phone.close(); });
}

}  // namespace

void add_phone_commands(CLI::App& app, Console& console) {
    auto* group = app.add_subcommand("phone", about);
    group->footer(footer);
    group->require_subcommand(1);
    auto options = std::make_shared<PhoneOptions>();
    options->shared = add_sandbox_options(*group);
    group->add_option("--phone", options->phone, "Which phone: a name or its file")
        ->capture_default_str();
    group->add_option("--from", options->from,
                      "Loopback address it calls from: 127.0.0.x Hong Kong, 127.0.2.x Shenzhen,\n"
                      "127.0.3.x Singapore, 127.0.4.x London, 127.0.5.x Lagos");
    add_registration(*group, console, options);
    add_logins(*group, console, options);
    add_requests(*group, console, options);
    add_own(*group, console, options);
}

}  // namespace chopmark::cli
