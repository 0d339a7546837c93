#include "events/journal/memory_log.h"

#include <algorithm>

#include "events/core/ensure.h"

namespace chopmark::journal {

MemoryLog::MemoryLog(std::uint16_t citizen_partitions)
    : partitions_(citizen_partitions), stored_(std::size_t{citizen_partitions} + 1) {}

void MemoryLog::submit(PartitionId partition, std::vector<Bytes> batch, std::uint32_t delay_ticks) {
    ensure(partition.value() <= partitions_, "a partition of this log");
    {
        const std::lock_guard lock(mutex_);
        if (delay_ticks > 0) {
            delayed_.push_back({partition, std::move(batch), delay_ticks});
            return;
        }
        land(partition, std::move(batch));
    }
    notify();
}

bool MemoryLog::tick() {
    bool landed = false;
    {
        const std::lock_guard lock(mutex_);
        if (delayed_.empty()) {
            return false;
        }
        std::vector<Delayed> later;
        for (Delayed& waiting : delayed_) {
            if (--waiting.ticks > 0) {
                later.push_back(std::move(waiting));
            } else {
                land(waiting.partition, std::move(waiting.batch));
                landed = true;
            }
        }
        delayed_ = std::move(later);
    }
    if (landed) {
        notify();
    }
    return true;
}

void MemoryLog::crash(Entropy& entropy) {
    const auto draw = [&entropy] {
        ByteArray<8> drawn{};
        entropy.fill(drawn);
        return get_big_endian<std::uint64_t>(view(drawn));
    };
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<PartitionId, Bytes>> survivors;
    for (Delayed& lost : delayed_) {
        for (Bytes& record : lost.batch) {
            const std::uint64_t fate = draw();
            if (fate % 2 == 0) {
                continue;
            }
            if (fate % 8 == 1) {
                record.resize(static_cast<std::size_t>(draw()) % (record.size() + 1));
            }
            survivors.emplace_back(lost.partition, std::move(record));
        }
    }
    delayed_.clear();
    for (std::size_t left = survivors.size(); left > 1; --left) {
        std::swap(survivors[left - 1], survivors[static_cast<std::size_t>(draw()) % left]);
    }
    for (auto& [partition, record] : survivors) {
        land(partition, {std::move(record)});
    }
}

void MemoryLog::land(PartitionId partition, std::vector<Bytes> batch) {
    auto& stored = stored_[partition.value()];
    for (Bytes& record : batch) {
        stored.push_back(std::make_shared<const Bytes>(std::move(record)));
    }
}

void MemoryLog::cut(PartitionId partition, std::size_t kept) {
    const std::lock_guard lock(mutex_);
    auto& stored = stored_.at(partition.value());
    ensure(kept <= stored.size(), "a cut takes records away");
    stored.resize(kept);
    std::erase_if(delayed_, [&](const Delayed& one) { return one.partition == partition; });
}

std::size_t MemoryLog::size(PartitionId partition) const {
    const std::lock_guard lock(mutex_);
    return stored_.at(partition.value()).size();
}

std::vector<MemoryLog::Stored> MemoryLog::read(PartitionId partition, std::size_t offset,
                                               std::size_t count) const {
    const std::lock_guard lock(mutex_);
    const auto& stored = stored_.at(partition.value());
    const std::size_t begin = std::min(offset, stored.size());
    const std::size_t end = begin + std::min(count, stored.size() - begin);
    return {stored.begin() + static_cast<std::ptrdiff_t>(begin),
            stored.begin() + static_cast<std::ptrdiff_t>(end)};
}

std::shared_ptr<void> MemoryLog::watch(std::function<void()> landed) {
    auto watcher = std::make_shared<Watcher>(std::move(landed));
    const std::lock_guard lock(mutex_);
    watchers_.push_back(watcher);
    return watcher;
}

void MemoryLog::notify() {
    std::vector<std::shared_ptr<Watcher>> live;
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(watchers_, [](const auto& watcher) { return watcher.expired(); });
        for (const auto& watcher : watchers_) {
            if (auto held = watcher.lock()) {
                live.push_back(std::move(held));
            }
        }
    }
    for (const auto& watcher : live) {
        (*watcher)();
    }
}

}  // namespace chopmark::journal
