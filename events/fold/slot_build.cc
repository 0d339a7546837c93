#include "events/fold/slot_build.h"

#include <algorithm>

#include "events/fold/spill.h"
#include "events/schema/event.h"

namespace chopmark::fold {
namespace {

constexpr journal::ReadBudget page{limits::read_page_records, limits::read_page_bytes};

Error at(const journal::Entry& entry, Error error) {
    error.detail += " at " + std::to_string(entry.sequence.value()) + " of partition " +
                    std::to_string(entry.partition.value());
    return error;
}

}  // namespace

/// Folds one partition after another.
class SlotBuild::Worker {
  public:
    explicit Worker(SlotBuild& build) : build_(build) {}

    Result<void> fold_partition(PartitionId partition, Sequence end);
    [[nodiscard]] const BuildReport& report() const { return report_; }

  private:
    enum class Outcome : std::uint8_t { folded, too_large };
    using Visit = std::function<Result<void>(const journal::Entry&)>;

    Result<void> read(PartitionId partition, Sequence end, const Visit& visit);
    Result<Outcome> fold_at_once(PartitionId partition, Sequence end);
    Result<void> fold_by_range(PartitionId partition, Sequence end);
    /// Nothing for a record that no view wants.
    Result<std::optional<schema::Event>> open(const journal::Entry& entry,
                                              const record::Prelude& prelude);
    Result<void> fold(const journal::Entry& entry);
    void hold_slots(std::uint16_t first, std::uint16_t end);
    Result<void> write_out();

    SlotBuild& build_;
    BuildReport report_;
    std::uint16_t first_ = 0;  // slots that are held
    std::uint16_t end_ = 0;
    std::vector<std::vector<RowBatch>> rows_;  // by view, then by slot
    std::size_t bytes_ = 0;
    std::uint64_t folded_ = 0;
    std::vector<std::unique_ptr<SortedRun>> runs_;  // by view
};

Result<void> SlotBuild::Worker::read(PartitionId partition, Sequence end, const Visit& visit) {
    for (Sequence next; next < end;) {
        if (build_.cancelled_now()) {
            return cancelled;
        }
        journal::ReadBudget budget = page;
        budget.records = static_cast<std::size_t>(
            std::min<std::uint64_t>(budget.records, end.value() - next.value()));
        CHOPMARK_ASSIGN(const auto entries, build_.journal_.read(partition, next, budget));
        if (entries.empty()) {
            return Error(journal::beyond_end, std::to_string(next.value()) + " of partition " +
                                                  std::to_string(partition.value()));
        }
        for (const auto& entry : entries) {
            CHOPMARK_TRY(visit(*entry));
        }
        next = Sequence(entries.back()->sequence.value() + 1);
    }
    return {};
}

Result<void> SlotBuild::Worker::fold_partition(PartitionId partition, Sequence end) {
    runs_.clear();
    runs_.resize(build_.views_.size());
    CHOPMARK_ASSIGN(const Outcome outcome, fold_at_once(partition, end));
    if (outcome == Outcome::too_large) {
        ++report_.partitions_set_aside;
        CHOPMARK_TRY(fold_by_range(partition, end));
    }
    for (const auto& run : runs_) {
        if (run != nullptr) {
            CHOPMARK_TRY(run->finish());
        }
    }
    return {};
}

Result<SlotBuild::Worker::Outcome> SlotBuild::Worker::fold_at_once(PartitionId partition,
                                                                   Sequence end) {
    const std::uint16_t partitions = build_.journal_.partitions();
    const BuildReport before = report_;
    hold_slots(
        first_slot(partition, partitions),
        first_slot(PartitionId(static_cast<std::uint16_t>(partition.value() + 1)), partitions));
    const Reason too_large{"fold.too_large", Kind::internal};  // never leaves this function
    const auto folded = read(partition, end, [&](const journal::Entry& entry) -> Result<void> {
        ++folded_;
        CHOPMARK_TRY(fold(entry));
        return bytes_ > build_.options_.memory_bytes ? Result<void>(too_large) : Result<void>();
    });
    if (!folded && folded.error() == too_large && end_ - first_ > 1) {
        report_ = before;
        return Outcome::too_large;
    }
    if (!folded && !(folded.error() == too_large)) {
        return folded.error();
    }
    CHOPMARK_TRY(write_out());
    return Outcome::folded;
}

Result<void> SlotBuild::Worker::fold_by_range(PartitionId partition, Sequence end) {
    const std::uint16_t first = first_;
    const auto slots = static_cast<std::uint64_t>(end_ - first_);
    // So many records filled the memory; ranges are uneven, so they get half of it.
    const std::uint64_t wanted = 2 * (end.value() / std::max<std::uint64_t>(folded_, 1)) + 2;
    const std::uint64_t ranges = std::min(slots, wanted);
    rows_.clear();
    CHOPMARK_ASSIGN(const auto spill, Spill::open(build_.options_.scratch, partition, ranges));
    const auto range_of = [&](Slot slot) {
        return static_cast<std::size_t>((slot.value() - first) * ranges / slots);
    };
    CHOPMARK_TRY(read(partition, end, [&](const journal::Entry& entry) -> Result<void> {
        CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(entry.record.leaf));
        CHOPMARK_ASSIGN(const auto event, open(entry, prelude));
        if (!event) {
            return {};
        }
        const Slot slot =
            slot_of(OpenedEvent(entry, prelude, &*event), build_.journal_.partitions());
        if (slot.value() < first || slot.value() >= first + slots) {
            return at(entry, wrong_slot);
        }
        return spill->add(range_of(slot), entry);
    }));
    std::uint16_t begin = first;
    for (std::size_t range = 0; range < ranges; ++range) {
        std::uint16_t next = begin;
        while (next < first + slots && range_of(Slot(next)) == range) {
            ++next;
        }
        hold_slots(begin, next);
        CHOPMARK_TRY(spill->read(range, [&](const journal::Entry& entry) -> Result<void> {
            if (build_.cancelled_now()) {
                return cancelled;
            }
            return fold(entry);
        }));
        CHOPMARK_TRY(write_out());
        begin = next;
    }
    return {};
}

