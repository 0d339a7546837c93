// The real broker that the tests of this folder run against: the one that CHOPMARK_KAFKA names
// (host:port), else one of its own, started by ops/broker/kafka at first use and gone with this
// process. Only an own one can be hurt. Without Java and Maven nothing is skipped: the test fails
// and says what to install. For one thread.
#pragma once

#include <string>
#include <vector>

#include "events/journal/kafka_journal.h"

namespace chopmark::test {

class KafkaBroker {
  public:
    /// The broker of this process.
    static KafkaBroker& here();

    [[nodiscard]] const std::string& bootstrap() const { return bootstrap_; }
    /// Whether the methods below do anything.
    [[nodiscard]] bool own() const { return own_; }

    void pause() { command({"pause", "1"}); }
    void resume() { command({"resume", "1"}); }
    void kill() { command({"kill", "1"}); }
    void stop() { command({"stop", "1"}); }
    /// Ends it, if it runs, and returns when it answers again.
    void restart() { command({"restart", "1"}); }
    /// Of a stopped one.
    void copy_data(const std::string& to) { command({"copy", "1", to}); }
    void restore_data(const std::string& from) { command({"restore", "1", from}); }

    /// Settings of a client of this broker.
    [[nodiscard]] journal::kafka::Settings client() const;
    /// Makes a topic that nobody else uses.
    std::string fresh_topic(std::uint16_t citizen_partitions);

  private:
    KafkaBroker();
    std::string command(const std::vector<std::string>& words);

    std::string bootstrap_;
    bool own_ = false;
    unsigned topics_ = 0;
};

}  // namespace chopmark::test
