#include "ops/figures/node_home.h"

#include "ops/sandbox_founding.h"

namespace chopmark::figures {

NodeHome::~NodeHome() {
    server_.reset();
    backbone_.reset();
}

Result<void> NodeHome::found(std::uint16_t partitions) {
    CHOPMARK_TRY(ops::found_sandbox(folder_, partitions, clock_, entropy_));
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
    CHOPMARK_ASSIGN(home->server_, ops::Server::start(config, home->folder_,
                                                      {*home->log_, home->clock_, home->entropy_}));
    return home;
}

std::uint64_t NodeHome::views_lag() {
    std::uint64_t most = 0;
    for (const fold::ViewStatus& view : backbone().views().status()) {
        most = std::max(most, view.lag_records);
    }
    return most;
}

}  // namespace chopmark::figures
