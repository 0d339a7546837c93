// The threads that run handlers, behind a bounded queue. What does not fit is refused at once, so
// that an overloaded process answers quickly instead of slowly. Tasks MUST NOT throw.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "events/core/strand.h"

namespace chopmark::http {

class WorkerPool final : public WorkPool {
  public:
    WorkerPool(std::size_t threads, std::size_t queue_tasks);
    /// Runs what is queued, then joins.
    ~WorkerPool() override;

    [[nodiscard]] bool try_post(Task task) override { return try_post(std::move(task), queue_); }
    /// Refuses beyond `queue_tasks` waiting tasks, which may be less than the pool's own bound.
    [[nodiscard]] bool try_post(Task task, std::size_t queue_tasks);
    [[nodiscard]] std::size_t queued() const;

  private:
    void run();

    const std::size_t queue_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Task> tasks_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace chopmark::http
