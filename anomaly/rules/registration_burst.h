// D05: more registrations and upgrades at one terminal than there should be. Invariant, when they
// follow one another faster than a person can stand there and be checked; statistical, when the
// last ten minutes or the last hour are in the far tail of what that hour of the week brings to
// this terminal (a negative binomial; on a fresh log the prior of its channel).
#pragma once

#include "anomaly/detector.h"
#include "anomaly/state/hour_profile.h"
#include "anomaly/state/raised.h"

namespace chopmark::anomaly {

class RegistrationBurst final
    : public RuleOver<RegistrationBurst, schema::AccountRegistered, schema::AccountUpgraded> {
  public:
    struct Options {
        std::uint64_t least = 8;                      // completions, below which nothing is
        Duration fastest = std::chrono::seconds(90);  // one after another, sustained
        unsigned tail_digits = 6;                     // p < 10^-6; less: more alerts
        unsigned dispersion = 5;                      // less: bursts are more usual
        std::uint32_t kiosk_milli = 6000;             // priors, thousandths an hour
        std::uint32_t counter_milli = 6000;
        std::uint32_t team_milli = 8000;
        std::uint32_t other_milli = 4000;
        Duration window = std::chrono::hours(1);        // of one alert
        Duration memory = std::chrono::hours(24 * 28);  // of a terminal that is not used
        std::uint64_t keys = 20'000;
    };
    RegistrationBurst() : RegistrationBurst(Options()) {}
    explicit RegistrationBurst(const Options& options);

    [[nodiscard]] const RuleText& text() const override { return text_; }
    using Findings = std::vector<Draft>;
    Result<void> on(const schema::AccountRegistered& event, StateRows& state, const Observed& seen,
                    Findings& findings) const {
        return completed(event.link().place(), event.leaf().head(), state, seen, findings);
    }
    Result<void> on(const schema::AccountUpgraded& event, StateRows& state, const Observed& seen,
                    Findings& findings) const {
        return completed(event.link().place(), event.leaf().head(), state, seen, findings);
    }

  private:
    Result<void> completed(const schema::Counter& place, const schema::LeafHead& head,
                           StateRows& state, const Observed& seen, Findings& findings) const;
    [[nodiscard]] std::uint32_t prior(schema::Channel channel) const;

    Options options_;
    RuleText text_;
};

}  // namespace chopmark::anomaly
