// Three real brokers by ops/broker/kafka, to be killed, paused, copied and brought back; clients of
// each group reach them through addresses of their own. Gone with this process, however it ends.
// For one thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "events/core/result.h"
#include "gateways/service/json_body.h"

namespace chopmark::test {

class FaultBrokers {
  public:
    static constexpr int count = 3;
    using Numbers = std::vector<int>;  // 1 and up

    /// `advertised` are the groups' addresses, "host:port,…" each.
    static Result<FaultBrokers> up(const std::filesystem::path& folder, int port,
                                   const std::vector<std::string>& advertised);

    Result<void> kill(const Numbers& brokers) { return command("kill", brokers); }
    Result<void> stop(const Numbers& brokers) { return command("stop", brokers); }
    Result<void> pause(const Numbers& brokers) { return command("pause", brokers); }
    Result<void> resume(const Numbers& brokers) { return command("resume", brokers); }
    /// Ends what runs of them, and returns when all answer.
    Result<void> restart(const Numbers& brokers) { return command("restart", brokers); }
    /// Of stopped ones.
    Result<void> copy(const std::filesystem::path& into);
    Result<void> restore(const std::filesystem::path& from);
    /// Every running broker is ready, and every replica has caught up.
    Result<void> settle();
    /// The broker that leads a partition now.
    Result<int> leader_of(const std::string& topic, int partition);

    [[nodiscard]] const std::string& bootstrap() const { return bootstrap_; }
    /// Where a proxy finds a broker for a group of clients.
    [[nodiscard]] static int behind_proxy(int port, int group, int broker) {
        return port + (2 + group) * count + broker - 1;
    }
    [[nodiscard]] static Numbers all() { return {1, 2, 3}; }

  private:
    explicit FaultBrokers(std::filesystem::path folder) : folder_(std::move(folder)) {}
    Result<void> command(const std::string& name, const Numbers& brokers);
    Result<service::Json> ask(std::vector<std::string> words);

    std::filesystem::path folder_;
    std::string bootstrap_;
};

}  // namespace chopmark::test
