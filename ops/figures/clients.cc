#include "ops/figures/clients.h"

#include <algorithm>
#include <thread>

namespace chopmark::figures {
namespace {

using SteadyClock = std::chrono::steady_clock;

}  // namespace

Clients::Clients(unsigned number) {
    for (unsigned i = 0; i < number; ++i) {
        seats_.push_back(std::make_unique<Seat>());
    }
}

Clients::~Clients() = default;

void Clients::answer(unsigned client) { seats_[client]->answered.release(); }

void Clients::live(Seat& seat, unsigned client, const std::function<bool(unsigned client)>& ask,
                   std::chrono::microseconds every) {
    // Not all at the same moment.
    auto next = SteadyClock::now() + every * client / number();
    while (!over_.load(std::memory_order_relaxed)) {
        if (every.count() > 0) {
            std::this_thread::sleep_until(next);
            next = std::max(next + every, SteadyClock::now());
        }
        const auto begin = SteadyClock::now();
        if (!ask(client)) {
            seat.failed += counting_ ? 1 : 0;
            std::this_thread::yield();
            continue;
        }
        seat.answered.acquire();
        if (counting_.load(std::memory_order_relaxed)) {
            const auto waited =
                std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - begin);
            seat.waits_us.push_back(static_cast<std::uint32_t>(waited.count()));
        }
    }
}

Clients::Outcome Clients::run(const std::function<bool(unsigned client)>& ask,
                              std::chrono::milliseconds warm, std::chrono::milliseconds span,
                              std::chrono::microseconds every) {
    over_ = false;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < number(); ++i) {
        seats_[i]->waits_us.clear();
        seats_[i]->failed = 0;
        threads.emplace_back([this, i, &ask, every] { live(*seats_[i], i, ask, every); });
    }
    std::this_thread::sleep_for(warm);
    const auto begin = SteadyClock::now();
    counting_ = true;
    std::this_thread::sleep_for(span);
    counting_ = false;
    const double seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
    over_ = true;
    for (std::thread& thread : threads) {
        thread.join();
    }
    Outcome out;
    std::vector<std::uint32_t> waits;
    for (const auto& seat : seats_) {
        waits.insert(waits.end(), seat->waits_us.begin(), seat->waits_us.end());
        out.failed += seat->failed;
    }
    out.per_second = static_cast<double>(waits.size()) / seconds;
    out.waits = percentiles(std::move(waits));
    return out;
}

}  // namespace chopmark::figures
