// Carries out approved erasures (design 5, A5), step by step, each repeatable: what the sign-in log
// has of the person is counted, SubjectErased in the citizen's slot, the new cover under a new
// epoch, the end of the old epoch, the receipt. With several nodes each does the steps with its own
// keys (erasure_share.h), and the receipt waits until all of them have said so; one node, control's
// owner, coordinates. An order whose person has come back with another account since is followed
// there: the account that stands is erased first, for it has the person's card and keys, then the
// one that is ordered. What is open is read from control's state, so a restart goes on wherever the
// last life ended – but for the counts, whose rows are gone then: the partition is walked for them,
// a bounded stretch at a turn. One erasure at a time, in the work pool. All of what it is given
// must outlive it.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <vector>

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
#include "events/keys/password_store.h"
#include "ops/erasure_share.h"

namespace chopmark::ops {

class Erasures {
  public:
    struct Surroundings {
        runtime::CommandService& commands;
        const control::Snapshots& control;
        const journal::Journal& journal;
        const keys::EventVault& vault;
        keys::KeyRing& ring;
        keys::PasswordStore& passwords;
        keys::KeyPort& signing_keys;
        fold::LiveTables& tables;
        WorkPool& work;
        const Clock& clock;
        Entropy& entropy;
        NodeId node;
        /// Whether this node owns control at this moment; empty: it always does.
        std::function<bool()> coordinates{};
        DiscardCopies discard{};
    };

    explicit Erasures(const Surroundings& around)
        : around_(around),
          share_({around.commands, around.control, around.journal, around.vault, around.ring,
                  around.tables, around.work, around.clock, around.node, around.discard}) {}

    /// 1 s: does this node's share, and as coordinator goes on with the next approved order in
    /// turn, if none is being carried out. A turn in the pool is short, so that a node that stops
    /// waits for none.
    void tick();

    struct Probe {
        std::uint64_t completed = 0;
        std::uint64_t failed = 0;  // steps, tried again
    };
    [[nodiscard]] Probe probe() const {
        return {completed_.load(), failed_.load() + share_.probe().failed};
    }

  private:
    using SigningKeys = std::vector<keys::KeyHandle>;
    using Counts = std::map<schema::Retention, std::uint64_t>;

    /// How far this process has come with an order; whoever holds `busy_` has it.
    struct Progress {
        control::OrderId order;
        SigningKeys signing_keys;          // of the accounts, as long as they stood
        Counts counts;                     // of records before `next`
        Sequence next;                     // in the person's partition
        bool erasing = false;              // a SubjectErased is there: the rows may be gone
        bool counted = false;              // up to SubjectErased of the account that is ordered
        std::optional<keys::Epoch> epoch;  // in force since the keys are destroyed
    };

    void begin(const control::Erasure& order, const citizen::State* seen);
    /// The account that the person has now, with the rows counted; the one that is ordered when
    /// the views know of none.
    Result<AccountId> find_standing(const control::Erasure& order);
    /// What the sign-in log has of the person, as far as it has come.
    Result<void> count_rows(const control::Erasure& order);
    void note_keys(const citizen::State& seen);
    void erase_standing(const control::Erasure& order, const AccountId& account);
    void erase_subject(const control::Erasure& order, const AccountId& account);
    void erased(const control::Erasure& order, const AccountId& account, bool now);
    void go_on(const control::Erasure& order);
    /// The epoch that is in force then; nothing as long as another node has its old one.
    Result<std::optional<keys::Epoch>> destroy_keys(const control::Erasure& order);
    /// Counts a bounded stretch of the log from where the rows ended.
    Result<void> count_stretch(const control::Erasure& order);
    void complete(const control::Erasure& order);
    [[nodiscard]] std::size_t member_count() const;
    void post(Task task);
    void end(const Result<void>& step);

    Surroundings around_;
    Progress progress_;
    ErasureShare share_;
    std::atomic<bool> busy_{false};
    control::OrderId tried_;  // whoever made busy_ true has it
    std::atomic<std::uint64_t> completed_{0};
    std::atomic<std::uint64_t> failed_{0};
};

}  // namespace chopmark::ops
