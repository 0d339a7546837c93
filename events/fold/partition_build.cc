#include "events/fold/partition_build.h"

#include <algorithm>

#include "events/fold/partition_worker.h"

namespace chopmark::fold {

PartitionBuild::PartitionBuild(const journal::Journal& journal, RowStore& store,
                               const keys::EventVault& vault, const BuildOptions& options,
                               const std::vector<Runner::Assigned>& views)
    : journal_(journal), store_(store), vault_(vault), options_(options) {
    for (const auto& assigned : views) {
        const View& view = *assigned.view;
        ensure(view.scope() != Scope::cuts, "an order by partition");
        if (view.scope() == Scope::slots) {
            slots_.push_back(std::make_unique<Slots>(Slots{assigned, nullptr}));
        } else if (view.only_adds()) {
            added_.push_back(std::make_unique<Added>(assigned, options_.scratch));
        } else {
            shared_.push_back(std::make_unique<Shared>(assigned, store_));
        }
    }
}

PartitionBuild::~PartitionBuild() = default;

bool PartitionBuild::cancelled_now() const {
    return failed_ || (options_.cancel != nullptr && *options_.cancel);
}

Result<void> PartitionBuild::prepare() {
    std::error_code failed;
    std::filesystem::remove_all(options_.scratch, failed);
    std::filesystem::create_directories(options_.scratch, failed);
    if (failed) {
        return Error(rows_unavailable, options_.scratch.string() + ": " + failed.message());
    }
    for (const auto& slots : slots_) {
        CHOPMARK_ASSIGN(slots->load, store_.load(slots->assigned.table));
    }
    for (const auto& added : added_) {
        CHOPMARK_ASSIGN(added->load, store_.load(added->assigned.table));
    }
    return {};
}

bool PartitionBuild::read_by_any(PartitionId partition) const {
    const auto follow = [&](const auto& all) {
        return std::any_of(all.begin(), all.end(), [&](const auto& one) {
            return follows(one->assigned.view->scope(), partition);
        });
    };
    return follow(slots_) || follow(added_) || follow(shared_);
}

Result<void> PartitionBuild::work(const Positions& upto) {
    Worker worker(*this);
    while (true) {
        const std::uint32_t partition = next_partition_.fetch_add(1);
        if (partition > journal_.partitions()) {
            break;
        }
        const PartitionId id(static_cast<std::uint16_t>(partition));
        if (!read_by_any(id)) {
            continue;
        }
        if (auto folded = worker.fold_partition(id, upto.at(id)); !folded) {
            failed_ = true;
            return folded;
        }
    }
    worker.finish();
    const std::lock_guard lock(mutex_);
    report_.events += worker.report().events;
    report_.expired += worker.report().expired;
    report_.rows += worker.report().rows;
    report_.partitions_set_aside += worker.report().partitions_set_aside;
    return {};
}

Result<void> PartitionBuild::fold_all(const Positions& upto) {
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
    return {};
}

Result<BuildReport> PartitionBuild::run(const Positions& upto) {
    CHOPMARK_TRY(prepare());
    CHOPMARK_TRY(fold_all(upto));
    for (const auto& shared : shared_) {
        CHOPMARK_TRY(shared->commit());
    }
    for (const auto& added : added_) {
        CHOPMARK_ASSIGN(const std::uint64_t rows,
                        added->sort.load(*added->load, std::max(1U, options_.threads)));
        report_.rows += rows;
        CHOPMARK_TRY(added->load->finish());
    }
    for (const auto& slots : slots_) {
        CHOPMARK_TRY(slots->load->finish());
    }
    return report_;
}

}  // namespace chopmark::fold
