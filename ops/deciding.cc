#include "ops/deciding.h"

#include <future>

#include "aggregates/runtime/unsummed_rows.h"
#include "events/core/ensure.h"
#include "gateways/outside/identity_checks.h"
#include "ops/clock_guard.h"
#include "ops/term_pause.h"

namespace chopmark::ops {
namespace {

/// The card index is folded from identity boxes by this name of a card, which is the one that
/// gateways look holders up by.
runtime::CardTokenOf card_tokens(const keys::KeyRing& ring) {
    return [&ring](const schema::CardFacts& card) {
        return outside::card_token(*ring.material(), card);
    };
}

/// Two nodes that both think they own a partition must not open terms in step.
constexpr Duration reopen_pause_min = std::chrono::milliseconds(50);
constexpr Duration reopen_pause_spread = std::chrono::milliseconds(200);

/// An executor with what it decides on, and whether its next term is being opened.
template <class Domain>
struct Lane {
    void open_term(std::function<void(Result<void>)> done) {
        if (opening.exchange(true)) {
            done({});
            return;
        }
        executor->serve([this, done = std::move(done)](Result<void> outcome) {
            differs.store(!outcome && outcome.error() == runtime::state_differs);
            if (outcome) {
                pause.opened();
            } else {
                pause.failed(std::chrono::steady_clock::now());
            }
            opening.store(false);
            done(std::move(outcome));
        });
    }

