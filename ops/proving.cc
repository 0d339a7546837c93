#include "ops/proving.h"

#include "ops/deciding.h"

namespace chopmark::ops {
namespace {

constexpr std::chrono::milliseconds retry_pause{200};

}  // namespace

Result<std::unique_ptr<Proving>> Proving::open(journal::Journal& journal, fold::RowStore& rows) {
    auto proving = std::unique_ptr<Proving>(new Proving(journal));
    for (std::uint16_t p = 0; p <= journal.partitions(); ++p) {
        CHOPMARK_ASSIGN(auto tree, tlog::PartitionTree::open(PartitionId(p), rows));
        CHOPMARK_TRY(tree->catch_up(journal));
        proving->trees_.push_back(std::move(tree));
    }
    return proving;
}

Proving::~Proving() { stop(); }

void Proving::start() {
    thread_ = std::thread([this] { run(); });
    for (const auto& tree : trees_) {
        subscriptions_.push_back(
            journal_.follow(tree->partition(), Sequence(tree->size()), [this](Sequence) {
                const std::lock_guard lock(mutex_);
                grown_ = true;
                wake_.notify_one();
            }));
    }
}

void Proving::stop() {
    subscriptions_.clear();
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        wake_.notify_one();
    }
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Proving::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        wake_.wait(lock, [this] { return grown_ || stopping_; });
        if (stopping_) {
            return;
        }
        grown_ = false;
        lock.unlock();
        catch_up();
        lock.lock();
        if (failing_) {
            grown_ = true;
            wake_.wait_for(lock, retry_pause, [this] { return stopping_; });
        }
    }
}

void Proving::catch_up() {
    std::optional<Error> failing;
    for (const auto& tree : trees_) {
        if (const auto done = tree->catch_up(journal_); !done) {
            failing = done.error();
        }
    }
    const std::lock_guard lock(mutex_);
    failing_ = std::move(failing);
}

void Proving::record_cut(runtime::CommandService& commands, const control::Snapshots& control,
                         const Clock& clock, Entropy& entropy) {
    const control::SnapshotPtr known = control.latest();
    control::RecordCut cut;
    bool grown = false;
    for (const auto& tree : trees_) {
        const tlog::TreeHead head = tree->head();
        const auto before = known->state->cuts.sizes.find(tree->partition());
        const std::uint64_t size = before == known->state->cuts.sizes.end() ? 0 : before->second;
        if (head.size <= size) {
            continue;
        }
        // The last cut itself made control one record longer.
        grown =
            grown || tree->partition() != control_partition || size == 0 || head.size > size + 1;
        cut.partitions.push_back({tree->partition(), head.size, head.root});
    }
    if (!grown || cutting_.exchange(true)) {
        return;
    }
    commands.submit(control::Command(control::PlatformCommand(std::move(cut))),
                    timer_command(entropy.draw<CommandId>(), clock.now()),
                    [this](const Result<runtime::Receipt>&) { cutting_.store(false); });
}

std::optional<Error> Proving::failing() const {
    const std::lock_guard lock(mutex_);
    return failing_;
}

}  // namespace chopmark::ops
