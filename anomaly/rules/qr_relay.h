// D01, statistical: a login by QR code whose browser is not where its citizen is, as when the code
// on a genuine page is relayed to a victim's phone. Two matters: a login, by the sum of the
// evidence of its two ends in decibans (10·log₁₀ of a likelihood ratio); and a browser that
// completes logins of several people who are strangers to it. A login's alert becomes high when a
// signature, a consent to sensitive fields or a change of the profile follows within half an hour,
// or when the citizen says that it was not hers.
#pragma once

#include <set>

#include "anomaly/detector.h"
#include "anomaly/state/raised.h"

namespace chopmark::anomaly {

class QrRelay final
    : public RuleOver<QrRelay, schema::LoginApproved, schema::LoginDisputed, schema::SignatureMade,
                      schema::BulkApproved, schema::ConsentGranted, schema::ProfileFieldsSet> {
  public:
    struct Options {
        Options();
        // Decibans; more makes the sign weigh more.
        int country_differs = 13;  // Hong Kong, Macao and the mainland near by are one
        int another_country_far = 4;
        int another_continent = 5;
        int hosting = 15;
        int slow_decision = 3;
        int old_code = 10;
        int new_browser = 5;  // Freeman's cap of one new feature: a factor of four
        int known_browser = -10;
        int raise_at = 24;                                    // less: more alerts
        int prior = -20;                                      // for the score only
        Duration slow = std::chrono::seconds(96);             // from scan to decision
        Duration old = std::chrono::seconds(120);             // of a code when it was scanned
        Duration follow_up = std::chrono::minutes(30);        // what a relay is for
        Duration login_window = std::chrono::hours(24);       // of one alert about a person
        Duration browser_window = std::chrono::hours(1);      // of one about a browser
        std::uint64_t remote_strangers = 3;                   // people far from the browser
        std::uint64_t strangers = 5;                          // people anywhere, and
        std::uint64_t times_usual = 4;                        // so many times what it usually has
        std::set<std::uint32_t> hosting_asns;                 // networks where no citizen sits
        std::set<std::string, std::less<>> sensitive_fields;  // of a consent that follows
        std::uint64_t keys = 500'000;
    };
    QrRelay() : QrRelay(Options()) {}
    explicit QrRelay(Options options);

    [[nodiscard]] const RuleText& text() const override { return text_; }
    using Findings = std::vector<Draft>;
    Result<void> on(const schema::LoginApproved& event, StateRows& state, const Observed& seen,
                    Findings& findings) const;
    Result<void> on(const schema::LoginDisputed& event, StateRows& state, const Observed& seen,
                    Findings& findings) const;
    Result<void> on(const schema::BulkApproved& event, StateRows& state, const Observed& seen,
                    Findings& findings) const;
    Result<void> on(const schema::SignatureMade& event, StateRows& state, const Observed& seen,
                    Findings& findings) const;
    Result<void> on(const schema::ConsentGranted& event, StateRows& state, const Observed& seen,
                    Findings& findings) const;
    Result<void> on(const schema::ProfileFieldsSet& event, StateRows& state, const Observed& seen,
                    Findings& findings) const;

  private:
    /// What the two ends of a login say.
    struct Signs {
        int decibans = 0;
        bool remote = false;    // the browser is not where the phone is
        bool stranger = false;  // to a person whose browsers are known
        std::vector<Measure> measures;
    };
    [[nodiscard]] Signs signs_of(const schema::LoginTraces& traces, const Observed& seen) const;
    Result<void> login(const schema::LoginApproved& event, const Signs& signs, StateRows& state,
                       const Observed& seen, Findings& findings) const;
    Result<void> browser(const schema::LoginApproved& event, const Signs& signs, StateRows& state,
                         const Observed& seen, Findings& findings) const;
    Result<void> follows(const schema::LinkHead& head, StateRows& state, const Observed& seen,
                         Findings& findings) const;
    [[nodiscard]] std::uint32_t score(int decibans) const;

    Options options_;
    RuleText text_;
};

}  // namespace chopmark::anomaly
