// Callers that each wait for their answer before they ask again: a thread and a semaphore for each,
// so that ours and the bare comparator pay for the same wake-ups. answer() may be called from any
// thread, once for every ask().
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <semaphore>
#include <vector>

#include "ops/figures/samples.h"

namespace chopmark::figures {

class Clients {
  public:
    struct Outcome {
        double per_second = 0;
        Percentiles waits;
        std::uint64_t failed = 0;  // asked and not taken
    };

    explicit Clients(unsigned number);
    ~Clients();

    /// `ask(client)` returns whether it was taken; then answer(client) must come. Each client asks
    /// no more often than once in `every`; zero: again as soon as it was answered.
    Outcome run(const std::function<bool(unsigned client)>& ask, std::chrono::milliseconds warm,
                std::chrono::milliseconds span, std::chrono::microseconds every = {});
    void answer(unsigned client);

    [[nodiscard]] unsigned number() const { return static_cast<unsigned>(seats_.size()); }

  private:
    struct Seat {
        std::binary_semaphore answered{0};
        std::vector<std::uint32_t> waits_us;
        std::uint64_t failed = 0;
    };
    void live(Seat& seat, unsigned client, const std::function<bool(unsigned client)>& ask,
              std::chrono::microseconds every);

    std::vector<std::unique_ptr<Seat>> seats_;
    std::atomic<bool> counting_{false};
    std::atomic<bool> over_{false};
};

}  // namespace chopmark::figures
