// The daemon as the crash test runs it: `chopmarkd --sandbox` on a folder in memory, with two
// online services approved by two administrators. It is killed and started again; while it runs its
// views are compared with a rebuild, while it is dead its log is verified by the tool and its
// alerts are held against a fold of the same log that nothing ever interrupted. One thread.
#pragma once

#include "events/crypto/system_entropy.h"
#include "ops/sandbox/daemon.h"
#include "tests/support/service_examination.h"
#include "tests/support/service_offices.h"

namespace chopmark::test {

class ServiceNode {
  public:
    ServiceNode();
    ~ServiceNode();

    Result<void> start();
    /// SIGKILL.
    void kill();
    /// Starts it and kills it so much later, ready or not.
    void kill_at_start(std::chrono::microseconds later);

    /// The second administrator, the services and where their callbacks go; once, while it runs.
    Result<void> found();
    [[nodiscard]] const ServiceOffices& offices() const { return offices_; }

    /// What differs, view by view, from rows folded anew; empty: nothing. While it runs.
    Result<std::string> differing_views();
    /// The report of `chopmark log verify --readable`; empty if it is good. While it is dead.
    Result<std::string> bad_log();
    /// What detection finds in the log that it left, folded from its beginning in one go. While it
    /// is dead.
    Result<std::set<Raised>> found_in_one_go();

    [[nodiscard]] const sandbox::Gateways& gateways() const { return gateways_; }
    [[nodiscard]] const ops::DataFolder& data() const { return data_; }

  private:
    Result<sandbox::StaffClient> operator_client();

    std::string folder_;
    sandbox::Gateways gateways_;
    ops::DataFolder data_;
    sandbox::Daemon daemon_;
    crypto::SystemEntropy entropy_;
    ServiceOffices offices_;
};

}  // namespace chopmark::test
