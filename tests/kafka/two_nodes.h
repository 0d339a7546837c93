// Two real nodes on the real broker, and people who ask them all the time. The nodes are programs
// of their own, on fixed ports: one test of this kind at a time.
#pragma once

#include <gtest/gtest.h>

#include <thread>

#include "events/crypto/system_entropy.h"
#include "ops/sandbox/cluster.h"
#include "ops/sandbox/personas.h"
#include "ops/sandbox/phone.h"
#include "tests/kafka/kafka_broker.h"
#include "tests/support/scratch_folder.h"

namespace chopmark::test {

inline constexpr int first_base = 23400;
inline constexpr int second_base = 23420;

/// People who register by phone, one after another: every one of them commands in a partition of
/// his own choice, and needs several answers.
class Crowd {
  public:
    Crowd(unsigned number, sandbox::Gateways gateways)
        : number_(number), gateways_(gateways), thread_([this] { live(); }) {}
    ~Crowd() { leave(); }

    void leave() {
        done_ = true;
        if (thread_.joinable()) {
            thread_.join();
        }
    }
    [[nodiscard]] unsigned registered() const { return registered_; }
    /// After leave().
    [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }

  private:
    void live() {
        for (unsigned run = 1; !done_; ++run) {
            const auto persona = sandbox::persona("mei", number_ * 10'000 + run, clock_.now());
            if (!persona) {
                failures_.push_back(to_string(persona.error()));
                return;
            }
            sandbox::SimulatedPhone phone(*persona, gateways_, entropy_);
            const auto answer = phone.register_by_app();
            if (!answer) {
                failures_.push_back(to_string(answer.error()));
            } else if (!answer->good()) {
                failures_.push_back(answer->summary());
            } else {
                ++registered_;
            }
        }
    }

    const unsigned number_;
    const sandbox::Gateways gateways_;
    SystemClock clock_;
    crypto::SystemEntropy entropy_;
    std::atomic<bool> done_{false};
    std::atomic<unsigned> registered_{0};
    std::vector<std::string> failures_;
    std::thread thread_;
};

class TwoNodes : public ::testing::Test {
  protected:
    /// `daemon` is the program of both nodes.
    explicit TwoNodes(std::string daemon = "chopmarkd") : daemon_(std::move(daemon)) {}

    void SetUp() override {
        sandbox::JourneyOptions options;
        options.daemon = std::string(CHOPMARK_BINARY_DIR "/") + daemon_;
        options.tool = CHOPMARK_BINARY_DIR "/chopmark";
        options.data = folder_.path() / "data";
        options.gateways = {first_base, second_base};
        options.brokers = KafkaBroker::here().bootstrap();
        auto cluster = sandbox::Cluster::start(options, entropy_);
        ASSERT_TRUE(cluster) << cluster.error();
        cluster_ = *std::move(cluster);
        const auto key = options.data / "sandbox" / "first_operator.key";
        first_.emplace(*sandbox::StaffClient::load(key, {first_base, second_base}, entropy_));
        second_.emplace(*sandbox::StaffClient::load(key, {second_base, first_base}, entropy_));
        ASSERT_TRUE(cluster_->admit(*first_));
    }
    void TearDown() override {
        if (cluster_) {
            cluster_->stop();
        }
    }

    static std::size_t served_by(sandbox::StaffClient& node) {
        const auto shown = node.admin_get("/admin/v1/partitions");
        std::size_t served = 0;
        if (shown && shown->good()) {
            for (const sandbox::Json& partition : shown->json.at("items")) {
                served += partition.at("served_here").get<bool>() ? 1 : 0;
            }
        }
        return served;
    }
    static sandbox::Json reasons_of(sandbox::StaffClient& node) {
        const auto status = node.admin_get("/admin/v1/status");
        return status && status->good() ? status->json.at("not_ready") : sandbox::Json("no answer");
    }
    static bool soon(const std::function<bool()>& condition) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!condition() && std::chrono::steady_clock::now() < until) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        return condition();
    }
    /// So many more have registered with everybody.
    static bool grow(const std::vector<std::unique_ptr<Crowd>>& crowds, unsigned by) {
        std::vector<unsigned> before;
        for (const auto& crowd : crowds) {
            before.push_back(crowd->registered());
        }
        return soon([&] {
            for (std::size_t i = 0; i < crowds.size(); ++i) {
                if (crowds[i]->registered() < before[i] + by) {
                    return false;
                }
            }
            return true;
        });
    }
    static void expect_no_failure(std::vector<std::unique_ptr<Crowd>>& crowds) {
        for (const auto& crowd : crowds) {
            crowd->leave();
            EXPECT_EQ(crowd->failures(), std::vector<std::string>());
        }
    }

    static constexpr std::size_t partitions = 5;
    const std::string daemon_;
    ScratchFolder folder_;
    crypto::SystemEntropy entropy_;
    std::unique_ptr<sandbox::Cluster> cluster_;
    std::optional<sandbox::StaffClient> first_;
    std::optional<sandbox::StaffClient> second_;
};

}  // namespace chopmark::test
