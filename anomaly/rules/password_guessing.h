// Sign-in logs of other systems (SignInImported): one source network that guesses passwords – many
// failures at once, many users, many unknown users, or few but for a day with nearly no success. A
// success for a user whose password it had been guessing is graded highest. A source that many
// people share and mostly use well is not raised: failures are judged beside its successes.
#pragma once

#include "anomaly/detector.h"
#include "anomaly/state/raised.h"

namespace chopmark::anomaly {

struct SourceSignIns;

class PasswordGuessing final : public RuleOver<PasswordGuessing, schema::SignInImported> {
  public:
    struct Options {
        Duration burst = std::chrono::minutes(15);
        std::uint64_t burst_failures = 10;  // in it; less: more alerts about forgotten passwords
        std::uint64_t burst_users = 5;      // different ones that failed in it
        std::uint64_t burst_unknown = 3;    // different ones that the system did not know
        Duration slow = std::chrono::hours(24);
        std::uint64_t slow_failures = 30;      // in it
        std::uint64_t failures_a_success = 4;  // fewer: the source is shared, and used well
        std::uint64_t graver_failures = 100;
        std::uint64_t graver_users = 20;
        std::uint32_t guessed = 3;  // failures of a user before a success that counts
        std::uint64_t keys = 200'000;
    };
    PasswordGuessing() : PasswordGuessing(Options()) {}
    explicit PasswordGuessing(const Options& options);

    [[nodiscard]] const RuleText& text() const override { return text_; }
    Result<void> on(const schema::SignInImported& event, StateRows& state, const Observed& seen,
                    std::vector<Draft>& findings) const;

  private:
    [[nodiscard]] bool under_attack(const SourceSignIns& known, Instant now) const;
    [[nodiscard]] std::optional<Draft> raise(SourceSignIns& known, const Key& key, Instant now,
                                             bool broken_in) const;

    Options options_;
    RuleText text_;
};

}  // namespace chopmark::anomaly
