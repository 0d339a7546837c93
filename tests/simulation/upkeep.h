// What a daemon's timers do besides sweeping, over the ports of a GatewayBench in one life: answers
// that recorded events wait for are fetched by the daemon's own follow-ups, approved erasures are
// carried out by its own coordinator. Only the online service that a callback goes to is played:
// it answers as the seed says. Ends before the bench restarts. One thread.
#pragma once

#include "gateways/outside/sandbox_parties.h"
#include "ops/erasures.h"
#include "ops/follow_ups.h"
#include "tests/support/gateway_bench.h"

namespace chopmark::test {

/// The bench's key port, but for where its RSA keys come from: making one takes 0.3 s, so that all
/// worlds of a process share a few.
class FewKeys final : public keys::KeyPort {
  public:
    explicit FewKeys(GatewayBench& bench) : bench_(bench) {}
    Result<Bytes> create(const keys::KeyHandle& handle) override;
    Result<Bytes> public_key(const keys::KeyHandle& handle) override {
        return bench_.signing_keys.public_key(handle);
    }
    Result<Bytes> sign(const keys::KeyHandle& handle, keys::SigningScheme scheme,
                       ByteView content) override {
        return bench_.signing_keys.sign(handle, scheme, content);
    }
    Result<void> destroy(const keys::KeyHandle& handle) override {
        return bench_.signing_keys.destroy(handle);
    }

  private:
    GatewayBench& bench_;
};

class Upkeep {
  public:
    /// Whether the receiver of a callback takes it this time.
    using TakesCallback = std::function<bool()>;
    Upkeep(GatewayBench& bench, TakesCallback takes);

    /// As the timers do: looks what is owed, goes on with an erasure.
    void tick();
    /// Answers that the states of the bench still wait for: of a dispute control's state, which has
    /// its case or not.
    [[nodiscard]] std::vector<ops::OwedAnswer> owed();
    /// Orders that were approved and are not carried out yet.
    [[nodiscard]] std::vector<control::Erasure> erasing() const;

  private:
    [[nodiscard]] std::vector<ops::OwedAnswer> outstanding();
    void handle_callbacks();
    void answer_callback(const ops::OwedAnswer& owed, const citizen::State& state,
                         const ops::FollowUps::Done& done);

    GatewayBench& bench_;
    TakesCallback takes_;
    FewKeys signing_keys_;
    outside::SandboxPush push_;
    ops::FollowUps follow_ups_;
    ops::Erasures erasures_;
};

/// After erasures: no personal layer of an erased class of an erased person opens, whatever was
/// restarted since. Says by test failures where one does.
void expect_erased_stays_erased(GatewayBench& bench);

}  // namespace chopmark::test
