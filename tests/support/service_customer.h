// Citizens and one online service as a thread of tests that hurt a running service: registers, logs
// in, consents, for as long as it is answered, or until it is told that all is over. What the
// online service was told it keeps, and asks again after the worst. Not for two threads at once.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <random>

#include "events/crypto/system_entropy.h"
#include "tests/support/service_offices.h"
#include "tests/support/service_record.h"

namespace chopmark::test {

class ServiceCustomer {
  public:
    /// `number` tells its citizens from those of others.
    ServiceCustomer(unsigned number, std::uint64_t seed, const ServiceOffices& offices,
                    sandbox::Gateways gateways, ServiceRecord& record);

    /// Until the daemon does not answer any more.
    void live();
    /// Until `over`; whom nobody answers waits `pause` and goes on, and so does everybody else.
    void live_through(const std::atomic<bool>& over, std::chrono::milliseconds pause);
    /// The daemon is up again: codes that were redeemed give the same token or none any more,
    /// businessIDs that were taken are taken. Failures of tests say otherwise.
    void ask_again();

    struct Tally {
        std::size_t tokens = 0;    // given
        std::size_t requests = 0;  // accepted
        std::size_t asked_again = 0;
    };
    [[nodiscard]] const Tally& tally() const { return tally_; }

  private:
    using Step = Result<void> (ServiceCustomer::*)();
    struct Citizen {
        sandbox::SimulatedPhone phone;
        sandbox::Json token;  // of the last login; null before
    };
    struct Redeemed {
        std::string code;
        std::string access_token;
        bool one_tap = false;
    };
    struct Asked {
        sandbox::Json token;
        std::string business_id;
    };

    Result<void> step();
    Result<void> register_one();
    Result<void> register_twice();
    Result<void> register_badly();
    Result<void> one_tap();
    Result<void> scan();
    Result<void> fill_form();
    Result<void> answer();
    Result<void> change_profile();
    Result<void> misuse();
    Result<void> redeem(Citizen& citizen, const std::string& code, bool one_tap);
    Result<Citizen*> some_citizen();
    sandbox::SimulatedPhone new_phone(const sandbox::Persona& persona);

    std::uint64_t below(std::uint64_t end) { return random_() % end; }

    unsigned number_;
    std::mt19937_64 random_;
    const sandbox::Gateways gateways_;
    ServiceRecord& record_;
    crypto::SystemEntropy entropy_;
    SystemClock clock_;
    sandbox::SampleService service_;
    sandbox::SampleService thief_;
    std::deque<Citizen> citizens_;
    unsigned persons_ = 0;
    unsigned requests_ = 0;
    std::vector<Redeemed> redeemed_;  // since the last death
    std::vector<Asked> asked_;
    Tally tally_;
};

/// What was acknowledged, given and found, in a line.
std::string summary_of(const ServiceRecord& record,
                       const std::vector<std::unique_ptr<ServiceCustomer>>& customers);

}  // namespace chopmark::test