void SlotBuild::Worker::hold_slots(std::uint16_t first, std::uint16_t end) {
    first_ = first;
    end_ = end;
    bytes_ = 0;
    folded_ = 0;
    rows_.clear();
    for (const auto& assigned : build_.views_) {
        auto& slots = rows_.emplace_back();
        for (std::uint16_t slot = first; slot < end; ++slot) {
            slots.emplace_back(assigned.table);
        }
    }
}

Result<std::optional<schema::Event>> SlotBuild::Worker::open(const journal::Entry& entry,
                                                             const record::Prelude& prelude) {
    const bool any_wants =
        std::any_of(build_.views_.begin(), build_.views_.end(),
                    [&](const auto& assigned) { return is_given(*assigned.view, prelude.type); });
    if (!any_wants) {
        return std::optional<schema::Event>();
    }
    auto event = build_.vault_.open(entry.record);
    if (!event && event.error().kind() == Kind::expired) {
        ++report_.expired;
        return std::optional<schema::Event>();
    }
    if (!event) {
        return at(entry, std::move(event).error());
    }
    return std::optional<schema::Event>(*std::move(event));
}

Result<void> SlotBuild::Worker::fold(const journal::Entry& entry) {
    CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(entry.record.leaf));
    CHOPMARK_ASSIGN(const auto event, open(entry, prelude));
    if (!event) {
        return {};
    }
    ++report_.events;
    const OpenedEvent opened(entry, prelude, &*event);
    const Slot slot = slot_of(opened, build_.journal_.partitions());
    if (slot.value() < first_ || slot.value() >= end_) {
        return at(entry, wrong_slot);
    }
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        RowBatch& rows = rows_[i][slot.value() - first_];
        const View& view = *build_.views_[i].view;
        if (!is_given(view, prelude.type)) {
            continue;
        }
        bytes_ -= rows.bytes();
        if (auto applied = view.apply(opened, rows); !applied) {
            return at(entry, std::move(applied).error());
        }
        bytes_ += rows.bytes();
    }
    return {};
}

