// Carries out approved erasures (design 5, A5), step by step, each repeatable: SubjectErased in the
// citizen's slot, the new cover under a new epoch, the end of the old epoch, the receipt. What is
// open is read from control's state, so a restart goes on wherever the last life ended. One erasure
// at a time, in the work pool. All of what it is given must outlive it.
#pragma once

#include <atomic>

#include "aggregates/control/snapshot.h"
#include "aggregates/runtime/command_service.h"
#include "events/core/clock.h"
#include "events/core/entropy.h"
#include "events/core/strand.h"
#include "events/fold/live_tables.h"
#include "events/journal/journal.h"
#include "events/keys/event_vault.h"
#include "events/keys/key_port.h"
#include "events/keys/key_ring.h"

namespace chopmark::ops {

class Erasures {
  public:
    struct Surroundings {
        runtime::CommandService& commands;
        const control::Snapshots& control;
        const journal::Journal& journal;
        const keys::EventVault& vault;
        keys::KeyRing& ring;
        keys::PasswordPort& passwords;
        keys::KeyPort& signing_keys;
        fold::LiveTables& tables;
        WorkPool& work;
        const Clock& clock;
        Entropy& entropy;
        NodeId node;
    };

    explicit Erasures(const Surroundings& around) : around_(around) {}

    /// 1 s: goes on with the first approved order, if none is being carried out.
    void tick();

    struct Probe {
        std::uint64_t completed = 0;
        std::uint64_t failed = 0;  // steps, tried again
    };
    [[nodiscard]] Probe probe() const { return {completed_.load(), failed_.load()}; }

  private:
    using SigningKeys = std::vector<keys::KeyHandle>;
    void erase_subject(const control::Erasure& order, const SigningKeys& signing_keys);
    /// The epoch that is in force then.
    Result<keys::Epoch> destroy_keys(const control::Erasure& order,
                                     const SigningKeys& signing_keys);
    Result<void> scrub_views(const control::Erasure& order);
    [[nodiscard]] Result<std::map<schema::Retention, std::uint64_t>> count(
        const control::Erasure& order) const;
    void complete(const control::Erasure& order, keys::Epoch epoch);
    void end(const Result<void>& step);

    Surroundings around_;
    std::atomic<bool> busy_{false};
    std::atomic<std::uint64_t> completed_{0};
    std::atomic<std::uint64_t> failed_{0};
};

}  // namespace chopmark::ops
