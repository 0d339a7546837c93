#include "ops/cli/node_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <thread>

#include "ops/checkpoint/arrival.h"
#include "ops/cli/kafka_commands.h"
#include "ops/cli/keyport_command.h"
#include "ops/cli/sandbox_options.h"
#include "ops/config/read.h"
#include "ops/epoch_keys.h"
#include "ops/joining.h"
#include "ops/kafka_cluster.h"

namespace chopmark::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;
using sandbox::Answer;

constexpr Reason unclear{"tool.unclear", Kind::invalid};
constexpr Reason not_made{"checkpoint.not_made", Kind::unavailable};
constexpr Duration checkpoint_look = std::chrono::milliseconds(100);

struct NodeOptions {
    SandboxOptionsPtr shared;  // DATA: the folder that gives
    std::string into;
    std::string config;
    std::string name;
    std::string request;
    std::string certificate;
    std::string authority;
    std::string package;
    std::string out;
    std::string endpoint;
    std::string node;
    std::string note;
    std::string checkpoint;
    std::vector<std::uint32_t> types;
    std::string as = "first_operator";
    bool key_port = false;

    [[nodiscard]] ops::DataFolder giver() const { return ops::DataFolder(shared->data); }
    [[nodiscard]] ops::DataFolder newcomer() const { return ops::DataFolder(into); }
    /// Where the newcomer's configuration, if it was named, says.
    [[nodiscard]] Result<void> place_keys() const {
        if (config.empty()) {
            return {};
        }
        CHOPMARK_ASSIGN(const config::Config of_newcomer, config::read_config(config));
        return ops::place_epoch_keys(newcomer(), of_newcomer.keys);
    }
};
using OptionsPtr = std::shared_ptr<NodeOptions>;
using Report = Result<ordered_json>;

Result<Bytes> read_file(const std::string& path) {
    const fs::path whole(path);
    CHOPMARK_ASSIGN(const auto folder,
                    keys::DiskFolder::open(whole.has_parent_path() ? whole.parent_path() : "."));
    return folder.read(whole.filename().string());
}

Result<void> write_file(const std::string& path, ByteView bytes) {
    const fs::path whole(path);
    CHOPMARK_ASSIGN(keys::DiskFolder folder,
                    keys::DiskFolder::open(whole.has_parent_path() ? whole.parent_path() : "."));
    return keys::replace(folder, whole.filename().string(), bytes);
}

Result<crypto::Certificate> read_certificate(const std::string& path) {
    CHOPMARK_ASSIGN(const Bytes pem, read_file(path));
    return crypto::Certificate::from_pem(pem);
}

Report request(NodeOptions& options) {
    CHOPMARK_TRY(options.place_keys());
    CHOPMARK_ASSIGN(const Bytes made,
                    ops::ask_to_join(options.newcomer(), options.name, options.shared->entropy));
    CHOPMARK_ASSIGN(const keys::NodeRequest asked, keys::read_node_request(made));
    if (!options.out.empty()) {
        CHOPMARK_TRY(write_file(options.out, made));
    }
    return ordered_json{{"node", asked.node.hex()}, {"name", asked.name}};
}

/// In one step where both folders are at hand, else from file to file.
Report cert(NodeOptions& options) {
    const SystemClock clock;
    auto& entropy = options.shared->entropy;
    if (!options.into.empty()) {
        CHOPMARK_TRY(options.place_keys());
        CHOPMARK_ASSIGN(const Bytes asked,
                        ops::ask_to_join(options.newcomer(), options.name, entropy));
        CHOPMARK_ASSIGN(const auto made, ops::certify_node(options.giver(), asked, clock, entropy));
        CHOPMARK_ASSIGN(const auto authority, ops::node_authority(options.giver()));
        CHOPMARK_ASSIGN(const NodeId node,
                        ops::keep_certificate(options.newcomer(), authority, made));
        return ordered_json{{"node", node.hex()}, {"folder", options.into}};
    }
    if (options.request.empty() || options.out.empty()) {
        return Error(unclear, "either --into, or --request and --out");
    }
    CHOPMARK_ASSIGN(const Bytes asked, read_file(options.request));
    CHOPMARK_ASSIGN(const auto made, ops::certify_node(options.giver(), asked, clock, entropy));
    CHOPMARK_TRY(write_file(options.out, made.pem()));
    return ordered_json{{"node", made.common_name()}, {"certificate", options.out}};
}

Report keep(NodeOptions& options) {
    CHOPMARK_ASSIGN(const auto authority, read_certificate(options.authority));
    CHOPMARK_ASSIGN(const auto made, read_certificate(options.certificate));
    CHOPMARK_ASSIGN(const NodeId node, ops::keep_certificate(options.newcomer(), authority, made));
    return ordered_json{{"node", node.hex()}, {"folder", options.into}};
}

