// The detecting half of a node: the anomaly fold in its own runner, and a timer's worth of work
// that turns what it found into commands to control (design 10). A finding is submitted until
// control has it; who submits it twice harms nothing.
#pragma once

#include <atomic>
#include <memory>

#include "aggregates/runtime/command_service.h"
#include "anomaly/runner/alert_runner.h"

namespace chopmark::ops {

class Alerting {
  public:
    /// All must outlive the object.
    static Result<std::unique_ptr<Alerting>> open(const fold::Runner::Surroundings& around,
                                                  runtime::CommandService& commands,
                                                  const Clock& clock,
                                                  fold::Runner::Stopped stopped);

    void start() { runner_->start(); }
    void stop() { runner_->stop(); }

    /// 500 ms: submits what is outstanding.
    void raise();

    [[nodiscard]] const anomaly::AlertRunner& runner() const { return *runner_; }

  private:
    Alerting(runtime::CommandService& commands, const Clock& clock)
        : commands_(commands), clock_(clock), fold_(anomaly::all_rules()) {}

    runtime::CommandService& commands_;
    const Clock& clock_;
    anomaly::AnomalyFold fold_;
    std::unique_ptr<anomaly::AlertRunner> runner_;
    std::atomic<std::size_t> under_way_{0};
};

}  // namespace chopmark::ops
