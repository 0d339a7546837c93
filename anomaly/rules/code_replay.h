// D14, invariant: an authorisation code was presented again after its token had been issued, by
// another relying party or by the same one when no retry explains it. A retry of the same party
// within the code's life is no finding. One relying party with replays of many logins is raised
// once more, as a campaign.
#pragma once

#include "anomaly/detector.h"
#include "anomaly/state/raised.h"

namespace chopmark::anomaly {

class CodeReplay final : public RuleOver<CodeReplay, schema::CodeReplayed> {
  public:
    struct Options {
        Duration window = std::chrono::hours(24);          // of one alert about a login
        Duration campaign_window = std::chrono::hours(1);  // of one about a relying party
        std::uint64_t campaign_logins = 3;  // less: more alerts about misbuilt clients
        std::uint64_t keys = 50'000;
    };
    CodeReplay() : CodeReplay(Options()) {}
    explicit CodeReplay(const Options& options);

    [[nodiscard]] const RuleText& text() const override { return text_; }
    Result<void> on(const schema::CodeReplayed& event, StateRows& state, const Observed& seen,
                    std::vector<Draft>& findings) const;

  private:
    Result<void> login(const schema::CodeReplayed& event, StateRows& state, const Observed& seen,
                       std::vector<Draft>& findings) const;
    Result<void> campaign(const schema::CodeReplayed& event, StateRows& state, const Observed& seen,
                          std::vector<Draft>& findings) const;

    Options options_;
    RuleText text_;
};

}  // namespace chopmark::anomaly
