#include "tests/support/simulated.h"

namespace chopmark::test {

class Scheduler::Queue final : public Strand {
  public:
    void post(Task task) override { tasks.push_back(std::move(task)); }
    std::deque<Task> tasks;
};

Scheduler::Scheduler(std::uint64_t seed) : engine_(seed) {}
Scheduler::~Scheduler() = default;

Strand& Scheduler::make_strand() {
    queues_.push_back(std::make_unique<Queue>());
    return *queues_.back();
}

void Scheduler::forget() { queues_.clear(); }

bool Scheduler::run_one() {
    std::vector<Queue*> ready;
    for (const auto& queue : queues_) {
        if (!queue->tasks.empty()) {
            ready.push_back(queue.get());
        }
    }
    if (ready.empty()) {
        return false;
    }
    Queue& chosen = *ready[engine_() % ready.size()];
    const Task task = std::move(chosen.tasks.front());
    chosen.tasks.pop_front();
    task();
    return true;
}

}  // namespace chopmark::test
