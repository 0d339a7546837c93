#include "events/fold/rebuild.h"

#include <algorithm>

namespace chopmark::fold {
namespace {

bool cancelled_now(const BuildOptions& options) {
    return options.cancel != nullptr && *options.cancel;
}

Result<Positions> heads(const journal::Journal& journal) {
    Positions out;
    for (std::uint16_t i = 0; i <= journal.partitions(); ++i) {
        CHOPMARK_ASSIGN(const auto head, journal.head(PartitionId(i)));
        out.set(PartitionId(i), head.next);
    }
    return out;
}

/// Views of one order, which one runner can fold.
using Group = std::vector<Runner::Assigned>;
std::vector<Group> by_order(const std::vector<Runner::Assigned>& views) {
    Group by_partition;
    Group by_cut;
    for (const auto& assigned : views) {
        (assigned.view->scope() == Scope::cuts ? by_cut : by_partition).push_back(assigned);
    }
    std::vector<Group> groups;
    for (auto& group : {by_partition, by_cut}) {
        if (!group.empty()) {
            groups.push_back(group);
        }
    }
    return groups;
}

/// A view that stops ends a build: it would stop at the same event when live.
Result<void> none_stopped(const Runner& runner) {
    for (const ViewStatus& status : runner.status()) {
        if (status.stopped) {
            Error error = status.stopped->error;
            error.detail += " at " + std::to_string(status.stopped->sequence.value()) +
                            " of partition " + std::to_string(status.stopped->partition.value());
            return error;
        }
    }
    return {};
}

/// Folds with an ordinary runner until `enough`.
template <class Enough>
Result<void> follow(const Runner::Surroundings& around, const Group& group,
                    const std::optional<Positions>& until, const BuildOptions& options,
                    BuildReport& report, Enough&& enough) {
    CHOPMARK_ASSIGN(const auto runner, Runner::open(around, group, {{}, until}));
    while (!enough(*runner)) {
        if (cancelled_now(options)) {
            return cancelled;
        }
        CHOPMARK_ASSIGN(const bool folded, runner->pump());
        CHOPMARK_TRY(none_stopped(*runner));
        if (!folded) {
            break;
        }
    }
    report.events += runner->probe().events;
    report.expired += runner->probe().expired;
    return {};
}

/// Gives back the tables unless told to keep them.
class Beside {
  public:
    explicit Beside(LiveTables& tables) : tables_(&tables) {}
    ~Beside() {
        for (const TablePtr& table : made_) {
            // What cannot be dropped now is dropped at the next start.
            static_cast<void>(tables_->discard(table).has_value());
        }
    }
    Beside(const Beside&) = delete;
    Beside& operator=(const Beside&) = delete;

    Result<Runner::Assigned> make(const View& view) {
        CHOPMARK_ASSIGN(auto table, tables_->make_beside(view.name(), view.version()));
        made_.push_back(table);
        return Runner::Assigned{&view, std::move(table)};
    }
    void keep(const TablePtr& table) { std::erase(made_, table); }

  private:
    LiveTables* tables_;
    std::vector<TablePtr> made_;
};

}  // namespace

Result<BuildReport> build(const Runner::Surroundings& around,
                          const std::vector<Runner::Assigned>& views, const Positions& upto,
                          const BuildOptions& options) {
    std::vector<Runner::Assigned> by_partition;
    std::vector<Runner::Assigned> by_cut;
    for (const auto& assigned : views) {
        (assigned.view->scope() == Scope::cuts ? by_cut : by_partition).push_back(assigned);
    }
    BuildReport report;
    if (!by_partition.empty()) {
        PartitionBuild together(around.journal, around.tables.store(), around.vault, options,
                                by_partition);
        CHOPMARK_ASSIGN(report, together.run(upto));
    }
    if (!by_cut.empty()) {
        CHOPMARK_TRY(
            follow(around, by_cut, upto, options, report, [](const Runner&) { return false; }));
    }
    // The loaded rows are durable before the position that speaks of them, and those that were
    // written come before it in the store's log.
    RowBatch positions(around.tables.positions(), around.tables.store().latest());
    for (const auto& assigned : by_partition) {
        Positions at;
        for (const PartitionId partition : upto.partitions()) {
            if (follows(assigned.view->scope(), partition)) {
                at.set(partition, upto.at(partition));
            }
        }
        positions.put(assigned.table->name(), at.encode());
    }
    const RowBatch* const batches[] = {&positions};
    CHOPMARK_TRY(around.tables.store().commit(batches, Durability::synced));
    return report;
}

Result<BuildReport> rebuild(Runner& live, const Runner::Surroundings& around,
                            const std::vector<const View*>& views, const BuildOptions& options) {
    Beside beside(around.tables);
    std::vector<Runner::Assigned> assigned;
    for (const View* view : views) {
        CHOPMARK_ASSIGN(auto one, beside.make(*view));
        assigned.push_back(std::move(one));
    }
    CHOPMARK_ASSIGN(const Positions upto, heads(around.journal));
    CHOPMARK_ASSIGN(BuildReport report, build(around, assigned, upto, options));
    for (const Group& group : by_order(assigned)) {
        CHOPMARK_TRY(follow(around, group, std::nullopt, options, report, [](const Runner& runner) {
            const auto status = runner.status();
            return std::all_of(status.begin(), status.end(), [](const ViewStatus& view) {
                return view.lag <= limits::fold_switch_lag;
            });
        }));
    }
    for (const auto& one : assigned) {
        CHOPMARK_TRY(live.replace(*one.view, one.table));
        beside.keep(one.table);
    }
    return report;
}

Result<Difference> diff_rebuilt(const Runner::Surroundings& around, const View& view,
                                const BuildOptions& options) {
    Beside beside(around.tables);
    CHOPMARK_ASSIGN(const auto assigned, beside.make(view));
    CHOPMARK_ASSIGN(const Reading reading, around.tables.read(view.name()));
    CHOPMARK_TRY(build(around, {assigned}, reading.positions(), options));
    return compare(reading.rows(), *reading.table(), around.tables.store().latest(),
                   *assigned.table);
}

}  // namespace chopmark::fold
