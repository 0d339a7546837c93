// The threads of a process: strands over one pool for executors and folds, and a bounded pool for
// expensive checks (signatures, RSA, calls to outside parties). Built first and stopped last but
// for the objects its tasks refer to: stop() returns when no task is running and none will.
#pragma once

#include <chrono>
#include <memory>

#include "events/core/strand.h"

namespace chopmark::ops {

struct ThreadsOptions {
    /// Threads that run strands. Fewer than cores leaves room for the front; more gains nothing.
    unsigned strand_threads = 2;
    /// Threads that run checks. They block on outside parties, so more than cores may help.
    unsigned work_threads = 4;
    /// Checks waiting; beyond it the caller is told that the pool is full.
    std::size_t work_queue = 4096;
    /// Threads that wait for outside parties and for relying parties' callbacks: apart, so that
    /// whoever answers slowly holds up nobody's signature.
    unsigned outside_threads = 8;
};

class Threads {
  public:
    explicit Threads(ThreadsOptions options);
    ~Threads();

    /// The strand lives as long as the threads.
    Strand& make_strand();
    WorkPool& work();
    WorkPool& outside();
    /// Threads that wait for the journal to open terms; made at the first call.
    WorkPool& opening();
    /// Threads that ask the cluster short questions, which must not stand behind terms that do not
    /// open; made at the first call.
    WorkPool& asking();
    /// Runs `task` every `period` on a strand thread, never twice at once, until stop().
    void every(std::chrono::milliseconds period, Task task);
    void stop();

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace chopmark::ops
