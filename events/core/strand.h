// Where work runs. A Strand runs its tasks one after another, in the order of post(), on some
// thread of a pool; two strands run side by side. The Asio adapter is in ops, the deterministic one
// in tests/support. Tasks MUST NOT block for long: expensive checks go to a WorkPool.
#pragma once

#include <functional>

namespace chopmark {

using Task = std::function<void()>;

class Strand {
  public:
    virtual ~Strand() = default;
    /// Never runs the task inside the call.
    virtual void post(Task task) = 0;
};

class WorkPool {
  public:
    virtual ~WorkPool() = default;
    /// False when the pool's queue is full; the task was not taken then.
    [[nodiscard]] virtual bool try_post(Task task) = 0;
};

}  // namespace chopmark
