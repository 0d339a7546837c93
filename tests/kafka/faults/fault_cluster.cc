#include "tests/kafka/faults/fault_cluster.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>

#include <thread>

#include "events/core/clock.h"
#include "gateways/outside/sandbox_authority.h"
#include "ops/config/read.h"
#include "ops/joining.h"
#include "ops/sandbox/cluster.h"
#include "ops/sandbox/state_file.h"
#include "ops/sandbox_founding.h"

namespace chopmark::test {
namespace {

namespace fs = std::filesystem;

// Ports behind the base: ten for each node – six gateways, the peers' listener and what stands
// before it –, then brokers, the proxy's own, and a listener for each link to a broker.
constexpr int ports_a_node = 10;
constexpr int peer_offset = 6;
constexpr int peer_link_offset = 7;
constexpr int key_port_offset = 9;
constexpr int brokers_offset = 30;
constexpr int proxy_offset = 45;
constexpr int links_offset = 50;

/// A broker keeps some megabytes here; the rest is for it to run out of.
constexpr const char* small_disk_size = "size=256m";

constexpr std::chrono::seconds key_port_patience{30};
constexpr std::chrono::seconds start_patience{90};
constexpr std::chrono::milliseconds look_pause{50};

std::string binary(const char* name) { return std::string(CHOPMARK_BINARY_DIR) + "/" + name; }

}  // namespace

std::string FaultCluster::broker_link(unsigned node, int broker) {
    return fmt::format("node{}-broker{}", node, broker);
}

std::string FaultCluster::peer_link(unsigned node) { return fmt::format("peers-node{}", node); }

int FaultCluster::ports_of(unsigned node) const {
    return options_.ports + ports_a_node * static_cast<int>(node);
}

std::string FaultCluster::brokers_of(unsigned node) const {
    std::string out;
    for (int broker = 0; broker < FaultBrokers::count; ++broker) {
        out += fmt::format(
            "{}127.0.0.1:{}", broker == 0 ? "" : ",",
            options_.ports + links_offset + FaultBrokers::count * static_cast<int>(node) + broker);
    }
    return out;
}

FaultCluster::FaultCluster(const Options& options) : options_(options), offices_(options.folder) {
    for (unsigned number = 0; number < options.nodes; ++number) {
        const fs::path data = options.folder / fmt::format("node-{}", number);
        nodes_.push_back(std::make_unique<FaultNode>(
            FaultNode::Place{fmt::format("node-{}", number), data, data.string() + ".toml",
                             data.string() + ".log", ports_of(number)}));
    }
}

FaultCluster::~FaultCluster() {
    for (const auto& node : nodes_) {
        node->kill();
    }
    if (brokers_) {
        (void)brokers_->kill(FaultBrokers::all());
    }
    if (!small_disk_.empty()) {
        ::umount2(small_disk_.c_str(), MNT_DETACH);
    }
}

Result<std::unique_ptr<FaultCluster>> FaultCluster::start(const Options& options) {
    std::unique_ptr<FaultCluster> cluster(new FaultCluster(options));
    CHOPMARK_TRY(cluster->found());
    CHOPMARK_TRY(cluster->connect());
    for (unsigned node = 0; node < cluster->count(); ++node) {
        CHOPMARK_TRY(cluster->configure(node, {}));
    }
    CHOPMARK_TRY(cluster->make_topics());
    CHOPMARK_TRY(cluster->start_key_port());
    CHOPMARK_TRY(cluster->whole(start_patience));
    CHOPMARK_TRY(cluster->admit());
    CHOPMARK_ASSIGN(auto first, cluster->operator_at(0));
    CHOPMARK_TRY(cluster->offices_.found(first, cluster->node(0).gateways(), cluster->entropy_));
    return cluster;
}

Result<void> FaultCluster::found() {
    const SystemClock clock;
    const fs::path& first = node(0).place().data;
    CHOPMARK_TRY(ops::found_sandbox(ops::DataFolder(first), partitions, clock, entropy_));
    CHOPMARK_ASSIGN(const auto opened, ops::open_data_folder(ops::DataFolder(first), "", entropy_));
    deployment_ = opened.genesis.hash().hex().substr(0, 12);
    topic_ = "chopmark.journal." + deployment_;
    for (unsigned number = 1; number < count(); ++number) {
        const FaultNode::Place& place = node(number).place();
        CHOPMARK_TRY(sandbox::share_authority(first, place.data));
        CHOPMARK_TRY(
            sandbox::join(first, place.data, place.name, keys::Share::everything, entropy_));
    }
    CHOPMARK_ASSIGN(const auto key_port, sandbox::join(first, options_.folder / "keys", "keyport",
                                                       keys::Share::storage, entropy_));
    key_port_node_ = key_port.node.hex();
    return {};
}

/// In a namespace of our own, so that whatever happens to us, nothing stays mounted.
void FaultCluster::mount_small_disk() {
    const fs::path folder = options_.folder / "brokers" / fmt::format("node-{}", small_disk_broker);
    std::error_code ignored;
    fs::create_directories(folder, ignored);
    if (::unshare(CLONE_NEWNS) == 0 &&
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
        ::mount("tmpfs", folder.c_str(), "tmpfs", 0, small_disk_size) == 0) {
        small_disk_ = folder;
    }
}

/// Brokers, and a proxy in every link.
Result<void> FaultCluster::connect() {
    std::vector<std::string> advertised;
    for (unsigned number = 0; number < count(); ++number) {
        advertised.push_back(brokers_of(number));
    }
    mount_small_disk();
    const int brokers = options_.ports + brokers_offset;
    CHOPMARK_ASSIGN(brokers_, FaultBrokers::up(options_.folder / "brokers", brokers, advertised));
    CHOPMARK_ASSIGN(links_,
                    LinkProxy::start(options_.ports + proxy_offset, options_.folder / "proxy.log"));
    for (unsigned number = 0; number < count(); ++number) {
        const int group = static_cast<int>(number);
        for (const int broker : FaultBrokers::all()) {
            CHOPMARK_TRY(links_->add(
                broker_link(number, broker),
                options_.ports + links_offset + FaultBrokers::count * group + broker - 1,
                fmt::format("127.0.0.1:{}", FaultBrokers::behind_proxy(brokers, group, broker))));
        }
        CHOPMARK_TRY(links_->add(peer_link(number), ports_of(number) + peer_link_offset,
                                 fmt::format("127.0.0.1:{}", ports_of(number) + peer_offset)));
    }
    return {};
}

Result<void> FaultCluster::configure(unsigned number, const Changed& changed) {
    const FaultNode::Place& place = node(number).place();
    return sandbox::write_file(
        place.config,
        fmt::format(
            "[node]\nname = \"{}\"\ndata = \"{}\"\npeer_port = {}\nendpoint = \"127.0.0.1:{}\"\n\n"
            "[journal]\nback_end = \"kafka\"\npartitions = {}\n\n"
            "[kafka]\nbrokers = \"{}\"\ntopic = \"{}\"\nownership_topic = \"chopmark.ownership.{}\""
            "\ngroup = \"chopmark.owners.{}{}\"\nreplication = 3\nmin_insync = 2\n"
            "restore_from_mirror = {}\n\n"
            "[keyport]\naddress = \"127.0.0.1:{}\"\nnode = \"{}\"\n",
            place.name, place.data.string(), place.ports + peer_offset,
            place.ports + peer_link_offset, partitions, brokers_of(number), topic_, deployment_,
            deployment_, changed.group, changed.restore_from_mirror,
            options_.ports + key_port_offset, key_port_node_));
}

Result<config::Config> FaultCluster::config(unsigned number) const {
    return config::read_config(nodes_.at(number)->place().config.string());
}

Result<void> FaultCluster::make_topics() {
    CHOPMARK_ASSIGN(const auto made,
                    sandbox::run_program({binary("chopmark"), "kafka", "create", "--config",
                                          node(0).place().config.string()}));
    return made.exit_code == 0 ? Result<void>() : Error(sandbox::not_ready, made.output);
}

Result<void> FaultCluster::start_key_port() {
    const fs::path output = options_.folder / "keys.log";
    CHOPMARK_ASSIGN(key_port_, sandbox::Child::start(
                                   {binary("chopmark"), "keyport", "--data",
                                    (options_.folder / "keys").string(), "--listen",
                                    fmt::format("127.0.0.1:{}", options_.ports + key_port_offset)},
                                   output));
    const auto until = std::chrono::steady_clock::now() + key_port_patience;
    while (std::chrono::steady_clock::now() < until && !key_port_->ended()) {
        if (sandbox::read_file(output).value_or("").find("ready\n") != std::string::npos) {
            return {};
        }
        std::this_thread::sleep_for(look_pause);
    }
    return Error(sandbox::not_ready, "the key port: " + sandbox::read_file(output).value_or(""));
}

Result<void> FaultCluster::admit() {
    CHOPMARK_ASSIGN(auto first, operator_at(0));
    for (const auto& one : nodes_) {
        CHOPMARK_ASSIGN(const auto joining, ops::read_joining_node(one->data()));
        CHOPMARK_TRY(sandbox::expect_success(first.admin_post(
            "/admin/v1/nodes",
            {{"node", joining.node.hex()},
             {"endpoint", fmt::format("127.0.0.1:{}", one->place().ports + peer_link_offset)},
             {"certificate", to_base64(joining.certificate.der())}})));
    }
    return {};
}

Result<void> FaultCluster::whole(std::chrono::seconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    for (const auto& one : nodes_) {
        if (const auto code = one->fell()) {
            return Error(sandbox::not_ready,
                         fmt::format("{} left by itself with code {}:\n{}", one->place().name,
                                     *code, one->last_words()));
        }
        if (!one->runs()) {
            CHOPMARK_TRY(one->start());
        }
    }
    CHOPMARK_TRY(brokers_->settle());
    for (const auto& one : nodes_) {
        while (!one->ready()) {
            if (one->fell() || std::chrono::steady_clock::now() > until) {
                return Error(sandbox::not_ready,
                             fmt::format("{} is not ready: {}\n{}", one->place().name,
                                         one->readiness(), one->last_words()));
            }
            std::this_thread::sleep_for(look_pause);
        }
    }
    return {};
}

std::optional<unsigned> FaultCluster::owner_of(int partition) const {
    for (unsigned number = 0; number < count(); ++number) {
        if (nodes_.at(number)->served().contains(partition)) {
            return number;
        }
    }
    return std::nullopt;
}

Result<sandbox::StaffClient> FaultCluster::operator_at(unsigned number) {
    return sandbox::StaffClient::load(node(0).place().data / "sandbox" / "first_operator.key",
                                      node(number).gateways(), entropy_);
}

}  // namespace chopmark::test
