#include "ops/cli/rp_life_commands.h"

#include <CLI/CLI.hpp>

#include "events/core/clock.h"
#include "events/crypto/digest.h"
#include "events/crypto/rsa.h"
#include "events/crypto/x509.h"
#include "events/keys/folder.h"
#include "ops/data_folder.h"

namespace chopmark::cli {
namespace {

using nlohmann::json;
using sandbox::Answer;

constexpr const char* services_path = "/admin/v1/relying-parties";
constexpr int longest_trial_days = 800;

struct LifeOptions {
    SandboxOptionsPtr shared;
    std::shared_ptr<const std::string> as;
    std::string client;
    json facts = json::object();  // what the options say, under the names of the API
    std::string certificate;
    std::string kek;
    std::string report;
    std::string standing;
    std::string key_file;
    std::string name = "Sample Service";
    std::string transaction;
    std::map<std::string, std::string> query;  // of a list
    int days = 365;
    bool failed = false;
};
using OptionsPtr = std::shared_ptr<LifeOptions>;
using Body = std::function<Result<json>(const LifeOptions&)>;

/// Where a number or text of the command line goes into the body; the names are the API's.
template <class T>
CLI::Option* add_fact(CLI::App& command, const OptionsPtr& options, const std::string& name,
                      const char* member, const char* about = "") {
    return command.add_option_function<T>(
        name, [options, member](const T& value) { options->facts[member] = value; }, about);
}

void add_texts(CLI::App& command, const OptionsPtr& options,
               std::initializer_list<std::pair<const char*, const char*>> names) {
    for (const auto& [name, member] : names) {
        add_fact<std::string>(command, options, name, member);
    }
}

void add_lists(CLI::App& command, const OptionsPtr& options,
               std::initializer_list<std::pair<const char*, const char*>> names) {
    for (const auto& [name, member] : names) {
        add_fact<std::vector<std::string>>(command, options, name, member, "May be said again");
    }
}

void add_scopes(CLI::App& command, const OptionsPtr& options) {
    add_fact<std::vector<std::string>>(command, options, "--scope", "scopes", "May be said again")
        ->required();
}

void add_kek(CLI::App& command, const OptionsPtr& options) {
    command
        .add_option("--certificate", options->certificate,
                    "PEM of the KEK's certificate, and what leads to its authority behind it")
        ->check(CLI::ExistingFile);
    command.add_option("--kek", options->kek, "In a sandbox: a public key alone, SPKI DER")
        ->check(CLI::ExistingFile);
}

void add_report(CLI::App& command, const OptionsPtr& options) {
    command.add_option("--report", options->report, "The report; its SHA-256 is recorded")
        ->required()
        ->check(CLI::ExistingFile);
}

/// How its login page works; both may be left as they are.
void add_page(CLI::App& command, const OptionsPtr& options) {
    add_fact<std::string>(command, options, "--qr", "qr",
                          "either: redrawn where the page's script runs; redrawn: in no other way; "
                          "static: one picture")
        ->check(CLI::IsMember({"either", "redrawn", "static"}));
    add_fact<bool>(command, options, "--sensitive", "sensitive",
                   "The number that the page shows is typed on the phone");
}

/// What the options say, and the files that they name.
Result<json> body_of(const LifeOptions& options) {
    json body = options.facts;
    if (!options.certificate.empty()) {
        CHOPMARK_ASSIGN(const Bytes pem, sandbox::read_file(options.certificate));
        body["certificate"] = pem;
    }
    if (!options.kek.empty()) {
        CHOPMARK_ASSIGN(const Bytes spki, sandbox::read_file(options.kek));
        body["kek"] = to_base64(spki);
    }
    if (!options.report.empty()) {
        CHOPMARK_ASSIGN(const Bytes report, sandbox::read_file(options.report));
        body["report"] = crypto::sha256(report).hex();
    }
    return body;
}

Result<Answer> send(LifeOptions& options, const std::string& path, const json& body) {
    CHOPMARK_ASSIGN(auto member, options.shared->member(*options.as));
    return member.admin_post(path, body);
}

Result<Answer> look(LifeOptions& options, const std::string& path) {
    CHOPMARK_ASSIGN(auto member, options.shared->member(*options.as));
    return member.admin_get(path);
}

std::string path_of(const LifeOptions& options, const std::string& action = {}) {
    return std::string(services_path) + "/" + options.client + (action.empty() ? "" : "/") + action;
}

/// A command about one service: its client id, and what `body` makes of the options.
CLI::App* add_step(CLI::App& group, Console& console, const OptionsPtr& options,
                   const std::string& name, const std::string& action, const std::string& about,
                   const Body& body = body_of) {
    auto* command =
        add_answer(group, console, name, about, [options, action, body]() -> Result<Answer> {
            CHOPMARK_ASSIGN(const json said, body(*options));
            return send(*options, path_of(*options, action), said);
        });
    command->add_option("client", options->client, "Its client id")->required();
    add_texts(*command, options, {{"--note", "note"}});
    return command;
}

Result<json> judged(const LifeOptions& options) {
    CHOPMARK_ASSIGN(json body, body_of(options));
    body["passed"] = !options.failed;
    return body;
}

CLI::App* add_judgement(CLI::App& group, Console& console, const OptionsPtr& options,
                        const std::string& name, const std::string& about, const Body& body) {
    auto* command = add_step(group, console, options, name, name, about, body);
    add_report(*command, options);
    command->add_flag("--failed", options->failed, "It did not pass: it is recorded as well");
    return command;
}

// ---- the way into production
// -----------------------------------------------------------------------

void add_application(CLI::App& group, Console& console, const OptionsPtr& options) {
    auto* apply =
        add_answer(group, console, "apply", "Applies for a service", [options]() -> Result<Answer> {
            CHOPMARK_ASSIGN(const json body, body_of(*options));
            return send(*options, services_path, body);
        });
    add_fact<std::string>(*apply, options, "--name", "name_english")->required();
    add_scopes(*apply, options);
    add_lists(*apply, options,
              {{"--redirect", "redirect_uris"},
               {"--callback", "callback_uris"},
               {"--direct-login", "direct_login_uris"}});
    add_texts(*apply, options,
              {{"--name-traditional", "name_traditional"},
               {"--name-simplified", "name_simplified"},
               {"--organisation", "organisation"},
               {"--open-id-group", "open_id_group"},
               {"--app-scheme", "app_scheme"},
               {"--purpose", "purpose"},
               {"--registration-number", "registration_number"},
               {"--website", "website"},
               {"--contact-name", "contact_name"},
               {"--contact-email", "contact_email"},
               {"--contact-telephone", "contact_telephone"}});
    add_fact<std::uint32_t>(*apply, options, "--logins-a-day", "logins_a_day", "Expected");
    add_page(*apply, options);
    add_kek(*apply, options);
}

Result<json> assessed(const LifeOptions& options) {
    CHOPMARK_ASSIGN(json body, judged(options));
    if (!body.contains("made_at")) {
        body["made_at"] = SystemClock().now().millis();
    }
    return body;
}

void add_way(CLI::App& group, Console& console, const OptionsPtr& options) {
    add_application(group, console, options);
    auto* trial = add_step(group, console, options, "trial", "trial",
                           "Opens its integration test, with a secret that is shown once");
    add_scopes(*trial, options);
    add_kek(*trial, options);
    add_judgement(group, console, options, "test", "Records an integration test", judged);
    add_judgement(group, console, options, "vetting", "Records a round of vetting its screens",
                  judged);
    auto* assessment = add_judgement(group, console, options, "assessment",
                                     "Records what an independent assessor declared", assessed);
    add_fact<std::string>(*assessment, options, "--kind", "kind")
        ->required()
        ->check(CLI::IsMember({"security_checklist", "privacy_assessment"}));
    add_fact<std::string>(*assessment, options, "--assessor", "assessor", "An organisation")
        ->required();
    add_texts(*assessment, options, {{"--signed-by", "assessor_name"}});
    add_fact<std::int64_t>(*assessment, options, "--made-at", "made_at", "ms since 1970; now");
    auto* approve = add_step(group, console, options, "approve", "approve",
                             "Approves it for production, with another secret, shown once");
    add_scopes(*approve, options);
    add_kek(*approve, options);
    add_step(group, console, options, "refuse", "refuse", "Refuses an application");
}

// ---- in production
// ---------------------------------------------------------------------------------

/// A set-up is changed as a whole: what is not said stays as it is shown.
Result<Answer> set_page(LifeOptions& options) {
    CHOPMARK_ASSIGN(const Answer shown, look(options, path_of(options)));
    if (!shown.good()) {
        return shown;
    }
    json setup = json::object();
    for (const char* name :
         {"name_english", "name_traditional", "name_simplified", "organisation", "open_id_group",
          "redirect_uris", "callback_uris", "direct_login_uris", "app_scheme", "sensitive",
          "strict_timestamps", "corp_id", "business_id_per_citizen", "qr", "token_life_s",
          "requests_per_minute"}) {
        setup[name] = shown.json.at(name);
    }
    setup.update(options.facts);
    return send(options, path_of(options, "setup"), setup);
}

void add_standing(CLI::App& group, Console& console, const OptionsPtr& options,
                  const std::string& name, const char* standing, const std::string& about) {
    add_step(group, console, options, name, "standing", about,
             [standing](const LifeOptions& said) -> Result<json> {
                 CHOPMARK_ASSIGN(json body, body_of(said));
                 body["standing"] = standing;
                 return body;
             });
}

void add_duties(CLI::App& group, Console& console, const OptionsPtr& options) {
    auto* declaration = add_step(group, console, options, "declaration", "declaration",
                                 "Records the declaration of compliance that is due");
    add_report(*declaration, options);
    add_scopes(*add_step(group, console, options, "ask-scopes", "scope-application",
                         "Asks for other scopes, all of them"),
               options);
    add_scopes(*add_step(group, console, options, "grant-scopes", "scopes",
                         "Grants scopes that were asked for, all it has from now on"),
               options);
    add_kek(*add_step(group, console, options, "key", "key", "Changes its KEK"), options);
    auto* secret = add_step(group, console, options, "secret", "secret",
                            "Draws another secret, shown once; the old one is good for a while");
    add_fact<std::uint32_t>(*secret, options, "--overlap-hours", "overlap_hours", "24");
    auto* page = add_answer(group, console, "page", "Changes what its login page shows",
                            [options] { return set_page(*options); });
    page->add_option("client", options->client, "Its client id")->required();
    add_texts(*page, options, {{"--note", "note"}});
    add_page(*page, options);
    add_standing(group, console, options, "suspend", "suspended", "Suspends it");
    add_standing(group, console, options, "resume", "active", "Resumes it");
    add_standing(group, console, options, "withdraw", "withdrawn", "Withdraws it, for good");
}

// ---- its transactions
// -------------------------------------------------------------------------------

std::string query_of(const LifeOptions& options) {
    std::string out;
    for (const auto& [name, value] : options.query) {
        out += (out.empty() ? "?" : "&") + name + "=" + value;
    }
    return out;
}

void add_filter(CLI::App& command, const OptionsPtr& options, const std::string& option,
                const char* parameter, const char* about, const CLI::Validator& check) {
    command
        .add_option_function<std::string>(
            option,
            [options, parameter](const std::string& value) { options->query[parameter] = value; },
            about)
        ->check(check);
}

void add_transactions(CLI::App& group, Console& console, const OptionsPtr& options) {
    const auto add_look = [&](const char* name, const char* about, const auto& path) {
        auto* command = add_answer(group, console, name, about,
                                   [options, path] { return look(*options, path(*options)); });
        command->add_option("client", options->client, "Its client id")->required();
        return command;
    };
    const auto one = [](const LifeOptions& said) {
        return path_of(said, "transactions/" + said.transaction);
    };
    auto* list = add_look(
        "transactions", "What it asked of citizens, newest first, and what became of it",
        [](const LifeOptions& said) { return path_of(said, "transactions") + query_of(said); });
    add_filter(*list, options, "--subject", "subject", "",
               CLI::IsMember({"form_filling", "signing", "step_up", "bulk_signing"}));
    add_filter(*list, options, "--standing", "standing", "",
               CLI::IsMember({"open", "granted", "refused", "timed_out", "withdrawn", "ended",
                              "cancelled", "failed"}));
    add_filter(*list, options, "--from", "from", "ms since 1970", CLI::NonNegativeNumber);
    add_filter(*list, options, "--until", "until", "ms since 1970", CLI::NonNegativeNumber);
    add_filter(*list, options, "--limit", "limit", "Of a page", CLI::PositiveNumber);
    list->add_option_function<std::string>(
        "--cursor", [options](const std::string& value) { options->query["cursor"] = value; },
        "`next` of the page before");
    add_look("callbacks", "Callbacks that the node is trying to deliver",
             [](const LifeOptions& said) { return path_of(said, "callbacks"); });
    add_look("transaction", "One of its transactions, with the attempts at its callback", one)
        ->add_option("transaction", options->transaction, "Its id")
        ->required();
    auto* replay = add_answer(group, console, "replay", "Sends its callback once more",
                              [options, one]() -> Result<Answer> {
                                  CHOPMARK_ASSIGN(const json said, body_of(*options));
                                  return send(*options, one(*options) + "/replay", said);
                              });
    replay->add_option("client", options->client, "Its client id")->required();
    replay->add_option("transaction", options->transaction, "Its id")->required();
    add_fact<std::uint32_t>(*replay, options, "--callback", "callback",
                            "Which, of bulk signing; the first otherwise");
}

// ---- a certificate to try with
// ---------------------------------------------------------------------

/// An RSA key in a file, and a certificate of encipherment from the sandbox's own authority.
Result<json> certify(LifeOptions& options) {
    const ops::DataFolder folder(options.shared->data);
    CHOPMARK_ASSIGN(const auto there, keys::DiskFolder::open(folder.sandbox_ca()));
    CHOPMARK_ASSIGN(const Bytes der, there.read("ca.crt"));
    CHOPMARK_ASSIGN(const auto authority, crypto::Certificate::parse(der));
    CHOPMARK_ASSIGN(Bytes bytes, there.read("ca.key"));
    CHOPMARK_ASSIGN(const auto signer,
                    crypto::RsaPrivateKey::from_pkcs8(crypto::SecretBytes(std::move(bytes))));
    const auto key = crypto::RsaPrivateKey::generate();
    const Instant now = Instant::from_seconds(SystemClock().now().seconds());
    crypto::CertificateSpec spec;
    spec.use = crypto::CertificateUse::encipherment;
    spec.common_name = options.name;
    spec.serial = options.shared->entropy.draw<EventId>().array();
    spec.serial[0] = static_cast<std::uint8_t>((spec.serial[0] & 0x7f) | 0x40);
    spec.not_before = now - std::chrono::minutes(5);
    spec.not_after = now + std::chrono::hours(24) * options.days;
    CHOPMARK_ASSIGN(const auto made,
                    crypto::Certificate::issue(spec, key.loaded(), &authority, signer.loaded()));
    CHOPMARK_TRY(sandbox::write_file(options.key_file, key.pkcs8().reveal()));
    CHOPMARK_TRY(sandbox::write_file(options.certificate, made.pem()));
    return json{{"key", options.key_file},
                {"certificate", options.certificate},
                {"not_after_at", made.not_after().millis()}};
}

void add_certificate(CLI::App& group, Console& console, const OptionsPtr& options) {
    auto* command =
        group.add_subcommand("certify", "In a sandbox: an RSA key, and a trial certificate for it");
    command->add_option("--name", options->name)->capture_default_str();
    command->add_option("--days", options->days)
        ->check(CLI::Range(1, longest_trial_days))
        ->capture_default_str();
    command->add_option("--key", options->key_file, "Where the key goes, PKCS#8 DER")->required();
    command->add_option("--certificate", options->certificate, "Where the certificate goes, PEM")
        ->required();
    command->callback([options, &console] { show(console, certify(*options)); });
}

}  // namespace

void add_rp_life_commands(CLI::App& admin, Console& console, const SandboxOptionsPtr& shared,
                          const std::shared_ptr<const std::string>& as) {
    auto* group = admin.add_subcommand("rp", "Online services, from application to production");
    group->footer(
        "  apply → trial → test → vetting, twice or more → assessment, of both kinds → approve;\n"
        "  then declaration every two years. Who applied neither opens the trial nor approves:\n"
        "  chopmark admin rp apply --name \"My Service\" --organisation City --scope eidapi_auth "
        "\\\n"
        "      --redirect https://city.example/back\n"
        "  chopmark admin rp certify --key trial.key --certificate trial.pem\n"
        "  chopmark admin --as second_admin rp trial CLIENT --scope eidapi_auth --certificate "
        "trial.pem\n"
        "  chopmark admin rp test CLIENT --report results.pdf");
    group->require_subcommand(1);
    auto options = std::make_shared<LifeOptions>();
    options->shared = shared;
    options->as = as;
    add_way(*group, console, options);
    add_duties(*group, console, options);
    add_transactions(*group, console, options);
    add_certificate(*group, console, options);
    auto* list = add_answer(*group, console, "list", "Services, by client id", [options] {
        return look(*options,
                    services_path + (options->standing.empty() ? std::string()
                                                               : "?standing=" + options->standing));
    });
    list->add_option("--standing", options->standing)
        ->check(CLI::IsMember({"applied", "trial", "active", "suspended", "withdrawn", "refused"}));
    for (const auto& [name, action, about] :
         {std::tuple("show", "", "One service: what it may, and what is due when"),
          std::tuple("steps", "steps", "What happened to it, newest first, by whom and when")}) {
        add_answer(*group, console, name, about,
                   [options, action = std::string(action)] {
                       return look(*options, path_of(*options, action));
                   })
            ->add_option("client", options->client, "Its client id")
            ->required();
    }
}

}  // namespace chopmark::cli
