#include "events/fold/runner.h"

#include <algorithm>

#include "events/schema/event.h"

namespace chopmark::fold {
namespace {

constexpr auto pause_after_failure = std::chrono::milliseconds(200);
constexpr auto pause_with_waits = std::chrono::milliseconds(20);
constexpr auto pause_when_idle = std::chrono::seconds(1);

/// Trouble of the moment: the event will open later.
bool passing(const Error& error) {
    return error.kind() == Kind::unavailable || error.kind() == Kind::busy;
}

}  // namespace

/// What one batch has come to before it is committed.
struct Runner::Step {
    std::vector<RowBatch> rows;  // by seat
    std::vector<Positions> at;
    std::vector<std::uint64_t> unwritten;
    std::vector<Instant> folded_to;
    std::vector<std::optional<StoppedAt>> stopped;
    std::optional<Error> held_up;  // why the batch ends early
    RunnerProbe probe;
};

Runner::Runner(const Surroundings& around, Stopped stopped)
    : around_(around),
      stopped_(std::move(stopped)),
      known_(static_cast<std::size_t>(around.journal.partitions()) + 1) {}

Result<std::unique_ptr<Runner>> Runner::open(const Surroundings& around,
                                             const std::vector<Assigned>& views, Options options) {
    std::unique_ptr<Runner> runner(new Runner(around, std::move(options.stopped)));
    for (const Assigned& assigned : views) {
        CHOPMARK_TRY(runner->seat(assigned));
    }
    const auto by_cut = std::count_if(views.begin(), views.end(), [](const Assigned& assigned) {
        return assigned.view->scope() == Scope::cuts;
    });
    if (by_cut > 0) {
        ensure(static_cast<std::size_t>(by_cut) == views.size(), "one order in one runner");
        runner->feed_ = std::make_unique<CutFeed>(around.journal, std::move(options.until));
    } else {
        std::vector<PartitionId> partitions;
        for (std::uint16_t i = 0; i <= around.journal.partitions(); ++i) {
            const PartitionId partition(i);
            if (std::any_of(views.begin(), views.end(), [&](const Assigned& assigned) {
                    return follows(assigned.view->scope(), partition);
                })) {
                partitions.push_back(partition);
            }
        }
        runner->feed_ = std::make_unique<PartitionFeed>(around.journal, std::move(partitions),
                                                        std::move(options.until));
    }
    runner->follow_journal();
    return runner;
}

Result<void> Runner::seat(const Assigned& assigned) {
    Seat seat;
    seat.view = assigned.view;
    seat.table = assigned.table;
    CHOPMARK_ASSIGN(seat.at, read_positions(around_.tables.store().latest(),
                                            *around_.tables.positions(), *seat.table));
    for (const PartitionId partition : seat.at.partitions()) {
        if (partition.value() > around_.journal.partitions()) {
            return Error(ahead_of_journal, std::string(seat.view->name()));
        }
        CHOPMARK_ASSIGN(const auto head, around_.journal.head(partition));
        if (seat.at.at(partition) > head.next) {
            return Error(ahead_of_journal,
                         std::string(seat.view->name()) + " is at " +
                             std::to_string(seat.at.at(partition).value()) + " of partition " +
                             std::to_string(partition.value()) + ", the journal at " +
                             std::to_string(head.next.value()));
        }
    }
    Waiting& waiting = waits_[std::string(seat.view->name())];
    waiting.scope = seat.view->scope();
    waiting.waits.arrive(seat.at);
    seats_.push_back(std::move(seat));
    return {};
}

Runner::~Runner() { stop(); }

void Runner::follow_journal() {
    for (std::uint16_t i = 0; i < known_.size(); ++i) {
        subscriptions_.push_back(
            around_.journal.follow(PartitionId(i), Sequence(), [this, i](Sequence next) {
                known_[i].store(next.value(), std::memory_order_relaxed);
                const std::lock_guard lock(waking_);
                grown_ = true;
                wake_.notify_one();
            }));
    }
}

void Runner::start() {
    ensure(!thread_.joinable(), "a runner is started once");
    thread_ = std::thread([this] { run(); });
}

void Runner::stop() {
    {
        const std::lock_guard lock(waking_);
        stopping_ = true;
        wake_.notify_one();
    }
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Runner::run() {
    while (true) {
        const auto folded = pump();
        const bool waited_for = std::any_of(waits_.begin(), waits_.end(), [](const auto& entry) {
            return entry.second.waits.waiting() > 0;
        });
        std::unique_lock lock(waking_);
        if (folded && !*folded) {
            wake_.wait_for(lock,
                           waited_for ? std::chrono::milliseconds(pause_with_waits)
                                      : std::chrono::milliseconds(pause_when_idle),
                           [this] { return grown_ || stopping_; });
        } else if (!folded) {
            wake_.wait_for(lock, pause_after_failure, [this] { return stopping_; });
        }
        grown_ = false;
        if (stopping_) {
            return;
        }
    }
}

Result<bool> Runner::pump() {
    auto folded = step();
    const Instant now = around_.clock.now();
    for (auto& [name, waiting] : waits_) {
        waiting.waits.expire(now);
    }
    return folded;
}

Result<bool> Runner::step() {
    Result<bool> folded = false;
    std::vector<std::pair<PositionWaits*, Positions>> arrived;
    {
        const std::lock_guard lock(folding_);
        folded = fold_batch();
        for (const Seat& seat : seats_) {
            arrived.emplace_back(&waits_.find(seat.view->name())->second.waits, seat.at);
        }
    }
    for (const auto& [waits, at] : arrived) {
        waits->arrive(at);
    }
    announce();
    return folded;
}

void Runner::announce() {
    std::vector<ViewStatus> news;
    {
        const std::lock_guard lock(folding_);
        for (Seat& seat : seats_) {
            if (seat.stopped && !std::exchange(seat.announced, true)) {
                news.push_back(status_of(seat));
            }
        }
    }
    for (const ViewStatus& status : news) {
        waits_.find(status.name)->second.waits.fail({view_stopped, status.name});
        if (stopped_) {
            stopped_(status);
        }
    }
}

Positions Runner::lowest() const {
    Positions from;
    for (std::uint16_t i = 0; i < known_.size(); ++i) {
        const PartitionId partition(i);
        std::optional<Sequence> low;
        for (const Seat& seat : seats_) {
            if (!seat.stopped && follows(seat.view->scope(), partition)) {
                low = std::min(low.value_or(seat.at.at(partition)), seat.at.at(partition));
            }
        }
        from.set(partition, low.value_or(Sequence()));
    }
    return from;
}

Result<bool> Runner::fold_batch() {
    // A commit that failed may have been written all the same, rows and positions together: folding
    // those records again would count them twice.
    if (std::exchange(probe_.failing, std::nullopt)) {
        for (Seat& seat : seats_) {
            const auto stored = read_positions(around_.tables.store().latest(),
                                               *around_.tables.positions(), *seat.table);
            if (!stored) {
                probe_.failing = stored.error();
                return stored.error();
            }
            seat.at = seat.at.furthest(*stored);
        }
    }
    const bool any =
        std::any_of(seats_.begin(), seats_.end(), [](const Seat& seat) { return !seat.stopped; });
    if (!any) {
        return false;
    }
    auto entries = feed_->next(lowest());
    if (!entries) {
        probe_.failing = entries.error();
        return std::move(entries).error();
    }
    if (entries->empty()) {
        return false;
    }
    Step step;
    for (const Seat& seat : seats_) {
        step.rows.emplace_back(seat.table, around_.tables.store().latest());
        step.at.push_back(seat.at);
        step.unwritten.push_back(seat.unwritten);
        step.folded_to.push_back(seat.folded_to);
        step.stopped.push_back(seat.stopped);
    }
    for (const auto& entry : *entries) {
        CHOPMARK_ASSIGN(const bool go_on, fold_entry(*entry, step));
        if (!go_on) {
            break;
        }
    }
    if (auto committed = commit(step); !committed) {
        probe_.failing = committed.error();
        return std::move(committed).error();
    }
    if (step.held_up) {
        probe_.failing = step.held_up;
        return *step.held_up;
    }
    return true;
}

/// False when the batch has to end before this entry.
Result<bool> Runner::fold_entry(const journal::Entry& entry, Step& step) {
    CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(entry.record.leaf));
    std::optional<Result<schema::Event>> opened;
    for (std::size_t i = 0; i < seats_.size(); ++i) {
        const View& view = *seats_[i].view;
        if (step.stopped[i] || !follows(view.scope(), entry.partition) ||
            step.at[i].at(entry.partition) != entry.sequence) {
            continue;
        }
        Result<void> applied;
        if (view.reads() == Reads::prelude) {
            step.rows[i].mark();
            applied = view.apply(OpenedEvent(entry, prelude, nullptr), step.rows[i]);
            ++step.probe.events;
        } else if (is_given(view, prelude.type)) {
            if (!opened) {
                opened = around_.vault.open(entry.record);
                ++step.probe.opened;
                step.probe.expired += !*opened && opened->error().kind() == Kind::expired ? 1 : 0;
            }
            if (*opened) {
                step.rows[i].mark();
                applied = view.apply(OpenedEvent(entry, prelude, &**opened), step.rows[i]);
                ++step.probe.events;
            } else if (passing(opened->error())) {
                step.held_up = opened->error();
                return false;
            } else if (opened->error().kind() != Kind::expired) {
                applied = opened->error();
            }
        }
        if (!applied) {
            step.rows[i].undo();
            step.stopped[i] = StoppedAt{entry.partition, entry.sequence, applied.error()};
            continue;
        }
        step.at[i].set(entry.partition, Sequence(entry.sequence.value() + 1));
        ++step.unwritten[i];
        step.folded_to[i] = prelude.recorded_at;
    }
    return true;
}

/// A view that wrote no row need not store its position each time: folding records again that left
/// no trace changes nothing. That keeps a batch to the rows it is about (design 6, row budget).
Result<void> Runner::commit(Step& step) {
    RowBatch positions(around_.tables.positions(), around_.tables.store().latest());
    std::vector<const RowBatch*> batches;
    for (std::size_t i = 0; i < seats_.size(); ++i) {
        if (!step.rows[i].empty()) {
            batches.push_back(&step.rows[i]);
            step.unwritten[i] = limits::fold_unwritten_records;
        }
        if (step.unwritten[i] >= limits::fold_unwritten_records) {
            positions.put(seats_[i].table->name(), step.at[i].encode());
            step.unwritten[i] = 0;
        }
    }
    batches.push_back(&positions);
    CHOPMARK_TRY(around_.tables.store().commit(batches, Durability::buffered));
    move_on(step);
    return {};
}

void Runner::move_on(Step& step) {
    for (std::size_t i = 0; i < seats_.size(); ++i) {
        seats_[i].at = std::move(step.at[i]);
        seats_[i].unwritten = step.unwritten[i];
        seats_[i].folded_to = step.folded_to[i];
        seats_[i].stopped = std::move(step.stopped[i]);
        around_.tables.come_to(seats_[i].table, seats_[i].at);
    }
    probe_.events += step.probe.events;
    probe_.opened += step.probe.opened;
    probe_.expired += step.probe.expired;
    ++probe_.commits;
}

void Runner::wait(std::string_view view, const Positions& wanted, Instant deadline,
                  Reached reached) {
    const auto found = waits_.find(view);
    if (found == waits_.end()) {
        reached(Error(no_such_view, std::string(view)));
        return;
    }
    Positions followed;
    for (const PartitionId partition : wanted.partitions()) {
        if (follows(found->second.scope, partition)) {
            followed.set(partition, wanted.at(partition));
        }
    }
    found->second.waits.add(followed, deadline, std::move(reached));
}

Result<void> Runner::replace(const View& view, const TablePtr& table) {
    const std::lock_guard lock(folding_);
    const auto old = std::find_if(seats_.begin(), seats_.end(), [&](const Seat& seat) {
        return seat.view->name() == view.name();
    });
    if (old == seats_.end()) {
        return Error(no_such_view, std::string(view.name()));
    }
    const auto at = old - seats_.begin();
    CHOPMARK_TRY(seat({&view, table}));
    const auto leave = [&](Error error) {
        seats_.pop_back();
        return error;
    };
    // Positions of a view never fall, or a wait that was answered would have been answered too
    // soon.
    while (!seats_.back().at.covers(seats_[static_cast<std::size_t>(at)].at)) {
        const auto folded = fold_batch();
        if (!folded) {
            return leave(folded.error());
        }
        if (seats_.back().stopped) {
            return leave(seats_.back().stopped->error);
        }
    }
    if (auto switched = around_.tables.switch_to(table); !switched) {
        return leave(switched.error());
    }
    Seat& replaced = seats_[static_cast<std::size_t>(at)];
    PositionWaits& waits = waits_.find(view.name())->second.waits;
    if (replaced.stopped) {
        waits.restart();
    }
    replaced = std::move(seats_.back());
    seats_.pop_back();
    waits.arrive(replaced.at);
    return {};
}

Result<std::uint64_t> Runner::sweep(std::string_view view, const Gone& gone) {
    std::uint64_t erased = 0;
    for (Bytes from;;) {
        const std::lock_guard lock(folding_);
        const auto seat = std::find_if(seats_.begin(), seats_.end(), [&](const Seat& other) {
            return other.view->name() == view;
        });
        if (seat == seats_.end()) {
            return Error(no_such_view, std::string(view));
        }
        RowStore& store = around_.tables.store();
        RowBatch rows(seat->table, store.latest());
        const auto row = store.latest().scan(*seat->table, KeyRange::from(from));
        std::size_t looked_at = 0;
        for (; row->valid() && looked_at < limits::fold_batch_records; row->next(), ++looked_at) {
            if (gone(row->key(), row->value())) {
                rows.erase(row->key());
                ++erased;
            }
        }
        CHOPMARK_TRY(row->status());
        const RowBatch* const batches[] = {&rows};
        CHOPMARK_TRY(store.commit(batches, Durability::buffered));
        if (!row->valid()) {
            return erased;
        }
        from = row->key();
    }
}

ViewStatus Runner::status_of(const Seat& seat) const {
    ViewStatus status{std::string(seat.view->name()), seat.at, 0, {}, seat.stopped};
    for (std::uint16_t i = 0; i < known_.size(); ++i) {
        const PartitionId partition(i);
        const std::uint64_t next = known_[i].load(std::memory_order_relaxed);
        if (follows(seat.view->scope(), partition) && next > seat.at.at(partition).value()) {
            status.lag_records += next - seat.at.at(partition).value();
        }
    }
    if (status.lag_records > 0) {
        status.lag = around_.clock.now() - seat.folded_to;
    }
    return status;
}

std::vector<ViewStatus> Runner::status() const {
    const std::lock_guard lock(folding_);
    std::vector<ViewStatus> out;
    for (const Seat& seat : seats_) {
        out.push_back(status_of(seat));
    }
    return out;
}

RunnerProbe Runner::probe() const {
    const std::lock_guard lock(folding_);
    return probe_;
}

}  // namespace chopmark::fold
