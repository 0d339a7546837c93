#include "ops/figures/node_home.h"

#include "ops/sandbox/cluster.h"
#include "ops/sandbox_founding.h"

namespace chopmark::figures {

NodeHome::~NodeHome() {
    server_.reset();
    backbone_.reset();
}

Result<void> NodeHome::found(std::uint16_t partitions) {
    CHOPMARK_TRY(ops::found_sandbox(folder_, partitions, clock_, entropy_));
    return open_log();
}

Result<void> NodeHome::open_log() {
    telemetry::LogOptions options;
    options.node = "figures";
    options.level = telemetry::Level::warn;
    options.file = (folder_.root() / "node.log").string();
    CHOPMARK_ASSIGN(log_, telemetry::Log::open(options, clock_));
    return {};
}

Result<std::unique_ptr<NodeHome>> NodeHome::without_listeners(const std::filesystem::path& root) {
    auto home = std::unique_ptr<NodeHome>(new NodeHome(root));
    const config::Config config;
    CHOPMARK_TRY(home->found(config.journal.partitions));
    CHOPMARK_ASSIGN(
        home->backbone_,
        ops::Backbone::open(config, home->folder_, {*home->log_, home->clock_, home->entropy_}));
    CHOPMARK_TRY(home->backbone_->start());
    return home;
}

Result<std::unique_ptr<NodeHome>> NodeHome::serving(const std::filesystem::path& root,
                                                    const config::Config& config) {
    auto home = std::unique_ptr<NodeHome>(new NodeHome(root));
    CHOPMARK_TRY(home->found(config.journal.partitions));
    CHOPMARK_TRY(home->serve(config));
    return home;
}

Result<std::unique_ptr<NodeHome>> NodeHome::joining(const std::filesystem::path& root,
                                                    const std::filesystem::path& giver,
                                                    const config::Config& config) {
    auto home = std::unique_ptr<NodeHome>(new NodeHome(root));
    CHOPMARK_TRY(
        sandbox::join(giver, root, config.node.name, keys::Share::everything, home->entropy_));
    CHOPMARK_TRY(sandbox::share_authority(giver, root));
    CHOPMARK_TRY(home->open_log());
    CHOPMARK_TRY(home->serve(config));
    return home;
}

Result<void> NodeHome::serve(const config::Config& config) {
    CHOPMARK_ASSIGN(server_, ops::Server::start(config, folder_, {*log_, clock_, entropy_}));
    return {};
}

std::uint64_t NodeHome::views_lag() {
    std::uint64_t most = 0;
    for (const fold::ViewStatus& view : backbone().views().status()) {
        most = std::max(most, view.lag_records);
    }
    return most;
}

}  // namespace chopmark::figures