std::string name_of(keys::Share share) {
    return share == keys::Share::everything ? "everything" : "storage";
}

Report enrol(NodeOptions& options) {
    auto& entropy = options.shared->entropy;
    const auto share = options.key_port ? keys::Share::storage : keys::Share::everything;
    if (!options.into.empty()) {
        CHOPMARK_ASSIGN(const auto joining, ops::read_joining_node(options.newcomer()));
        CHOPMARK_ASSIGN(const Bytes package,
                        ops::hand_over_keys(options.giver(), joining.request, joining.certificate,
                                            share, entropy));
        CHOPMARK_ASSIGN(const auto taken,
                        ops::take_over_keys(options.newcomer(), package, entropy));
        return ordered_json{{"node", joining.node.hex()}, {"took_over", name_of(taken)}};
    }
    if (options.request.empty() || options.certificate.empty() || options.out.empty()) {
        return Error(unclear, "either --into, or --request, --certificate and --out");
    }
    CHOPMARK_ASSIGN(const Bytes asked, read_file(options.request));
    CHOPMARK_ASSIGN(const auto certificate, read_certificate(options.certificate));
    CHOPMARK_ASSIGN(const Bytes package,
                    ops::hand_over_keys(options.giver(), asked, certificate, share, entropy));
    CHOPMARK_TRY(write_file(options.out, package));
    return ordered_json{{"node", certificate.common_name()}, {"package", options.out}};
}

Report take_over(NodeOptions& options) {
    CHOPMARK_ASSIGN(const Bytes package, read_file(options.package));
    CHOPMARK_ASSIGN(const auto taken,
                    ops::take_over_keys(options.newcomer(), package, options.shared->entropy));
    return ordered_json{{"folder", options.into}, {"took_over", name_of(taken)}};
}

Result<Answer> admit(NodeOptions& options) {
    const ops::DataFolder folder(options.into.empty() ? options.shared->data : options.into);
    CHOPMARK_ASSIGN(const auto joining, ops::read_joining_node(folder));
    CHOPMARK_ASSIGN(auto member, options.shared->member(options.as));
    return member.admin_post("/admin/v1/nodes",
                             {{"node", joining.node.hex()},
                              {"endpoint", options.endpoint},
                              {"certificate", to_base64(joining.certificate.der())}});
}

/// What control says of nodes, and what the node that is asked sees of the log.
Result<Answer> list(NodeOptions& options) {
    CHOPMARK_ASSIGN(auto member, options.shared->member(options.as));
    CHOPMARK_ASSIGN(Answer whole, member.admin_get("/admin/v1/nodes"));
    if (!whole.good()) {
        return whole;
    }
    sandbox::Json out{{"nodes", whole.json.at("items")}};
    for (const auto& [name, path] : {std::pair("partitions", "/admin/v1/partitions"),
                                     std::pair("asked", "/admin/v1/status")}) {
        CHOPMARK_ASSIGN(const Answer part, member.admin_get(path));
        if (!part.good()) {
            return part;
        }
        out[name] = part.json.contains("items") ? part.json.at("items") : part.json;
    }
    whole.json = std::move(out);
    return whole;
}

std::string text_in(const sandbox::Json& object, const char* name) {
    const auto& value = object.at(name);
    return value.is_null() ? "-" : value.is_string() ? value.get<std::string>() : value.dump();
}

/// A line a node, and a line a partition.
void show_list(Console& console, const Result<Answer>& answer) {
    if (!answer || !answer->good() || console.json()) {
        show(console, answer);
        return;
    }
    const sandbox::Json& all = answer->json;
    const std::string asked = text_in(all.at("asked"), "node");
    std::string standing;
    for (const auto& reason : all.at("asked").at("not_ready")) {
        standing += " " + reason.get<std::string>();
    }
    console.line("asked     " + asked + " " + text_in(all.at("asked"), "name") +
                 (standing.empty() ? " ready" : " not ready:" + standing));
    console.line(fmt::format("\n{:<32} {:<9} {}", "node", "standing", "endpoint"));
    for (const auto& node : all.at("nodes")) {
        console.line(fmt::format("{:<32} {:<9} {}", text_in(node, "node"),
                                 text_in(node, "standing"), text_in(node, "endpoint")));
    }
    console.line(fmt::format("\n{:>9} {:>6} {:>10} {:>6} {:<32} {}", "partition", "term", "records",
                             "lag", "owner", "endpoint"));
    for (const auto& partition : all.at("partitions")) {
        console.line(fmt::format("{:>9} {:>6} {:>10} {:>6} {:<32} {}",
                                 text_in(partition, "partition"), text_in(partition, "term"),
                                 text_in(partition, "head"), text_in(partition, "lag_records"),
                                 text_in(partition, "owner"), text_in(partition, "endpoint")));
    }
}

