// D11: a relying party collects more than it should. Invariants: it asks for consent without the
// scope that permits it, or is granted fields that it had not asked for. Statistical: the share of
// its requests that name sensitive fields drifts up (CUSUM over hours, k = 0.5, h = 5); its
// requests are in the far tail of its hour of the week while people refuse or ignore them; it asks
// many for a sensitive field that it had never asked for. What an hour that was raised shows is not
// learnt from.
#pragma once

#include <set>

#include "anomaly/detector.h"
#include "anomaly/state/hour_profile.h"
#include "anomaly/state/raised.h"

namespace chopmark::anomaly {

struct ClientConsents;

class ConsentHarvest final
    : public RuleOver<ConsentHarvest, schema::RelyingPartyApproved,
                      schema::RelyingPartyScopesChanged, schema::ConsentAsked,
                      schema::ConsentGranted, schema::ConsentRefused, schema::ConsentExpired> {
  public:
    struct Options {
        Options();
        std::set<std::string, std::less<>> sensitive_fields;
        std::int64_t cusum_slack_milli = 500;   // k, in standard deviations
        std::int64_t cusum_raise_milli = 5000;  // h; less: more alerts
        std::uint32_t learning = 200;           // requests before shares are judged
        std::uint32_t least_in_hour = 20;       // requests that a share is judged by
        unsigned tail_digits = 6;               // p < 10^-6 of the volume
        unsigned dispersion = 2;                // launches of a service are bursts
        std::uint32_t prior_milli = 20'000;     // requests an hour
        std::uint32_t least_volume = 30;        // requests an hour
        std::uint32_t refused_permille = 300;   // refused or expired, of the settled
        std::uint32_t least_settled = 10;
        std::uint32_t new_field_requests = 20;             // for a field never asked for before
        Duration settled_in = std::chrono::hours(24 * 7);  // a client's fields are known
        Duration window = std::chrono::hours(24);          // of one alert
        Duration request_life = std::chrono::hours(2);     // no request lives longer
        std::uint64_t keys = 200'000;
    };
    ConsentHarvest() : ConsentHarvest(Options()) {}
    explicit ConsentHarvest(Options options);

    [[nodiscard]] const RuleText& text() const override { return text_; }
    using Findings = std::vector<Draft>;
    Result<void> on(const schema::RelyingPartyApproved& event, StateRows& state,
                    const Observed& seen, Findings& findings) const;
    Result<void> on(const schema::RelyingPartyScopesChanged& event, StateRows& state,
                    const Observed& seen, Findings& findings) const;
    Result<void> on(const schema::ConsentAsked& event, StateRows& state, const Observed& seen,
                    Findings& findings) const;
    Result<void> on(const schema::ConsentGranted& event, StateRows& state, const Observed& seen,
                    Findings& findings) const;
    Result<void> on(const schema::ConsentRefused& event, StateRows& state, const Observed& seen,
                    Findings& findings) const;
    Result<void> on(const schema::ConsentExpired& event, StateRows& state, const Observed& seen,
                    Findings& findings) const;

  private:
    using Cell = StateRows::Cell<ClientConsents>;
    Result<void> scopes(const auto& leaf, StateRows& state) const;
    void count_asked(ClientConsents& known, const schema::ConsentAsked& event, Instant now) const;
    Result<void> declined(const std::string& client, StateRows& state, const Observed& seen,
                          Findings& findings) const;
    void judge(Cell& cell, const Observed& seen, Findings& findings) const;
    void raise_invariant(Cell& cell, const Observed& seen, const char* what,
                         const char* explanation, Findings& findings) const;

    Options options_;
    RuleText text_;
};

}  // namespace chopmark::anomaly
