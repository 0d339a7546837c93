#include "gateways/node/seen_orders.h"

#include <algorithm>
#include <iterator>

namespace chopmark::node {

void SeenOrders::answer_when_seen(runtime::Receipt receipt, runtime::Answer answer) {
    if (receipt.sequence >= control_.latest()->basis) {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() < options_.waiting) {
            waiting_.push_back({std::chrono::steady_clock::now() + options_.patience,
                                std::move(receipt), std::move(answer)});
            return;
        }
        ++unseen_;
    }
    answer(std::move(receipt));
}

void SeenOrders::tick() {
    const Moment now = std::chrono::steady_clock::now();
    std::vector<Waiting> due;
    {
        const std::lock_guard lock(mutex_);
        const Sequence folded = control_.latest()->basis;
        const auto ready = std::partition(
            waiting_.begin(), waiting_.end(),
            [&](const Waiting& one) { return one.receipt.sequence >= folded && one.until > now; });
        std::move(ready, waiting_.end(), std::back_inserter(due));
        waiting_.erase(ready, waiting_.end());
        unseen_ += static_cast<std::uint64_t>(
            std::count_if(due.begin(), due.end(),
                          [&](const Waiting& one) { return one.receipt.sequence >= folded; }));
    }
    for (Waiting& one : due) {
        one.answer(std::move(one.receipt));
    }
}

SeenOrders::Probe SeenOrders::probe() const {
    const std::lock_guard lock(mutex_);
    return {unseen_, waiting_.size()};
}

}  // namespace chopmark::node
