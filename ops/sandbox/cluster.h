// A sandbox of several processes: two nodes over one Kafka cluster, and the key port that both ask.
// Made beside the first node's data folder DATA – DATA-2 and DATA-keys, a configuration for each
// node – and kept: a second start goes on with what is there. The brokers are somebody else's; the
// topics are made here, and bear the deployment's own name, so that a cluster may be used again.
#pragma once

#include <memory>

#include "ops/joining.h"
#include "ops/sandbox/daemon.h"
#include "ops/sandbox/journey.h"
#include "ops/sandbox/staff.h"

namespace chopmark::sandbox {

/// The second node's data folder, by the first one's.
std::filesystem::path second_data(const std::filesystem::path& data);

/// Makes the newcomer's folder a node of the giver's deployment, all on one machine. Does nothing
/// where it is one.
Result<ops::JoiningNode> join(const std::filesystem::path& giver,
                              const std::filesystem::path& newcomer, const std::string& name,
                              keys::Share share, Entropy& entropy);
/// Whoever asks for certificates, it is one authority that issues them.
Result<void> share_authority(const std::filesystem::path& giver,
                             const std::filesystem::path& newcomer);

class Cluster {
  public:
    /// Returns when key port and both nodes answer. `options.brokers` must name some, and
    /// `options.gateways.services` where the second node listens.
    static Result<std::unique_ptr<Cluster>> start(const JourneyOptions& options, Entropy& entropy);

    [[nodiscard]] Daemon& first() { return *first_; }
    [[nodiscard]] Daemon& second() { return *second_; }
    /// Starts again what has ended; how many processes that were.
    Result<int> keep_up();
    /// Both nodes are made known to control: an erasure waits for those.
    Result<void> admit(StaffClient& first_operator);
    void stop();

    /// The folders and files beside DATA.
    static std::vector<std::filesystem::path> places(const std::filesystem::path& data);

  private:
    explicit Cluster(const JourneyOptions& options) : options_(options) {}
    Result<void> found(Entropy& entropy);
    Result<void> configure();
    Result<void> make_topics();
    Result<void> start_key_port();

    JourneyOptions options_;
    std::string key_port_node_;
    std::string deployment_;
    std::optional<Child> key_port_;
    std::unique_ptr<Daemon> first_;
    std::unique_ptr<Daemon> second_;
};

}  // namespace chopmark::sandbox
