#include "ops/threads.h"

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <mutex>
#include <vector>

namespace chopmark::ops {
namespace {

namespace asio = boost::asio;

/// As many partitions are taken over at once. They wait for brokers, so more than cores.
constexpr unsigned opening_threads = 8;
/// Where control ends, and what time it is.
constexpr unsigned asking_threads = 2;

class AsioStrand final : public Strand {
  public:
    explicit AsioStrand(asio::thread_pool& pool) : strand_(asio::make_strand(pool)) {}
    void post(Task task) override { asio::post(strand_, std::move(task)); }

  private:
    asio::strand<asio::thread_pool::executor_type> strand_;
};

class AsioWork final : public WorkPool {
  public:
    AsioWork(unsigned threads, std::size_t queue) : pool_(threads), queue_(queue) {}

    [[nodiscard]] bool try_post(Task task) override {
        if (waiting_.fetch_add(1) >= queue_) {
            waiting_.fetch_sub(1);
            return false;
        }
        asio::post(pool_, [this, task = std::move(task)] {
            waiting_.fetch_sub(1);
            task();
        });
        return true;
    }
    void stop() {
        pool_.stop();
        pool_.join();
    }

  private:
    asio::thread_pool pool_;
    std::size_t queue_;
    std::atomic<std::size_t> waiting_{0};
};

/// A task that runs again `period` after it has ended.
class Repeated {
  public:
    Repeated(asio::thread_pool& pool, std::chrono::milliseconds period, Task task)
        : timer_(pool), period_(period), task_(std::move(task)) {
        arm();
    }

  private:
    void arm() {
        timer_.expires_after(period_);
        timer_.async_wait([this](boost::system::error_code error) {
            if (!error) {
                task_();
                arm();
            }
        });
    }

    asio::steady_timer timer_;
    std::chrono::milliseconds period_;
    Task task_;
};

}  // namespace

struct Threads::Parts {
    explicit Parts(const ThreadsOptions& options)
        : pool(options.strand_threads),
          work(options.work_threads, options.work_queue),
          outside(options.outside_threads, options.work_queue) {}

    asio::thread_pool pool;
    AsioWork work;
    AsioWork outside;
    std::mutex mutex;
    std::unique_ptr<AsioWork> opening;
    std::unique_ptr<AsioWork> asking;
    std::vector<std::unique_ptr<AsioStrand>> strands;
    std::vector<std::unique_ptr<Repeated>> repeated;
};

Threads::Threads(ThreadsOptions options) : parts_(std::make_unique<Parts>(options)) {}

Threads::~Threads() { stop(); }

Strand& Threads::make_strand() {
    const std::lock_guard lock(parts_->mutex);
    return *parts_->strands.emplace_back(std::make_unique<AsioStrand>(parts_->pool));
}

WorkPool& Threads::work() { return parts_->work; }

WorkPool& Threads::outside() { return parts_->outside; }

WorkPool& Threads::opening() {
    const std::lock_guard lock(parts_->mutex);
    if (parts_->opening == nullptr) {
        parts_->opening = std::make_unique<AsioWork>(opening_threads, ThreadsOptions().work_queue);
    }
    return *parts_->opening;
}

WorkPool& Threads::asking() {
    const std::lock_guard lock(parts_->mutex);
    if (parts_->asking == nullptr) {
        parts_->asking = std::make_unique<AsioWork>(asking_threads, ThreadsOptions().work_queue);
    }
    return *parts_->asking;
}

void Threads::every(std::chrono::milliseconds period, Task task) {
    const std::lock_guard lock(parts_->mutex);
    parts_->repeated.push_back(std::make_unique<Repeated>(parts_->pool, period, std::move(task)));
}

void Threads::stop() {
    parts_->outside.stop();
    parts_->work.stop();
    for (const auto& waiting : {parts_->opening.get(), parts_->asking.get()}) {
        if (waiting != nullptr) {
            waiting->stop();
        }
    }
    parts_->pool.stop();
    parts_->pool.join();
}

}  // namespace chopmark::ops
