#include "events/fold/position_waits.h"

namespace chopmark::fold {

void PositionWaits::add(const Positions& wanted, Instant deadline, Reached reached) {
    Result<void> outcome;
    {
        const std::lock_guard lock(mutex_);
        if (failed_) {
            outcome = *failed_;
        } else if (!now_.covers(wanted)) {
            if (by_deadline_.size() >= most_) {
                outcome = too_many_waits;
            } else {
                auto wait = std::make_shared<Wait>();
                wait->reached = std::move(reached);
                wait->deadline = by_deadline_.emplace(deadline, wait);
                for (const PartitionId partition : wanted.partitions()) {
                    if (now_.at(partition) < wanted.at(partition)) {
                        ++wait->missing;
                        wait->lanes.emplace_back(partition, by_partition_[partition].emplace(
                                                                wanted.at(partition), wait));
                    }
                }
                return;
            }
        }
    }
    reached(std::move(outcome));
}

void PositionWaits::arrive(const Positions& now) {
    std::vector<Reached> ready;
    {
        const std::lock_guard lock(mutex_);
        if (now.covers(now_)) {
            now_ = now;
        }
        for (auto& [partition, lane] : by_partition_) {
            while (!lane.empty() && lane.begin()->first <= now_.at(partition)) {
                const WaitPtr wait = lane.begin()->second;
                lane.erase(lane.begin());
                // A wait stands once in a lane.
                std::erase_if(wait->lanes,
                              [&, of = partition](const auto& entry) { return entry.first == of; });
                if (--wait->missing == 0) {
                    ready.push_back(remove(wait));
                }
            }
        }
    }
    for (const Reached& reached : ready) {
        reached({});
    }
}

void PositionWaits::expire(Instant now) {
    std::vector<Reached> late;
    {
        const std::lock_guard lock(mutex_);
        while (!by_deadline_.empty() && by_deadline_.begin()->first <= now) {
            late.push_back(remove(by_deadline_.begin()->second));
        }
    }
    for (const Reached& reached : late) {
        reached(wait_expired);
    }
}

void PositionWaits::fail(const Error& error) {
    std::vector<Reached> failed;
    {
        const std::lock_guard lock(mutex_);
        failed_ = error;
        while (!by_deadline_.empty()) {
            failed.push_back(remove(by_deadline_.begin()->second));
        }
    }
    for (const Reached& reached : failed) {
        reached(error);
    }
}

void PositionWaits::restart() {
    const std::lock_guard lock(mutex_);
    failed_.reset();
    now_ = Positions();
}

std::size_t PositionWaits::waiting() const {
    const std::lock_guard lock(mutex_);
    return by_deadline_.size();
}

Reached PositionWaits::remove(WaitPtr wait) {
    for (const auto& [partition, at] : wait->lanes) {
        by_partition_[partition].erase(at);
    }
    wait->lanes.clear();
    by_deadline_.erase(wait->deadline);
    return std::move(wait->reached);
}

}  // namespace chopmark::fold
