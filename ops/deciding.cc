#include "ops/deciding.h"

#include <future>

#include "events/core/ensure.h"
#include "gateways/outside/identity_checks.h"

namespace chopmark::ops {
namespace {

/// The card index is folded from identity boxes by this name of a card, which is the one that
/// gateways look holders up by.
runtime::CardTokenOf card_tokens(const keys::KeyRing& ring) {
    return [&ring](const schema::CardFacts& card) {
        return outside::card_token(*ring.material(), card);
    };
}

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
            opening.store(false);
            done(std::move(outcome));
        });
    }
    void keep_serving() {
        if (!executor->probe().serving) {
            open_term([](const Result<void>&) {});  // an error is seen in the probe, tried again
        }
    }

    std::unique_ptr<Domain> domain;
    std::unique_ptr<runtime::Executor<Domain>> executor;
    std::atomic<bool> opening{false};
    std::atomic<bool> differs{false};
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
    sum.serving = sum.serving && one.serving;
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

struct Deciding::ControlLane : Lane<runtime::ControlDomain> {};

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

Result<void> Deciding::build(const Options& options) {
    control_ = std::make_unique<ControlLane>();
    control_->domain = std::make_unique<runtime::ControlDomain>(around_.rows, snapshots_);
    CHOPMARK_TRY(control_->domain->open());
    control_->upkeep.emplace(options.upkeep);
    control_->executor = std::make_unique<runtime::Executor<runtime::ControlDomain>>(
        control_partition, *control_->domain, around_.journal, around_.make_strand(), around_.clock,
        around_.entropy, around_.vault, options.executor);
    const auto token = card_tokens(around_.ring);
    std::vector<runtime::LocalCommands::CitizenLane> lanes;
    for (std::uint16_t p = 1; p <= around_.journal.partitions(); ++p) {
        auto lane = std::make_unique<CitizenLane>();
        lane->domain = std::make_unique<runtime::CitizenDomain>(
            PartitionId(p), around_.rows, snapshots_, around_.vault, token, options.domain);
        CHOPMARK_TRY(lane->domain->open());
        lane->upkeep.emplace(options.upkeep);
        lane->executor = std::make_unique<runtime::Executor<runtime::CitizenDomain>>(
            PartitionId(p), *lane->domain, around_.journal, around_.make_strand(), around_.clock,
            around_.entropy, around_.vault, options.executor);
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

void Deciding::keep_serving() {
    control_->keep_serving();
    for (const auto& lane : citizens_) {
        lane->keep_serving();
    }
}

/// The one writer of control folds what it wrote before it answers, so while it serves it has read
/// control to its end.
void Deciding::confirm_control() {
    control_->executor->post([this] {
        if (control_->executor->probe().serving) {
            snapshots_.confirm(around_.clock.now());
        }
    });
}

void Deciding::flush() {
    const auto flush_lane = [this](auto& lane) {
        lane.executor->post([this, &lane] {
            if (!lane.domain->flush()) {
                flush_failures_.fetch_add(1);
            }
        });
    };
    flush_lane(*control_);
    for (const auto& lane : citizens_) {
        flush_lane(*lane);
    }
}

void Deciding::sweep() {
    for (const auto& lane : citizens_) {
        lane->executor->post([this, &lane = *lane] { sweep(lane); });
    }
}

void Deciding::sweep(CitizenLane& lane) {
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
    control_->executor->post([this] { report_foreign(*control_, control_->domain->foreign()); });
    for (const auto& lane : citizens_) {
        lane->executor->post([this, &lane = *lane] {
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
    for (const auto& lane : citizens_) {
        lane->executor->post([&lane = *lane, seen] { seen(lane.domain->outstanding()); });
    }
}

Deciding::Probe Deciding::probe() const {
    Probe probe;
    probe.executors.serving = true;
    add(probe.executors, control_->executor->probe());
    for (const auto& lane : citizens_) {
        add(probe.executors, lane->executor->probe());
        probe.differing += lane->differs.load() ? 1 : 0;
    }
    probe.attested = attested_.load();
    probe.counted = counted_.load();
    probe.foreign_reported = foreign_reported_.load();
    probe.flush_failures = flush_failures_.load();
    probe.opened_sources = commands_->opened_sources();
    return probe;
}

}  // namespace chopmark::ops
