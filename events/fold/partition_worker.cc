#include "events/fold/partition_worker.h"

#include <algorithm>

#include "events/fold/spill.h"
#include "events/schema/event.h"

namespace chopmark::fold {
namespace {

constexpr journal::ReadBudget page{limits::read_page_records, limits::read_page_bytes};

Result<void> apply(const View& view, const OpenedEvent& event, RowBatch& rows) {
    auto applied = view.apply(event, rows);
    return applied ? Result<void>() : at(event.entry(), std::move(applied).error());
}

}  // namespace

Error at(const journal::Entry& entry, Error error) {
    error.detail += " at " + std::to_string(entry.sequence.value()) + " of partition " +
                    std::to_string(entry.partition.value());
    return error;
}

PartitionBuild::Worker::Worker(PartitionBuild& build) : build_(build) {
    for (const auto& added : build_.added_) {
        wide_.push_back(
            {added->assigned.view,
             std::make_unique<RowSort::Collector>(added->sort, build_.options_.sort_bytes),
             RowBatch(added->assigned.table)});
    }
    for (const auto& shared : build_.shared_) {
        wide_.push_back(
            {shared->assigned.view, nullptr, RowBatch(shared->assigned.table), shared.get()});
    }
}

void PartitionBuild::Worker::finish() {
    for (const Wide& wide : wide_) {
        if (wide.adding != nullptr) {
            wide.adding->finish();
        }
    }
}

Result<void> PartitionBuild::Worker::read(PartitionId partition, Sequence end, const Visit& visit) {
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

Result<void> PartitionBuild::Worker::fold_partition(PartitionId partition, Sequence end) {
    if (partition == control_partition) {
        return read(partition, end,
                    [&](const journal::Entry& entry) { return fold(entry, false, true); });
    }
    runs_.clear();
    runs_.resize(build_.slots_.size());
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

Result<PartitionBuild::Worker::Outcome> PartitionBuild::Worker::fold_at_once(PartitionId partition,
                                                                             Sequence end) {
    const std::uint16_t partitions = build_.journal_.partitions();
    hold_slots(
        first_slot(partition, partitions),
        first_slot(PartitionId(static_cast<std::uint16_t>(partition.value() + 1)), partitions));
    const Reason too_large{"fold.too_large", Kind::internal};  // never leaves this function
    const auto folded = read(partition, end, [&](const journal::Entry& entry) -> Result<void> {
        ++folded_;
        CHOPMARK_TRY(fold(entry, true, true));
        const bool full = bytes_ > build_.options_.memory_bytes && end_ - first_ > 1;
        return full ? Result<void>(too_large) : Result<void>();
    });
    if (!folded) {
        return folded.error() == too_large ? Result<Outcome>(Outcome::too_large) : folded.error();
    }
    CHOPMARK_TRY(write_out());
    return Outcome::folded;
}

/// What was folded at once has reached the wide views already; the slots begin again.
Result<void> PartitionBuild::Worker::fold_by_range(PartitionId partition, Sequence end) {
    const std::uint16_t first = first_;
    const auto slots = static_cast<std::uint64_t>(end_ - first_);
    const Sequence wide_from(folded_);
    // So many records filled the memory; ranges are uneven, so they get half of it.
    const std::uint64_t wanted = 2 * (end.value() / std::max<std::uint64_t>(folded_, 1)) + 2;
    const std::uint64_t ranges = std::min(slots, wanted);
    rows_.clear();
    CHOPMARK_ASSIGN(const auto spill, Spill::open(build_.options_.scratch, partition, ranges));
    const auto range_of = [&](std::uint64_t slot) {
        return static_cast<std::size_t>((slot - first) * ranges / slots);
    };
    const auto set_aside = [&](const journal::Entry& entry) -> Result<void> {
        if (entry.sequence >= wide_from) {
            CHOPMARK_TRY(fold(entry, false, true));
        }
        CHOPMARK_ASSIGN(const auto slot, slot_for(entry, first, first + slots));
        return slot ? spill->add(range_of(*slot), entry) : Result<void>();
    };
    CHOPMARK_TRY(read(partition, end, set_aside));
    std::uint16_t begin = first;
    for (std::size_t range = 0; range < ranges; ++range) {
        std::uint16_t next = begin;
        while (next < first + slots && range_of(next) == range) {
            ++next;
        }
        hold_slots(begin, next);
        CHOPMARK_TRY(spill->read(range, [&](const journal::Entry& entry) -> Result<void> {
            return build_.cancelled_now() ? Result<void>(cancelled) : fold(entry, true, false);
        }));
        CHOPMARK_TRY(write_out());
        begin = next;
    }
    return {};
}

/// Where a record belongs whose rows are to be folded later; nothing when no view wants it.
Result<std::optional<std::uint16_t>> PartitionBuild::Worker::slot_for(const journal::Entry& entry,
                                                                      std::uint64_t first,
                                                                      std::uint64_t end) {
    CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(entry.record.leaf));
    if (given(entry.partition, prelude.type).slots.empty()) {
        return std::optional<std::uint16_t>();
    }
    CHOPMARK_ASSIGN(const auto event, open(entry));
    if (!event) {
        return std::optional<std::uint16_t>();
    }
    const Slot slot = slot_of(OpenedEvent(entry, prelude, &*event), build_.journal_.partitions());
    if (slot.value() < first || slot.value() >= end) {
        return at(entry, wrong_slot);
    }
    return std::optional(slot.value());
}

void PartitionBuild::Worker::hold_slots(std::uint16_t first, std::uint16_t end) {
    first_ = first;
    end_ = end;
    bytes_ = 0;
    folded_ = 0;
    held_ = {};
    rows_.clear();
    for (const auto& slots : build_.slots_) {
        auto& batches = rows_.emplace_back();
        for (std::uint16_t slot = first; slot < end; ++slot) {
            batches.emplace_back(slots->assigned.table);
        }
    }
}

const PartitionBuild::Worker::Given& PartitionBuild::Worker::given(PartitionId partition,
                                                                   record::TypeNumber type) {
    const auto [at, is_new] = given_.try_emplace({partition == control_partition, type});
    if (is_new) {
        const auto sees = [&](const View& view) {
            return follows(view.scope(), partition) && is_given(view, type);
        };
        for (std::size_t i = 0; i < build_.slots_.size(); ++i) {
            if (sees(*build_.slots_[i]->assigned.view)) {
                at->second.slots.push_back(i);
            }
        }
        for (std::size_t i = 0; i < wide_.size(); ++i) {
            if (sees(*wide_[i].view)) {
                const bool prelude = wide_[i].view->reads() == Reads::prelude;
                (prelude ? at->second.preludes : at->second.events).push_back(i);
            }
        }
    }
    return at->second;
}

Result<std::optional<schema::Event>> PartitionBuild::Worker::open(const journal::Entry& entry) {
    auto event = build_.vault_.open(entry.record);
    if (!event && event.error().kind() == Kind::expired) {
        return std::optional<schema::Event>();
    }
    if (!event) {
        return at(entry, std::move(event).error());
    }
    return std::optional<schema::Event>(*std::move(event));
}

/// A record that goes to slots and to wide views may do so in two passes, and is counted in that of
/// the slots.
Result<void> PartitionBuild::Worker::fold(const journal::Entry& entry, bool to_slots,
                                          bool to_wide) {
    CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(entry.record.leaf));
    const Given& to = given(entry.partition, prelude.type);
    to_slots = to_slots && !to.slots.empty();
    if (to_wide && !to.preludes.empty()) {
        CHOPMARK_TRY(fold_wide(OpenedEvent(entry, prelude, nullptr), to.preludes));
    }
    BuildReport& counts = to_slots ? held_ : report_;
    const bool counted = to_slots || to.slots.empty();
    bool expired = false;
    if (to_slots || (to_wide && !to.events.empty())) {
        CHOPMARK_ASSIGN(const auto event, open(entry));
        expired = !event;
        if (event) {
            const OpenedEvent opened(entry, prelude, &*event);
            CHOPMARK_TRY(to_slots ? fold_slots(opened, to) : Result<void>());
            CHOPMARK_TRY(to_wide ? fold_wide(opened, to.events) : Result<void>());
        }
    } else if (to.preludes.empty()) {
        return {};
    }
    counts.expired += counted && expired ? 1 : 0;
    counts.events += counted && (!expired || !to.preludes.empty()) ? 1 : 0;
    return {};
}

Result<void> PartitionBuild::Worker::fold_slots(const OpenedEvent& opened, const Given& to) {
    const Slot slot = slot_of(opened, build_.journal_.partitions());
    if (slot.value() < first_ || slot.value() >= end_) {
        return at(opened.entry(), wrong_slot);
    }
    for (const std::size_t i : to.slots) {
        RowBatch& rows = rows_[i][slot.value() - first_];
        bytes_ -= rows.bytes();
        CHOPMARK_TRY(apply(*build_.slots_[i]->assigned.view, opened, rows));
        bytes_ += rows.bytes();
    }
    return {};
}

Result<void> PartitionBuild::Worker::fold_wide(const OpenedEvent& opened,
                                               const std::vector<std::size_t>& to) {
    for (const std::size_t i : to) {
        Wide& wide = wide_[i];
        if (wide.shared != nullptr) {
            CHOPMARK_TRY(wide.shared->fold(opened));
            continue;
        }
        CHOPMARK_TRY(apply(*wide.view, opened, wide.rows));
        for (const auto& [key, value] : wide.rows.rows()) {
            if (!value) {
                return Error(not_only_added, std::string(wide.view->name()));
            }
            CHOPMARK_TRY(wide.adding->add(key, *value));
        }
        wide.rows.clear();
    }
    return {};
}

Result<void> PartitionBuild::Worker::write_out() {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const Slots& slots = *build_.slots_[i];
        for (std::uint16_t slot = first_; slot < end_; ++slot) {
            const RowBatch::Rows& rows = rows_[i][slot - first_].rows();
            Bytes prefix;
            append_big_endian(prefix, slot);
            // Sorted: if the first and the last row begin with the slot, all do.
            if (!rows.empty() && (!rows.begin()->first.starts_with(prefix) ||
                                  !rows.rbegin()->first.starts_with(prefix))) {
                return Error(wrong_slot, std::string(slots.assigned.view->name()));
            }
            for (const auto& [key, value] : rows) {
                if (!value) {
                    continue;
                }
                if (runs_[i] == nullptr) {
                    CHOPMARK_ASSIGN(runs_[i], slots.load->begin_run());
                }
                CHOPMARK_TRY(runs_[i]->add(key, *value));
                ++report_.rows;
            }
        }
    }
    rows_.clear();
    report_.events += held_.events;
    report_.expired += held_.expired;
    return {};
}

}  // namespace chopmark::fold