Result<void> SlotBuild::Worker::write_out() {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        for (std::uint16_t slot = first_; slot < end_; ++slot) {
            const RowBatch::Rows& rows = rows_[i][slot - first_].rows();
            Bytes prefix;
            append_big_endian(prefix, slot);
            // Sorted: if the first and the last row begin with the slot, all do.
            if (!rows.empty() && (!rows.begin()->first.starts_with(prefix) ||
                                  !rows.rbegin()->first.starts_with(prefix))) {
                return Error(wrong_slot, std::string(build_.views_[i].view->name()));
            }
            for (const auto& [key, value] : rows) {
                if (!value) {
                    continue;
                }
                if (runs_[i] == nullptr) {
                    CHOPMARK_ASSIGN(runs_[i], build_.loads_[i]->begin_run());
                }
                CHOPMARK_TRY(runs_[i]->add(key, *value));
                ++report_.rows;
            }
        }
    }
    rows_.clear();
    return {};
}

SlotBuild::SlotBuild(const journal::Journal& journal, RowStore& store,
                     const keys::EventVault& vault, const BuildOptions& options,
                     std::vector<Runner::Assigned> views)
    : journal_(journal),
      store_(store),
      vault_(vault),
      options_(options),
      views_(std::move(views)) {}

bool SlotBuild::cancelled_now() const {
    return failed_ || (options_.cancel != nullptr && *options_.cancel);
}

Result<void> SlotBuild::work(const Positions& upto) {
    Worker worker(*this);
    while (true) {
        const std::uint32_t partition = next_partition_.fetch_add(1);
        if (partition > journal_.partitions()) {
            break;
        }
        const PartitionId id(static_cast<std::uint16_t>(partition));
        if (auto folded = worker.fold_partition(id, upto.at(id)); !folded) {
            failed_ = true;
            return folded;
        }
    }
    const std::lock_guard lock(mutex_);
    report_.events += worker.report().events;
    report_.expired += worker.report().expired;
    report_.rows += worker.report().rows;
    report_.partitions_set_aside += worker.report().partitions_set_aside;
    return {};
}

Result<BuildReport> SlotBuild::run(const Positions& upto) {
    std::error_code failed;
    std::filesystem::remove_all(options_.scratch, failed);
    std::filesystem::create_directories(options_.scratch, failed);
    if (failed) {
        return Error(rows_unavailable, options_.scratch.string() + ": " + failed.message());
    }
    for (const auto& assigned : views_) {
        ensure(assigned.view->scope() == Scope::slots, "rows keyed by slot");
        CHOPMARK_ASSIGN(auto load, store_.load(assigned.table));
        loads_.push_back(std::move(load));
    }
    std::vector<Result<void>> outcomes(std::max(1U, options_.threads));
    std::vector<std::thread> threads;
    for (auto& outcome : outcomes) {
        threads.emplace_back([&] { outcome = work(upto); });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    // The first cause, not its echo in the other threads.
    const auto cause = std::find_if(outcomes.begin(), outcomes.end(), [](const auto& outcome) {
        return !outcome && !(outcome.error() == cancelled);
    });
    if (cause != outcomes.end()) {
        return cause->error();
    }
    for (const auto& outcome : outcomes) {
        CHOPMARK_TRY(outcome);
    }
    for (const auto& load : loads_) {
        CHOPMARK_TRY(load->finish());
    }
    return report_;
}

}  // namespace chopmark::fold