    std::unique_ptr<Domain> domain;
    std::unique_ptr<runtime::Executor<Domain>> executor;
    std::atomic<bool> opening{false};
    std::atomic<bool> differs{false};
    std::atomic<bool> wanted{true};  // this node is to own the partition
    TermPause pause;
    bool served = false;  // when it was last looked at; under Deciding's serving_mutex_
    std::optional<runtime::PartitionUpkeep> upkeep;  // strand only
};

void add(runtime::ExecutorProbe& sum, const runtime::ExecutorProbe& one) {
    sum.accepted += one.accepted;
    sum.refused += one.refused;
    sum.replayed += one.replayed;
    sum.redecided += one.redecided;
    sum.busy += one.busy;
    sum.in_flight += one.in_flight;
    sum.fold_failures += one.fold_failures;
    sum.folded += one.folded;
}

}  // namespace

CommandHead timer_command(const CommandId& id, Instant at) {
    CommandHead head;
    head.id = id;
    head.digest = Digest(id.array());
    head.issued_at = at;
    head.caller = head.actor = {schema::Party::TIMER, {}};
    head.channel = schema::PLATFORM_TIMER;
    return head;
}

struct Deciding::ControlLane : Lane<runtime::ControlDomain> {
    // Asked at that moment, control ended there; strand only.
    std::optional<std::pair<Instant, Sequence>> asked;
};

struct Deciding::CitizenLane : Lane<runtime::CitizenDomain> {
    std::set<AccountId> sweeping;  // a deadline's command is on its way; strand only
};

Deciding::Deciding(const Surroundings& around) : around_(around) {}
Deciding::~Deciding() = default;

Result<std::unique_ptr<Deciding>> Deciding::open(const Surroundings& around,
                                                 const Options& options) {
    auto deciding = std::unique_ptr<Deciding>(new Deciding(around));
    CHOPMARK_TRY(deciding->build(options));
    return deciding;
}

void Deciding::each_lane(const auto& act) {
    act(*control_);
    for (const auto& lane : citizens_) {
        act(*lane);
    }
}

void Deciding::each_lane(const auto& act) const {
    act(std::as_const(*control_));
    for (const auto& lane : citizens_) {
        act(std::as_const(*lane));
    }
}

Result<void> Deciding::build(const Options& options) {
    runtime::ExecutorOptions executing = options.executor;
    if (around_.opener != nullptr) {
        executing.opener = [this](Task task) {
            // A pool for this alone has room for all partitions.
            ensure(around_.opener->try_post(std::move(task)), "the opener takes every term");
        };
    }
    control_ = std::make_unique<ControlLane>();
    control_->domain = std::make_unique<runtime::ControlDomain>(around_.rows, snapshots_);
    CHOPMARK_TRY(control_->domain->open());
    control_->upkeep.emplace(options.upkeep);
    control_->executor = std::make_unique<runtime::Executor<runtime::ControlDomain>>(
        control_partition, *control_->domain, around_.journal, around_.make_strand(), around_.clock,
        around_.entropy, around_.vault, executing);
    const auto token = card_tokens(around_.ring);
    std::vector<runtime::LocalCommands::CitizenLane> lanes;
    for (std::uint16_t p = 1; p <= around_.journal.partitions(); ++p) {
        if (around_.rows_arrived) {
            CHOPMARK_TRY(runtime::remake_unsummed(PartitionId(p), around_.rows, around_.journal,
                                                  around_.vault, token));
        }
        auto lane = std::make_unique<CitizenLane>();
        lane->domain = std::make_unique<runtime::CitizenDomain>(
            PartitionId(p), around_.rows, snapshots_, around_.vault, token, options.domain);
        CHOPMARK_TRY(lane->domain->open());
        lane->upkeep.emplace(options.upkeep);
        lane->executor = std::make_unique<runtime::Executor<runtime::CitizenDomain>>(
            PartitionId(p), *lane->domain, around_.journal, around_.make_strand(), around_.clock,
            around_.entropy, around_.vault, executing);
        lanes.push_back({*lane->executor, *lane->domain});
        citizens_.push_back(std::move(lane));
    }
    finder_ =
        std::make_unique<runtime::EventFinder>(around_.journal, around_.tables, around_.vault);
    commands_ = std::make_unique<runtime::LocalCommands>(*control_->executor, std::move(lanes),
                                                         *finder_, around_.work);
    return {};
}

/// Control first: the others decide on what it says.
Result<void> Deciding::serve() {
    const auto wait_for = [](auto& lane) {
        std::promise<Result<void>> opened;
        auto outcome = opened.get_future();
        lane.open_term([&](Result<void> done) { opened.set_value(std::move(done)); });
        return outcome.get();
    };
    CHOPMARK_TRY(wait_for(*control_));
    confirm_control();
    for (const auto& lane : citizens_) {
        CHOPMARK_TRY(wait_for(*lane));
    }
    return {};
}

// ---- ownership
// ---------------------------------------------------------------------------------------

void Deciding::follow() {
    {
        const std::lock_guard lock(serving_mutex_);
        shares_ = true;
        settled_ = false;
    }
    each_lane([](auto& lane) {
        lane.wanted.store(false);
        lane.executor->follow();
    });
}

void Deciding::assign(const Ownership& ownership) {
    {
        const std::lock_guard lock(serving_mutex_);
        settled_ = ownership.settled;
    }
    if (!ownership.settled) {
        return;
    }
    each_lane([&](auto& lane) {
        const bool wanted = ownership.partitions.contains(lane.executor->partition());
        lane.wanted.store(wanted);
        if (!wanted) {
            lane.executor->stand_by();
        }
    });
    keep_serving();
}

void Deciding::keep_serving() {
    const std::lock_guard lock(serving_mutex_);
    const bool barred = around_.barred && around_.barred();
    each_lane([&](auto& lane) { keep_serving(lane, barred); });
}

void Deciding::keep_serving(auto& lane, bool barred) {
    note_turns(lane);
    if (barred) {
        lane.executor->resign();
    } else if (lane.wanted.load() && !lane.served && may_open(lane)) {
        lane.open_term([](const Result<void>&) {});  // an error is seen in the probe, tried again
    }
}

/// Records must not be dated before those of the owner before: whoever finds the head in his
/// future waits until that time has come (design 3).
bool Deciding::may_open(const auto& lane) const {
    if (!shares_) {
        return true;
    }
    const auto head = around_.journal.head(lane.executor->partition());
    return settled_ && lane.pause.over(std::chrono::steady_clock::now()) &&
           (!head || head->recorded_at <= around_.clock.now() + ClockGuard::bound);
}

/// Whoever was deposed waits a little: the other may be the one that ought to own it.
void Deciding::note_turns(auto& lane) {
    const bool serves = lane.executor->serving();
    if (std::exchange(lane.served, serves) == serves) {
        return;
    }
    if (!serves) {
        const auto drawn = around_.entropy.draw<OpaqueId<struct PauseTag, 8>>();
        const auto number = get_big_endian<std::uint64_t>(drawn.bytes());
        lane.pause.put_off(std::chrono::steady_clock::now() + reopen_pause_min +
                           Duration(static_cast<std::int64_t>(
                               number % static_cast<std::uint64_t>(reopen_pause_spread.count()))));
    }
    if (around_.turned) {
        around_.turned(lane.executor->partition(), serves);
    }
}

bool Deciding::serves(PartitionId partition) const {
    return partition == control_partition
               ? control_->executor->serving()
               : citizens_.at(partition.value() - 1U)->executor->serving();
}

std::uint64_t Deciding::folded(PartitionId partition) const {
    return partition == control_partition
               ? control_->executor->probe().folded
               : citizens_.at(partition.value() - 1U)->executor->probe().folded;
}

bool Deciding::caught_up() const {
    bool all = true;
    each_lane([&](const auto& lane) {
        const auto head = around_.journal.head(lane.executor->partition());
        all = all && head && lane.executor->probe().folded >= head->next.value();
    });
    return all;
}

bool Deciding::outdated() const {
    bool any = false;
    each_lane([&any](const auto& lane) { any = any || lane.executor->outdated(); });
    return any;
}

// ---- upkeep
// ---------------------------------------------------------------------------------------

/// The one writer of control folds what it wrote before it answers, so while it serves it has read
/// control to its end. Everybody else has to ask the cluster where that is.
void Deciding::confirm_control() {
    control_->executor->post([this] {
        if (control_->executor->serving()) {
            control_->asked.reset();
            snapshots_.confirm(around_.clock.now());
        } else if (control_->asked && control_->domain->position() >= control_->asked->second) {
            snapshots_.confirm(std::exchange(control_->asked, std::nullopt)->first);
        }
    });
    if (!control_->executor->serving() && around_.read_control) {
        ask_control();
    }
}

void Deciding::ask_control() {
    if (asking_control_.exchange(true)) {
        return;
    }
    const bool taken = around_.asker->try_post([this] {
        const Instant at = around_.clock.now();
        const auto end = around_.read_control();
        asking_control_.store(false);
        if (!end) {
            return;
        }
        control_->executor->post([this, at, end = *end] {
            if (control_->domain->position() >= end) {
                snapshots_.confirm(at);
            } else {
                control_->asked = {at, end};
            }
        });
    });
    if (!taken) {
        asking_control_.store(false);
    }
}

void Deciding::flush() {
    each_lane([this](auto& lane) {
        lane.executor->post([this, &lane] {
            if (!lane.domain->flush()) {
                flush_failures_.fetch_add(1);
            }
        });
    });
}

void Deciding::sweep() {
    for (const auto& lane : citizens_) {
        lane->executor->post([this, &lane = *lane] { sweep(lane); });
    }
}

void Deciding::sweep(CitizenLane& lane) {
    if (!lane.executor->serving()) {
        return;
    }
    const Instant now = around_.clock.now();
    for (auto& due : lane.domain->due(now)) {
        const AccountId account = due.account;
        if (!lane.sweeping.insert(account).second) {
            continue;
        }
        // Answers come on this lane's strand as well.
        commands_->submit(
            account, std::move(due.command), timer_command(around_.entropy.draw<CommandId>(), now),
            [&lane, account](const Result<runtime::Receipt>&) { lane.sweeping.erase(account); });
    }
}

void Deciding::keep_books() {
    control_->executor->post([this] {
        if (control_->executor->serving()) {
            report_foreign(*control_, control_->domain->foreign());
        }
    });
    for (const auto& lane : citizens_) {
        lane->executor->post([this, &lane = *lane] {
            if (!lane.executor->serving()) {
                return;
            }
            const runtime::PartitionBooks& books = lane.domain->books();
            for (auto& command :
                 lane.upkeep->due(books, lane.domain->uncounted(), around_.clock.now())) {
                send_upkeep(lane, std::move(command));
            }
            report_foreign(lane, books.foreign);
        });
    }
}

template <class Lane>
void Deciding::report_foreign(Lane& lane, std::uint64_t reported) {
    if (around_.skipped == nullptr) {
        return;
    }
    auto command = lane.upkeep->due(reported, around_.skipped->skipped(lane.executor->partition()),
                                    around_.clock.now());
    if (command) {
        send_upkeep(lane, *std::move(command));
    }
}

/// Answers come on the lane's strand as well.
template <class Lane>
void Deciding::send_upkeep(Lane& lane, runtime::PartitionCommand command) {
    const auto head = timer_command(around_.entropy.draw<CommandId>(), around_.clock.now());
    const auto taken = lane.executor->submit(
        {command,
         head,
         {},
         [](const std::vector<EventId>&) { ensure(false, "a partition's own need no sources"); },
         [this, &lane, command](const Result<runtime::Receipt>& recorded) {
             const bool again = !recorded && (recorded.error().kind() == Kind::busy ||
                                              recorded.error().kind() == Kind::unavailable);
             lane.upkeep->settled(command, again);
             if (recorded) {
                 count_upkeep(command);
             }
         }});
    if (!taken) {
        lane.upkeep->settled(command, true);
    }
}

void Deciding::count_upkeep(const runtime::PartitionCommand& command) {
    if (std::holds_alternative<runtime::AttestState>(command)) {
        attested_.fetch_add(1);
    } else if (std::holds_alternative<runtime::CountRelyingParties>(command)) {
        counted_.fetch_add(1);
    } else {
        foreign_reported_.fetch_add(1);
    }
}

void Deciding::look_outstanding(const Outstanding& seen) {
    const Instant now = around_.clock.now();
    for (const auto& lane : citizens_) {
        lane->executor->post([&lane = *lane, seen, now] {
            if (lane.executor->serving()) {
                seen(lane.domain->outstanding(now));
            } else {
                lane.domain->forget_news();
            }
        });
    }
}

void Deciding::look_newly_outstanding(const Outstanding& seen) {
    const Instant now = around_.clock.now();
    for (const auto& lane : citizens_) {
        if (!lane->domain->has_news()) {
            continue;
        }
        lane->executor->post([&lane = *lane, seen, now] {
            if (lane.executor->serving()) {
                seen(lane.domain->newly_outstanding(now));
            } else {
                lane.domain->forget_news();
            }
        });
    }
}

Deciding::Probe Deciding::probe() const {
    Probe probe;
    probe.executors.serving = true;
    each_lane([&probe](const auto& lane) {
        const runtime::ExecutorProbe one = lane.executor->probe();
        add(probe.executors, one);
        probe.executors.serving = probe.executors.serving && (one.serving || !lane.wanted.load());
        probe.served += one.serving ? 1 : 0;
        probe.differing += lane.differs.load() ? 1 : 0;
    });
    probe.attested = attested_.load();
    probe.counted = counted_.load();
    probe.foreign_reported = foreign_reported_.load();
    probe.flush_failures = flush_failures_.load();
    probe.opened_sources = commands_->opened_sources();
    return probe;
}

}  // namespace chopmark::ops
