// D04, statistical: a device that was bound a short while ago signs. A takeover binds the
// attacker's phone and uses it at once for what is worth most. The first device of a new account is
// no new device: there was nothing to take over. A signature before the cooling-off of a rebound
// device is over is an invariant: the platform should not have let it happen.
#pragma once

#include "anomaly/detector.h"
#include "anomaly/state/raised.h"

namespace chopmark::anomaly {

class NewDeviceSignature final
    : public RuleOver<NewDeviceSignature, schema::DeviceBound, schema::DeviceBindingRefused,
                      schema::DeviceRevoked, schema::SignatureMade, schema::BulkApproved> {
  public:
    struct Options {
        Duration young = std::chrono::hours(72);              // a device, after its binding
        Duration after_cooling_off = std::chrono::hours(24);  // at least so long after that
        Duration refusals_before = std::chrono::hours(24);    // failed bindings that count
        std::uint64_t many_signatures = 3;                    // by one young device
        std::uint64_t keys = 100'000;
    };
    NewDeviceSignature() : NewDeviceSignature(Options()) {}
    explicit NewDeviceSignature(const Options& options);

    [[nodiscard]] const RuleText& text() const override { return text_; }
    using Findings = std::vector<Draft>;
    Result<void> on(const schema::DeviceBound& event, StateRows& state, const Observed& seen,
                    Findings& findings) const;
    Result<void> on(const schema::DeviceBindingRefused& event, StateRows& state,
                    const Observed& seen, Findings& findings) const;
    Result<void> on(const schema::DeviceRevoked& event, StateRows& state, const Observed& seen,
                    Findings& findings) const;
    Result<void> on(const schema::SignatureMade& event, StateRows& state, const Observed& seen,
                    Findings& findings) const;
    /// One approval of many documents is one signature here, and a graver one.
    Result<void> on(const schema::BulkApproved& event, StateRows& state, const Observed& seen,
                    Findings& findings) const;

  private:
    struct Signature {
        const schema::LinkHead& head;
        const Bytes& device;
        const schema::Endpoint& phone;
        const Bytes& client;
        bool bulk = false;
    };
    Result<void> judge(const Signature& made, StateRows& state, const Observed& seen,
                       Findings& findings) const;

    Options options_;
    RuleText text_;
};

}  // namespace chopmark::anomaly
