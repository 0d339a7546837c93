// A sandbox node in this process, founded in a fresh folder: the backbone alone, or with its
// listeners on loopback. What it logs goes to a file in that folder. Destroying it stops it.
#pragma once

#include <memory>

#include "events/crypto/system_entropy.h"
#include "ops/wiring.h"

namespace chopmark::figures {

class NodeHome {
  public:
    /// Backbone only: executors, views, trees, timers.
    static Result<std::unique_ptr<NodeHome>> without_listeners(const std::filesystem::path& root);
    /// As chopmarkd serves; `config` says ports and TLS.
    static Result<std::unique_ptr<NodeHome>> serving(const std::filesystem::path& root,
                                                     const config::Config& config);
    /// Another node of the deployment that was founded in `giver`.
    static Result<std::unique_ptr<NodeHome>> joining(const std::filesystem::path& root,
                                                     const std::filesystem::path& giver,
                                                     const config::Config& config);
    ~NodeHome();

    [[nodiscard]] ops::Backbone& backbone() { return server_ ? server_->backbone() : *backbone_; }
    /// Of a serving node.
    [[nodiscard]] std::vector<ops::Listeners::Address> addresses() const {
        return server_->addresses();
    }
    [[nodiscard]] const SystemClock& clock() const { return clock_; }
    [[nodiscard]] Entropy& entropy() { return entropy_; }
    [[nodiscard]] const ops::DataFolder& folder() const { return folder_; }
    /// Waits until it has made the keys for its first registrations, which takes the cores of
    /// others for some seconds after a start.
    void settle() { backbone().storage().rsa_keys()->wait_until_full(); }
    /// Records that the view furthest behind has not folded.
    [[nodiscard]] std::uint64_t views_lag();

  private:
    explicit NodeHome(const std::filesystem::path& root) : folder_(root) {}
    Result<void> found(std::uint16_t partitions);
    Result<void> open_log();
    Result<void> serve(const config::Config& config);

    SystemClock clock_;
    crypto::SystemEntropy entropy_;
    ops::DataFolder folder_;
    std::unique_ptr<telemetry::Log> log_;
    std::unique_ptr<ops::Backbone> backbone_;
    std::unique_ptr<ops::Server> server_;
};

}  // namespace chopmark::figures
