#include "tests/kafka/faults/watch.h"

#include <fmt/format.h>

#include <thread>

#include "events/core/clock.h"

namespace chopmark::test {
namespace {

constexpr std::array names{"mei", "kaming", "siufong", "wailam", "chikeung", "anita"};
/// No customer's citizens have numbers as high.
constexpr unsigned first_run = 50'000;
constexpr unsigned people_at_most = 200;
constexpr std::chrono::milliseconds pause{30};
/// A node that answers "not now" is asked less often.
constexpr std::chrono::milliseconds pause_after_failure{100};

}  // namespace

Result<std::vector<std::unique_ptr<Watch>>> Watch::post(FaultCluster& cluster,
                                                        ServiceRecord& record) {
    const SystemClock clock;
    std::vector<std::unique_ptr<Watch>> out;
    std::set<PartitionId> covered;
    static crypto::SystemEntropy entropy;  // phones refer to it for as long as they live
    const auto file = cluster.folder() / "watch.json";
    for (unsigned person = 0; out.size() < FaultCluster::partitions; ++person) {
        if (person == people_at_most) {
            return Error(sandbox::bad_state, "no citizen for some partition");
        }
        CHOPMARK_ASSIGN(const auto bearer,
                        sandbox::persona(names.at(person % names.size()),
                                         first_run + person / unsigned{names.size()}, clock.now()));
        sandbox::SimulatedPhone phone(bearer, cluster.node(0).gateways(), entropy);
        phone.watch([&record](const sandbox::SentCall& call) { record.note(call); });
        CHOPMARK_TRY(sandbox::expect_success(phone.register_by_app()));
        const auto account = AccountId::from_hex(phone.account());
        if (!account) {
            return Error(sandbox::bad_answer, phone.account());
        }
        const PartitionId partition = partition_of(slot_of(*account), FaultCluster::partitions);
        if (!covered.insert(partition).second) {
            continue;
        }
        CHOPMARK_TRY(sandbox::expect_success(phone.enable_profile()));
        CHOPMARK_TRY(phone.save(file));
        std::vector<sandbox::SimulatedPhone> phones;
        for (unsigned node = 0; node < cluster.count(); ++node) {
            CHOPMARK_ASSIGN(auto one, sandbox::SimulatedPhone::load(
                                          file, cluster.node(node).gateways(), entropy));
            one.watch([&record](const sandbox::SentCall& call) { record.note(call); });
            phones.push_back(std::move(one));
        }
        out.push_back(std::unique_ptr<Watch>(new Watch(partition, std::move(phones))));
    }
    return out;
}

void Watch::live_through(const std::atomic<bool>& over, const std::atomic<int>& avoid) {
    last_ = std::chrono::steady_clock::now();
    std::size_t front = partition_.value() % phones_.size();
    while (!over) {
        if (static_cast<int>(front) == avoid) {
            front = (front + 1) % phones_.size();
        }
        const auto answer =
            phones_[front].set_profile({{"maritalStatus", ++turn_ % 2 == 0 ? "1" : "2"}});
        const auto now = std::chrono::steady_clock::now();
        if (answer && answer->good()) {
            longest_ = std::max(longest_,
                                std::chrono::duration_cast<std::chrono::milliseconds>(now - last_));
            last_ = now;
            ++acknowledged_;
            std::this_thread::sleep_for(pause);
        } else {
            front = (front + 1) % phones_.size();
            std::this_thread::sleep_for(pause_after_failure);
        }
    }
}

std::chrono::milliseconds Watch::longest_silence() { return std::exchange(longest_, {}); }

}  // namespace chopmark::test
