// Decides the commands of one partition, one after another on a strand, and answers them when the
// journal has accepted what they became (design 3 and 6). It decides on accepted state plus the
// overlay of what is in flight; an answer, a refusal too, leaves only when every record it was
// decided on is accepted. When a term ends the overlay goes, and what was in flight and was not
// accepted is decided again, once, under a new event id.
//
// Where nodes share a journal, an executor without a term stands by: it folds what others append,
// so that taking over costs only the tail. One that is deposed answers executor.term_lost for what
// it had in flight, and stands by again.
//
// Threads: submit() and the Observer methods may be called from any thread and only post;
// everything else runs on the strand. The executor must outlive all tasks posted to the strand;
// ops/wiring stops the strand's pool first.
//
// The definitions are in executor_steps.h and executor_log_steps.h, which only the .cc that
// instantiates an executor includes.
//
// A Domain holds the state and its overlay (CitizenDomain, ControlDomain):
//   using Command;
//   std::vector<EventId> sources(command)         whose personal layers deciding will need
//   Result<Drafted> decide(command, head, stamp, opened)   on the overlay; leaf and link complete
//                                                 but for what the vault sets while sealing
//   Result<void> stage(draft, stamp)              puts the effect of a draft on the overlay
//   Result<void> fold(entry, stamp, event)        an accepted record, staged or foreign
//   Result<void> fold_log_record(entry)           one of those with a fixed tail
//   void drop_overlay()
//   Sequence position()                           next record to fold
//   bool activated(type)                          control has allowed this later type
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "aggregates/command.h"
#include "aggregates/decision.h"
#include "aggregates/runtime/idempotency.h"
#include "aggregates/runtime/receipt.h"
#include "events/core/clock.h"
#include "events/core/entropy.h"
#include "events/core/strand.h"
#include "events/journal/journal.h"
#include "events/keys/event_vault.h"
#include "events/schema/later_types.h"

namespace chopmark::runtime {

/// A decided event and whose key seals it.
struct Drafted {
    schema::Event event;
    KeyIndex key_index;  // zero: no person
};

/// The decision needs personal layers that were not opened for it; see MissingSources.
inline constexpr Reason sources_missing{"executor.sources_missing", Kind::conflict};

/// The event is of a type that not every node knows yet: control has to activate it first.
inline constexpr Reason type_inactive{"executor.type_inactive", Kind::unavailable};

struct ExecutorOptions {
    /// Commands waiting and in flight; beyond it: executor.busy.
    std::size_t queue = limits::executor_queue_commands;
    IdempotencyWindow::Options idempotency{};
    /// Folded in one turn on the strand while standing by: at about 20 µs each, what a command on
    /// another partition waits for.
    std::size_t standby_records = 256;
    /// Types that may be written only once control has activated them, by ascending number.
    std::span<const record::TypeNumber> later_types = schema::later_types();
    /// Runs what waits for the journal to open a term; empty: the strand itself, which then stands
    /// still for as long as that takes.
    std::function<void(Task)> opener;
};

struct ExecutorProbe {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;
    std::uint64_t replayed = 0;
    std::uint64_t redecided = 0;
    std::uint64_t busy = 0;
    std::uint64_t in_flight = 0;
    std::uint64_t fold_failures = 0;
    std::uint64_t folded = 0;  // records; the domain's position
    bool serving = false;
    bool outdated = false;  // it met a record of a newer software, and folds no further
};

template <class Domain>
class Executor final : public journal::Observer {
  public:
    using Command = typename Domain::Command;

    struct Submission {
        Command command;
        CommandHead head;
        Opened opened;
        /// Told of sources that the decision needs and `opened` lacks; the caller opens them and
        /// submits again. Called instead of `answer`.
        std::function<void(std::vector<EventId>)> missing;
        Answer answer;
    };

    Executor(PartitionId partition, Domain& domain, journal::Journal& journal, Strand& strand,
             const Clock& clock, Entropy& entropy, const keys::EventVault& vault,
             ExecutorOptions options = {});

    /// executor.busy: not taken. Otherwise the answer comes later, once.
    Result<void> submit(Submission submission);