Result<Answer> activate(NodeOptions& options) {
    CHOPMARK_ASSIGN(auto member, options.shared->member(options.as));
    return member.admin_post("/admin/v1/types/activate", {{"types", options.types}});
}

Result<Answer> order(NodeOptions& options, const char* verb) {
    CHOPMARK_ASSIGN(auto member, options.shared->member(options.as));
    return member.admin_post(std::string("/admin/v1/node/") + verb, sandbox::Json::object());
}

/// Begins, and waits for as long as it takes.
Result<Answer> make_checkpoint(NodeOptions& options) {
    CHOPMARK_ASSIGN(auto member, options.shared->member(options.as));
    CHOPMARK_ASSIGN(Answer begun,
                    member.admin_post("/admin/v1/node/checkpoint", sandbox::Json::object()));
    if (!begun.good()) {
        return begun;
    }
    for (;;) {
        std::this_thread::sleep_for(checkpoint_look);
        CHOPMARK_ASSIGN(Answer shown, member.admin_get("/admin/v1/node/checkpoints"));
        if (!shown.good() || shown.json.at("running").get<bool>()) {
            if (shown.good()) {
                continue;
            }
            return shown;
        }
        if (!shown.json.at("failed").is_null() || shown.json.at("items").empty()) {
            return Error(not_made, shown.json.at("failed").dump());
        }
        sandbox::Json newest = shown.json.at("items").back();
        shown.json = std::move(newest);
        return shown;
    }
}

double seconds(Duration time) { return static_cast<double>(time.count()) / 1e6; }

Result<ordered_json> start_from(NodeOptions& options, Console& console) {
    CHOPMARK_ASSIGN(const config::Config config, cluster_of(options.config));
    const SystemClock clock;
    checkpoint::ArrivalPlan plan{
        options.checkpoint, ops::DataFolder(config.node.data), {}, config.kafka.topic};
    CHOPMARK_ASSIGN(plan.client, ops::kafka_client(config.kafka));
    plan.progress = [&](std::string_view what, std::uint64_t done, std::uint64_t total) {
        console.progress(what, done, total, clock.now());
    };
    const auto arrived = checkpoint::start_from(plan);
    console.clear_progress();
    CHOPMARK_TRY(arrived);
    std::uint64_t records = 0;
    for (const checkpoint::CheckpointPartition& partition : arrived->from.partitions) {
        records += partition.records;
    }
    return ordered_json{{"folder", config.node.data},
                        {"from_node", arrived->from.node.hex()},
                        {"made_at", to_string(arrived->from.made_at)},
                        {"records", records},
                        {"bytes", arrived->from.bytes()},
                        {"compared_with_topic", arrived->compared},
                        {"copying_s", seconds(arrived->copying)},
                        {"verifying_s", seconds(arrived->verifying)},
                        {"comparing_s", seconds(arrived->comparing)}};
}

Result<Answer> withdraw(NodeOptions& options) {
    CHOPMARK_ASSIGN(auto member, options.shared->member(options.as));
    return member.admin_post("/admin/v1/nodes/" + options.node + "/withdraw",
                             {{"note", options.note}});
}

CLI::App* add_work(CLI::App& group, Console& console, const OptionsPtr& options, const char* name,
                   const char* about, Report (*run)(NodeOptions&)) {
    auto* command = group.add_subcommand(name, about);
    command->callback([options, &console, run] {
        const Report report = run(*options);
        if (!report) {
            console.fail(report.error());
        } else {
            console.print(*report);
        }
    });
    return command;
}

