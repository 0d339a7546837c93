#include "ops/sandbox/cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "events/core/clock.h"
#include "gateways/outside/sandbox_authority.h"
#include "ops/joining.h"
#include "ops/sandbox_founding.h"

namespace chopmark::sandbox {
namespace {

namespace fs = std::filesystem;

/// Every partition costs both nodes a producer when it changes hands.
constexpr std::uint16_t partitions = 4;
constexpr int peer_offset = 6;      // the port behind the six of the gateways
constexpr int key_port_offset = 7;  // of the first node
constexpr std::size_t three_brokers = 3;
constexpr std::chrono::seconds key_port_patience{30};
constexpr std::chrono::milliseconds look_pause{50};

fs::path beside(const fs::path& data, const char* suffix) { return data.string() + suffix; }
fs::path keys_data(const fs::path& data) { return beside(data, "-keys"); }
fs::path config_of(const fs::path& data) { return beside(data, ".toml"); }

struct NodeFile {
    std::string name;
    fs::path data;
    int base;
};

std::string node_text(const NodeFile& node, const JourneyOptions& options,
                      const std::string& deployment, const std::string& key_port) {
    const std::size_t brokers = static_cast<std::size_t>(
        1 + std::count(options.brokers.begin(), options.brokers.end(), ','));
    const bool three = brokers >= three_brokers;
    return fmt::format(
        "[node]\nname = \"{}\"\ndata = \"{}\"\npeer_port = {}\n\n"
        "[journal]\nback_end = \"kafka\"\npartitions = {}\n\n"
        "[kafka]\nbrokers = \"{}\"\ntopic = \"chopmark.journal.{}\"\n"
        "ownership_topic = \"chopmark.ownership.{}\"\ngroup = \"chopmark.owners.{}\"\n"
        "public_topic = \"chopmark.public.{}\"\nalert_topic = \"chopmark.alerts.{}\"\n"
        "alert_state_topic = \"chopmark.alert-state.{}\"\n"
        "replication = {}\nmin_insync = {}\n\n"
        "[keyport]\naddress = \"127.0.0.1:{}\"\nnode = \"{}\"\n",
        node.name, fs::absolute(node.data).string(), node.base + peer_offset, partitions,
        options.brokers, deployment, deployment, deployment, deployment, deployment, deployment,
        three ? 3 : 1, three ? 2 : 1, options.gateways.base + key_port_offset, key_port);
}

std::vector<std::string> arguments_of(const fs::path& daemon, const fs::path& config, int base) {
    return {daemon.string(), "--config", config.string(), "--ports", std::to_string(base)};
}

}  // namespace

Result<ops::JoiningNode> join(const fs::path& giver, const fs::path& newcomer,
                              const std::string& name, keys::Share share, Entropy& entropy) {
    const ops::DataFolder from(giver);
    const ops::DataFolder into(newcomer);
    if (auto known = ops::read_joining_node(into); known && ops::is_founded(into)) {
        return known;
    }
    const SystemClock clock;
    CHOPMARK_ASSIGN(const Bytes asked, ops::ask_to_join(into, name, entropy));
    CHOPMARK_ASSIGN(const auto certificate, ops::certify_node(from, asked, clock, entropy));
    CHOPMARK_ASSIGN(const auto authority, ops::node_authority(from));
    CHOPMARK_TRY(ops::keep_certificate(into, authority, certificate));
    CHOPMARK_ASSIGN(auto joining, ops::read_joining_node(into));
    CHOPMARK_ASSIGN(const Bytes package, ops::hand_over_keys(from, joining.request,
                                                             joining.certificate, share, entropy));
    CHOPMARK_TRY(ops::take_over_keys(into, package, entropy));
    return joining;
}

Result<void> share_authority(const fs::path& giver, const fs::path& newcomer) {
    const SystemClock clock;
    const fs::path from = ops::DataFolder(giver).sandbox_ca();
    const fs::path into = ops::DataFolder(newcomer).sandbox_ca();
    CHOPMARK_ASSIGN(keys::DiskFolder folder, keys::DiskFolder::open(from));
    CHOPMARK_TRY(outside::SandboxAuthority::open(folder, clock));
    std::error_code failed;
    fs::create_directories(into.parent_path(), failed);
    fs::copy(from, into, fs::copy_options::recursive | fs::copy_options::skip_existing, failed);
    return failed ? Error(bad_state, into.string() + ": " + failed.message()) : Result<void>();
}

fs::path second_data(const fs::path& data) { return beside(data, "-2"); }

std::vector<fs::path> Cluster::places(const fs::path& data) {
    std::vector<fs::path> out{config_of(data)};
    for (const fs::path& folder : {second_data(data), keys_data(data)}) {
        out.push_back(folder);
        out.push_back(beside(folder, ".log"));
        out.push_back(config_of(folder));
    }
    return out;
}

Result<std::unique_ptr<Cluster>> Cluster::start(const JourneyOptions& options, Entropy& entropy) {
    std::unique_ptr<Cluster> cluster(new Cluster(options));
    CHOPMARK_TRY(cluster->found(entropy));
    CHOPMARK_TRY(cluster->configure());
    CHOPMARK_TRY(cluster->make_topics());
    CHOPMARK_TRY(cluster->start_key_port());
    CHOPMARK_TRY(cluster->keep_up());
    return cluster;
}

Result<void> Cluster::found(Entropy& entropy) {
    const SystemClock clock;
    const fs::path& data = options_.data;
    CHOPMARK_TRY(ops::found_sandbox(ops::DataFolder(data), partitions, clock, entropy));
    CHOPMARK_ASSIGN(const auto opened, ops::open_data_folder(ops::DataFolder(data), "", entropy));
    deployment_ = opened.genesis.hash().hex().substr(0, 12);
    CHOPMARK_TRY(share_authority(data, second_data(data)));
    CHOPMARK_TRY(join(data, second_data(data), "node-2", keys::Share::everything, entropy));
    CHOPMARK_ASSIGN(const auto key_port,
                    join(data, keys_data(data), "keyport", keys::Share::storage, entropy));
    key_port_node_ = key_port.node.hex();
    return {};
}

Result<void> Cluster::configure() {
    const NodeFile first{"node-1", options_.data, options_.gateways.base};
    const NodeFile second{"node-2", second_data(options_.data), options_.gateways.services};
    for (const NodeFile& node : {first, second}) {
        CHOPMARK_TRY(write_file(config_of(node.data),
                                node_text(node, options_, deployment_, key_port_node_)));
    }
    first_ =
        std::make_unique<Daemon>(arguments_of(options_.daemon, config_of(first.data), first.base),
                                 beside(first.data, ".log"), first.base);
    second_ =
        std::make_unique<Daemon>(arguments_of(options_.daemon, config_of(second.data), second.base),
                                 beside(second.data, ".log"), second.base);
    return {};
}

Result<void> Cluster::make_topics() {
    CHOPMARK_ASSIGN(const Finished made,
                    run_program({options_.tool.string(), "kafka", "create", "--config",
                                 config_of(options_.data).string()}));
    return made.exit_code == 0 ? Result<void>() : Error(not_ready, made.output);
}

Result<void> Cluster::start_key_port() {
    const fs::path output = beside(keys_data(options_.data), ".log");
    const std::string listen =
        fmt::format("127.0.0.1:{}", options_.gateways.base + key_port_offset);
    CHOPMARK_ASSIGN(key_port_, Child::start({options_.tool.string(), "keyport", "--data",
                                             keys_data(options_.data).string(), "--listen", listen},
                                            output));
    const auto until = std::chrono::steady_clock::now() + key_port_patience;
    while (std::chrono::steady_clock::now() < until && !key_port_->ended()) {
        if (read_file(output).value_or("").find("ready\n") != std::string::npos) {
            return {};
        }
        std::this_thread::sleep_for(look_pause);
    }
    return Error(not_ready, "the key port: " + read_file(output).value_or(""));
}

Result<int> Cluster::keep_up() {
    int started = 0;
    if (!key_port_ || key_port_->ended()) {
        CHOPMARK_TRY(start_key_port());
        ++started;
    }
    for (Daemon* daemon : {first_.get(), second_.get()}) {
        if (!daemon->runs()) {
            CHOPMARK_TRY(daemon->start());
            ++started;
        }
    }
    return started;
}

Result<void> Cluster::admit(StaffClient& first_operator) {
    const std::pair<fs::path, int> nodes[] = {
        {options_.data, options_.gateways.base},
        {second_data(options_.data), options_.gateways.services}};
    for (const auto& [folder, base] : nodes) {
        CHOPMARK_ASSIGN(const auto joining, ops::read_joining_node(ops::DataFolder(folder)));
        const auto answer = first_operator.admin_post(
            "/admin/v1/nodes", {{"node", joining.node.hex()},
                                {"endpoint", fmt::format("127.0.0.1:{}", base + peer_offset)},
                                {"certificate", to_base64(joining.certificate.der())}});
        if (answer && answer->reason() == "node.exists") {
            continue;
        }
        CHOPMARK_TRY(expect_success(answer));
    }
    return {};
}

void Cluster::stop() {
    for (Daemon* daemon : {second_.get(), first_.get()}) {
        daemon->stop();
    }
    if (key_port_) {
        key_port_->stop();
        key_port_.reset();
    }
}

}  // namespace chopmark::sandbox