    /// Folds what the journal holds beyond the domain's position, refills the idempotency window,
    /// opens a term and decides again what the last term lost. Call it at start and after the term
    /// has ended, never twice at once. Commands that come meanwhile wait for it; without a term
    /// they are refused with executor.not_serving. `done` is called on the strand.
    void serve(std::function<void(Result<void>)> done);

    /// Begins to fold what the journal accepts whenever this executor has no term. Once.
    void follow();
    /// The partition is for another node to serve: what a lost term left to be decided again here
    /// is answered with executor.term_lost. A term that is still good goes on until another is
    /// opened.
    void stand_by();
    /// This node must not own anything: the term is given up at once. What is in flight is settled
    /// by the next TermOpened, as ever.
    void resign();

    void accepted(std::span<const journal::EntryPtr> entries) override;
    void term_ended(Term term, const Error& error) override;

    [[nodiscard]] ExecutorProbe probe() const;
    [[nodiscard]] bool serving() const { return counters_.serving.load(); }
    [[nodiscard]] bool outdated() const { return counters_.outdated.load(); }
    [[nodiscard]] PartitionId partition() const { return partition_; }
    /// For tasks that must see the domain between two commands, such as flushing rows.
    void post(Task task) { strand_.post(std::move(task)); }

  private:
    struct Pending {
        Submission submission;
        std::vector<Answer> repeats;  // the same command, sent again while in flight
        unsigned attempts = 0;
    };
    struct HeldRefusal {
        Pending pending;
        Error error;
    };
    struct InFlight {
        record::Stamp stamp;
        std::shared_ptr<const schema::Event> event;
        Pending pending;
        std::vector<HeldRefusal> refusals_behind;
    };

    void handle(Pending pending);
    bool answer_repetition(Pending& pending, Instant now);
    void decide(Pending pending, Instant now);
    std::vector<EventId> missing_sources(const Submission& submission);
    void open_from_flight(Submission& submission);
    [[nodiscard]] Result<void> check_type(const schema::Event& event) const;
    void refuse(Pending pending, Error error);
    void settle_refusal(HeldRefusal held);
    void answer(Pending& pending, const Result<Receipt>& outcome);
    void replay(Pending pending, Sequence sequence);
    using Served = std::function<void(Result<void>)>;

    Result<void> prepare_term();
    Result<void> take_up(std::unique_ptr<journal::Writer> writer);
    void finish_opening(Result<void> outcome, const Served& done);
    Result<bool> fold_some();
    void fold_on();
    void fold_soon();
    Result<void> absorb(const journal::Entry& entry);
    void note_failure(const Error& error);
    Result<void> land(const journal::Entry& entry);
    Result<void> fold(const journal::Entry& entry, const record::Prelude& prelude);
    void remember(const schema::Event& event, Sequence sequence, Instant at);
    Result<void> catch_up(Sequence to);
    Result<void> refill_window();
    Result<void> read_window();
    void settle_lost_term();
    void answer_lost();
    void redecide_lost();
    void retire();

    PartitionId partition_;
    Domain& domain_;
    journal::Journal& journal_;
    Strand& strand_;
    const Clock& clock_;
    Entropy& entropy_;
    const keys::EventVault& vault_;
    ExecutorOptions options_;

    // strand only
    IdempotencyWindow window_;
    std::deque<InFlight> flight_;
    std::unordered_map<CommandId, InFlight*> flying_;  // by command; entries of a deque stay put
    std::deque<Pending> lost_;     // not accepted in the term that ended; decided again in the next
    std::deque<Pending> waiting_;  // for the term that is being opened
    std::unique_ptr<journal::Writer> writer_;
    bool opening_ = false;
    bool window_filled_ = false;
    Term ended_;             // the latest that the journal said is over
    Instant last_recorded_;  // accepted or in flight

    std::atomic<std::size_t> queued_{0};
    struct Counters {
        std::atomic<std::uint64_t> accepted{0}, refused{0}, replayed{0}, redecided{0}, busy{0},
            in_flight{0}, fold_failures{0}, folded{0};
        std::atomic<bool> serving{false};
        std::atomic<bool> outdated{false};
    };
    mutable Counters counters_;
    std::atomic<bool> follows_{false};
    std::atomic<bool> folding_soon_{false};
    std::unique_ptr<journal::Subscription> following_;  // last: ends first
};

}  // namespace chopmark::runtime