void add_files(CLI::App& group, Console& console, const OptionsPtr& options) {
    auto* one = add_work(group, console, options, "request",
                         "Draws a node's key, and asks for its certificate", request);
    one->add_option("--into", options->into, "The newcomer's data folder")->required();
    one->add_option("--name", options->name, "Who asks, for people")->required();
    one->add_option("--out", options->out, "A copy of the request, for the CA");
    one->add_option("--config", options->config, "The newcomer's: where its epoch keys are to be");
    one = add_work(group, console, options, "cert",
                   "Issues a node's certificate, by the node CA in DATA; with --into, in one step",
                   cert);
    one->add_option("--into", options->into, "The newcomer's data folder");
    one->add_option("--name", options->name, "Who asks, for people")->default_val("node");
    one->add_option("--config", options->config, "The newcomer's: where its epoch keys are to be");
    one->add_option("--request", options->request, "What `request` wrote");
    one->add_option("--out", options->out, "The certificate, PEM");
    one = add_work(group, console, options, "keep", "Keeps the CA's answer", keep);
    one->add_option("--into", options->into, "The newcomer's data folder")->required();
    one->add_option("--certificate", options->certificate, "What `cert` wrote")->required();
    one->add_option("--authority", options->authority, "The node CA's certificate, PEM")
        ->required();
    one = add_work(group, console, options, "enrol",
                   "Hands DATA's genesis and keys over, sealed to the newcomer; admit it first",
                   enrol);
    one->add_option("--into", options->into, "The newcomer's data folder");
    one->add_option("--request", options->request, "The newcomer's request");
    one->add_option("--certificate", options->certificate, "The newcomer's certificate, PEM");
    one->add_option("--out", options->out, "The package, for `take-over`");
    one->add_flag("--key-port", options->key_port,
                  "For a key port: the storage key alone, nothing that erasures reach");
    one = add_work(group, console, options, "take-over", "Opens a package at the newcomer",
                   take_over);
    one->add_option("--into", options->into, "The newcomer's data folder")->required();
    one->add_option("--package", options->package, "What `enrol --out` wrote")->required();
    one = group.add_subcommand(
        "start-from",
        "Checks another node's checkpoint and puts it in place; enrol the node first");
    one->add_option("checkpoint", options->checkpoint, "The folder, here or on a mounted disk")
        ->required();
    one->add_option("--config", options->config, "The newcomer's configuration")->required();
    one->callback([options, &console] {
        const Report report = start_from(*options, console);
        if (!report) {
            console.fail(report.error());
        } else {
            console.print(*report);
        }
    });
}

void add_orders(CLI::App& group, Console& console, const OptionsPtr& options) {
    group
        .add_subcommand("list",
                        "Nodes by control, and who owns each partition: term, endpoint, lag")
        ->callback([options, &console] { show_list(console, list(*options)); });
    add_answer(group, console, "drain",
               "Hands the partitions of the node at --ports over to others; it answers queries",
               [options] { return order(*options, "drain"); });
    add_answer(group, console, "resume", "Lets a drained node take partitions again",
               [options] { return order(*options, "resume"); });
    add_answer(group, console, "checkpoint",
               "Copies rows and journal of the node at --ports on its own disk; see start-from",
               [options] { return make_checkpoint(*options); });
    auto* one = add_answer(group, console, "admit",
                           "Enrols a node with control: erasures wait for it from then on",
                           [options] { return admit(*options); });
    one->add_option("--into", options->into, "The node's data folder; DATA's own without it");
    one->add_option("--endpoint", options->endpoint, "host:port where other nodes reach it")
        ->required();
    one = add_answer(group, console, "activate",
                     "Lets new types of events be written; every admitted node has to know them",
                     [options] { return activate(*options); });
    one->add_option("types", options->types, "Type numbers, 0x… or decimal")->required();
    one = add_answer(group, console, "withdraw", "Withdraws a node: its terms count no longer",
                     [options] { return withdraw(*options); });
    one->add_option("node", options->node, "32 hex digits")->required();
    one->add_option("--note", options->note, "Why")->required();
}

}  // namespace

void add_node_commands(CLI::App& app, Console& console) {
    auto* group = app.add_subcommand("node", "Nodes of a deployment: certificates, keys, standing");
    group->footer(
        "A second node of a sandbox, with both folders on this machine:\n"
        "  chopmark node cert --data DIR --into DIR2 --name node-2\n"
        "  chopmark node admit --data DIR --endpoint 10.0.0.1:8110\n"
        "  chopmark node admit --data DIR --into DIR2 --endpoint 10.0.0.2:8110\n"
        "  chopmark node enrol --data DIR --into DIR2\n"
        "Admit every node, the first one too, and before it is given keys: an erasure waits for "
        "those\nthat control knows. A key port is given its keys by `enrol --key-port` and is not "
        "admitted.\nFrom machine to machine: request, cert --request, keep, enrol --request, "
        "take-over.");
    group->require_subcommand(1);
    auto options = std::make_shared<NodeOptions>();
    options->shared = add_sandbox_options(*group);
    group->add_option("--as", options->as, "Who acts: a key file, or its name in DATA/sandbox")
        ->capture_default_str();
    add_files(*group, console, options);
    add_orders(*group, console, options);
    add_keyport_command(app, console);
}

}  // namespace chopmark::cli
