// What the steps of the journey share: the daemon, the people and their keys, the services, and
// what one step leaves for a later one. And the few words that checks are written in: a failed one
// says what was expected and what was seen.
#pragma once

#include <chrono>
#include <functional>
#include <map>

#include "events/core/clock.h"
#include "ops/sandbox/cluster.h"
#include "ops/sandbox/journey.h"
#include "ops/sandbox/phone.h"
#include "ops/sandbox/service.h"
#include "ops/sandbox/staff.h"
#include "ops/sandbox/terminal.h"

namespace chopmark::sandbox {

/// Size and root of a partition's tree.
struct Head {
    std::uint64_t size = 0;
    std::string root;  // Base64
    friend bool operator==(const Head&, const Head&) = default;
};
using Heads = std::map<int, Head>;

struct World {
    World(JourneyOptions with, Entropy& from) : options(std::move(with)), entropy(from) {}

    JourneyOptions options;
    Entropy& entropy;
    SystemClock clock;
    unsigned run = 1;
    std::unique_ptr<Cluster> cluster;  // null: there is one node
    std::unique_ptr<Daemon> alone;     // null: there is a cluster

    /// The node whose data folder is DATA: what steps kill, stop and look into.
    [[nodiscard]] Daemon& daemon() { return cluster ? cluster->first() : *alone; }

    std::map<std::string, StaffClient> staff;            // by the name of the key file
    std::map<std::string, SimulatedTerminal> terminals;  // by kind
    std::map<std::string, SimulatedPhone> phones;        // by persona
    std::unique_ptr<CallbackReceiver> receiver;
    std::optional<SampleService> tax;      // the honest service
    std::optional<SampleService> harvest;  // the one that wants too much

    Json token;                // of mei's login at tax
    std::string login_event;   // LoginApproved of step 5
    int login_partition = -1;  // where it is recorded, from step 18
    std::uint64_t login_sequence = 0;
    Heads heads;  // before the kill
    std::size_t log_items = 0;

    [[nodiscard]] std::filesystem::path folder() const {
        return options.data / "sandbox" / "journey";
    }
    [[nodiscard]] StaffClient& member(const std::string& name) { return staff.at(name); }
    [[nodiscard]] SimulatedPhone& phone(const std::string& name) { return phones.at(name); }
    /// A phone in the hand of that persona; made at the first call.
    Result<SimulatedPhone*> new_phone(const std::string& name);
    [[nodiscard]] Result<Persona> person(const std::string& name) const {
        return persona(name, run, clock.now());
    }
};

/// What was seen, for the step's line.
using Seen = Result<std::string>;

struct Step {
    int number = 0;
    std::string_view title;
    Seen (*walk)(World& world) = nullptr;
};
std::vector<Step> setup_steps();      // 1 to 4
std::vector<Step> login_steps();      // 5 to 9
std::vector<Step> request_steps();    // 10 to 13
std::vector<Step> citizen_steps();    // 14 to 15
std::vector<Step> detection_steps();  // 16 to 17
std::vector<Step> audit_steps();      // 18 to 21
std::vector<Step> proof_steps();      // 22 to 24
std::vector<Step> cluster_steps();    // 25, in the middle, over two nodes

// ---- words of checks
// -----------------------------------------------------------------------------

Error failed_check(const std::string& expected, const std::string& seen);
/// Void if it holds.
Result<void> expect(bool holds, const std::string& expected, const std::string& seen);
Result<void> expect_equal(const std::string& what, const std::string& expected,
                          const std::string& seen);
/// The JSON of an answer that should be good.
Result<Json> expect_good(const std::string& what, const Result<Answer>& answer);
/// An answer that should be a refusal for that reason; gives its summary.
Seen expect_refused(const std::string& what, const std::string& reason,
                    const Result<Answer>& answer);
Result<Json> expect_envelope(const std::string& what, const Result<Envelope>& envelope);

/// Tries until it holds or time is up, then the last error: views follow the log.
template <class Value>
Result<Value> wait_for(std::chrono::seconds patience, const std::function<Result<Value>()>& look);

// ---- what several steps do
// -----------------------------------------------------------------------

/// The page drawn, scanned off its picture and approved; what the browser was sent away with.
struct LoggedIn {
    LoginPage page;
    Scanned scanned;
    Json approved;  // the phone's answer
    Redirect redirect;
    Json token;  // content of getToken
};
Result<LoggedIn> log_in(SampleService& service, SimulatedPhone& phone, const std::string& scope);

/// The citizen's open request of that service and kind ("consent", "signature"), once it is there.
Result<Json> open_request(SimulatedPhone& phone, const std::string& client,
                          const std::string& kind);
/// The next callback that the service gets about that businessID.
Result<Envelope> callback_about(World& world, const SampleService& service,
                                const std::string& business_id);
/// Sets one setting of the policy.
Result<void> set_policy(World& world, const std::string& name, std::int64_t value);
/// A businessID of this run.
std::string business_id(World& world);
Result<Heads> read_heads(World& world);

// ---- inline
// --------------------------------------------------------------------------------------

void pause_between_looks();

template <class Value>
Result<Value> wait_for(std::chrono::seconds patience, const std::function<Result<Value>()>& look) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (true) {
        auto found = look();
        if (found || std::chrono::steady_clock::now() >= until) {
            return found;
        }
        pause_between_looks();
    }
}

}  // namespace chopmark::sandbox
