// What every node of a deployment with several does for the erasures that control has approved
// (design-notes A5, step 4): once the citizen's slot has SubjectErased, it writes its own key file
// anew, scrubs its own rows and says so; once every node has said so, it destroys its old epochs
// and says that, too. Both are records in control, so a restart goes on from the log. The
// coordinator (Erasures) gives the receipt when all have come so far. A deployment of one node has
// nobody to tell. Nothing is waited for with a thread. All of what it is given must outlive it.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <set>

#include "aggregates/control/snapshot.h"
#include "aggregates/runtime/command_service.h"
#include "events/core/clock.h"
#include "events/core/strand.h"
#include "events/fold/live_tables.h"
#include "events/keys/key_ring.h"
#include "ops/erasure_confirmations.h"

namespace chopmark::ops {

/// The nodes that an erasure waits for: all that control has and has not withdrawn, and this one.
std::set<NodeId> erasure_members(const control::State& control, const NodeId& self);

/// Removes the copies of rows and journal that a node keeps, after all of its own is scrubbed; may
/// be empty where there are none.
using DiscardCopies = std::function<Result<void>()>;

/// Takes an order's keys out of the ring and what is left of the rows out of the tables, and
/// discards copies of them. The epoch that is in force then; erasure.view_behind as long as a view
/// has not folded SubjectErased.
Result<keys::Epoch> forget(const control::Erasure& order, keys::KeyRing& ring,
                           fold::LiveTables& tables, const journal::Journal& journal,
                           const DiscardCopies& discard);

class ErasureShare {
  public:
    struct Surroundings {
        runtime::CommandService& commands;
        const control::Snapshots& control;
        const journal::Journal& journal;
        const keys::EventVault& vault;
        keys::KeyRing& ring;
        fold::LiveTables& tables;
        WorkPool& work;
        const Clock& clock;
        NodeId node;
        DiscardCopies discard{};
    };

    explicit ErasureShare(const Surroundings& around)
        : around_(around), confirmations_(around.journal, around.vault) {}

    /// 1 s: does what this node owes, if it is not at it already.
    void tick();
    /// Whether every member has destroyed what the order names; reads the log, in a pool.
    Result<bool> all_destroyed(const control::Erasure& order);

    struct Probe {
        std::uint64_t confirmed = 0;
        std::uint64_t failed = 0;  // steps, tried again
    };
    [[nodiscard]] Probe probe() const { return {confirmed_.load(), failed_.load()}; }

  private:
    enum class Debt : std::uint8_t { none, cover, destruction };

    void turn();
    [[nodiscard]] bool all_have(ErasureStep step, const control::OrderId& order,
                                const std::set<NodeId>& members) const;
    [[nodiscard]] Debt debt_of(const control::OrderId& order,
                               const std::set<NodeId>& members) const;
    void look(const control::Erasure& order);
    void cover(const control::Erasure& order);
    void destroy(const control::Erasure& order);
    void confirm(ErasureStep step, const control::OrderId& order, keys::Epoch epoch);
    void postpone(const control::OrderId& order, const Result<void>& why);
    void post(Task task);

    Surroundings around_;
    mutable std::mutex mutex_;  // guards the confirmations
    ErasureConfirmations confirmations_;
    std::set<control::OrderId> postponed_;  // until the next tick; whoever holds `busy_` has it
    std::atomic<bool> busy_{false};
    std::atomic<std::uint64_t> confirmed_{0};
    std::atomic<std::uint64_t> failed_{0};
};

}  // namespace chopmark::ops
