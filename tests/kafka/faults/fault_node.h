// One chopmarkd of several, as the fault suite runs it: killed, stopped, resumed and started again,
// also under a program that changes what it sees (env with a preloaded library). Its output goes to
// a file. Ended with the object. For one thread.
#pragma once

#include <set>

#include "ops/data_folder.h"
#include "ops/sandbox/caller.h"
#include "ops/sandbox/process.h"

namespace chopmark::test {

class FaultNode {
  public:
    struct Place {
        std::string name;
        std::filesystem::path data;
        std::filesystem::path config;
        std::filesystem::path output;
        int ports = 0;
    };
    explicit FaultNode(Place place) : place_(std::move(place)) {}

    /// Which build runs, and what comes before it.
    struct Program {
        std::string name = "chopmarkd";
        std::vector<std::string> under;
    };
    /// Returns before it is ready.
    Result<void> start() { return start({}); }
    Result<void> start(const Program& program);
    /// SIGKILL.
    void kill();
    /// SIGTERM, and a wait for its end.
    void leave();
    void pause() const;
    void resume() const;
    /// Its exit code, if it ended without being told to.
    std::optional<int> fell();
    [[nodiscard]] bool runs() const { return child_.has_value(); }

    /// Every gateway answers that it wants traffic.
    [[nodiscard]] bool ready() const;
    /// What it says of why it is not; empty if it does not answer.
    [[nodiscard]] std::string readiness() const;
    /// Partitions that it owns; nothing if it does not answer.
    [[nodiscard]] std::set<int> served() const;
    /// A figure of its metrics; nothing if it does not answer or has none.
    [[nodiscard]] std::optional<double> figure(const std::string& name) const;
    [[nodiscard]] std::string last_words() const;

    [[nodiscard]] const Place& place() const { return place_; }
    [[nodiscard]] ops::DataFolder data() const { return ops::DataFolder(place_.data); }
    [[nodiscard]] sandbox::Gateways gateways() const { return {place_.ports}; }

  private:
    [[nodiscard]] std::string metrics() const;

    const Place place_;
    std::optional<sandbox::Child> child_;
};

}  // namespace chopmark::test
