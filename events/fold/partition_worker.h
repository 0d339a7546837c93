// The parts of PartitionBuild: what it holds for each kind of view, and the worker that folds one
// partition after another on one thread. For partition_build.cc and partition_worker.cc only.
#pragma once

#include <functional>
#include <map>

#include "events/core/limits.h"
#include "events/fold/partition_build.h"

namespace chopmark::fold {

/// Names the record that an error is about.
Error at(const journal::Entry& entry, Error error);

struct PartitionBuild::Slots {
    Runner::Assigned assigned;
    std::unique_ptr<TableLoad> load;
};

struct PartitionBuild::Added {
    Added(Runner::Assigned given, const std::filesystem::path& scratch)
        : assigned(std::move(given)), sort(scratch, std::string(assigned.view->name())) {}

    Runner::Assigned assigned;
    std::unique_ptr<TableLoad> load;
    RowSort sort;
};

struct PartitionBuild::Shared {
    Shared(Runner::Assigned given, RowStore& rows_of)
        : assigned(std::move(given)), store(rows_of), rows(assigned.table, store.latest()) {}

    Result<void> fold(const OpenedEvent& event) {
        const std::lock_guard lock(mutex);
        if (auto applied = assigned.view->apply(event, rows); !applied) {
            return at(event.entry(), std::move(applied).error());
        }
        return rows.bytes() > limits::fold_batch_bytes ? commit() : Result<void>();
    }
    Result<void> commit() {
        const RowBatch* const batches[] = {&rows};
        CHOPMARK_TRY(store.commit(batches, Durability::buffered));
        rows.clear();
        return {};
    }

    Runner::Assigned assigned;
    RowStore& store;
    std::mutex mutex;
    RowBatch rows;
};

/// Folds one partition after another.
class PartitionBuild::Worker {
  public:
    explicit Worker(PartitionBuild& build);

    Result<void> fold_partition(PartitionId partition, Sequence end);
    /// Hands over what it holds for the end.
    void finish();
    [[nodiscard]] const BuildReport& report() const { return report_; }

  private:
    enum class Outcome : std::uint8_t { folded, too_large };
    using Visit = std::function<Result<void>(const journal::Entry&)>;
    /// A view whose rows do not belong to a slot: one that only adds, or a shared one.
    struct Wide {
        const View* view;
        std::unique_ptr<RowSort::Collector> adding;
        RowBatch rows;  // of one event, for one that only adds
        Shared* shared = nullptr;
    };
    /// Which views are given records of a type, by their places.
    struct Given {
        std::vector<std::size_t> slots;
        std::vector<std::size_t> preludes;  // wide ones
        std::vector<std::size_t> events;    // wide ones
    };

    Result<void> read(PartitionId partition, Sequence end, const Visit& visit);
    Result<Outcome> fold_at_once(PartitionId partition, Sequence end);
    Result<void> fold_by_range(PartitionId partition, Sequence end);
    const Given& given(PartitionId partition, record::TypeNumber type);
    /// Nothing for a record whose period is over.
    Result<std::optional<schema::Event>> open(const journal::Entry& entry);
    Result<std::optional<std::uint16_t>> slot_for(const journal::Entry& entry, std::uint64_t first,
                                                  std::uint64_t end);
    Result<void> fold(const journal::Entry& entry, bool to_slots, bool to_wide);
    Result<void> fold_event(const journal::Entry& entry, const record::Prelude& prelude,
                            bool to_slots, bool to_wide);
    Result<void> fold_slots(const OpenedEvent& opened, const Given& to);
    Result<void> fold_wide(const OpenedEvent& opened, const std::vector<std::size_t>& to);
    void hold_slots(std::uint16_t first, std::uint16_t end);
    Result<void> write_out();

    PartitionBuild& build_;
    BuildReport report_;
    std::vector<Wide> wide_;
    std::map<std::pair<bool, record::TypeNumber>, Given> given_;  // by whether it is control
    std::uint16_t first_ = 0;                                     // slots that are held
    std::uint16_t end_ = 0;
    std::vector<std::vector<RowBatch>> rows_;  // by view, then by slot
    std::size_t bytes_ = 0;
    std::uint64_t folded_ = 0;                      // records of the partition that is held
    BuildReport held_;                              // of what is held
    std::vector<std::unique_ptr<SortedRun>> runs_;  // by view
};

}  // namespace chopmark::fold
