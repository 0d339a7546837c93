#include "ops/attendance.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "gateways/admin/admin_desk.h"

namespace chopmark::ops {
namespace {

constexpr Duration look_pause = std::chrono::milliseconds(10);

}  // namespace

void Attendance::tick() {
    const std::string barred = around_.barred();
    Part expected = Part::barred;
    if (barred.empty()) {
        part_.compare_exchange_strong(expected, Part::catching_up);
    } else {
        expected = Part::taken;
        if (part_.compare_exchange_strong(expected, Part::barring)) {
            around_.log.error("node.barred", {{"reason", barred}});
            const bool taken = around_.pool.try_post([this] {
                leave();
                Part barring = Part::barring;
                part_.compare_exchange_strong(barring, Part::barred);
            });
            if (!taken) {
                part_.store(Part::taken);  // tried again
            }
        }
        return;
    }
    expected = Part::catching_up;
    if (around_.caught_up() && part_.compare_exchange_strong(expected, Part::joining) &&
        !around_.pool.try_post([this] { join(); })) {
        part_.store(Part::catching_up);
    }
}

/// Whoever has not read the log yet would take partitions and not serve them.
void Attendance::join() {
    const std::lock_guard lock(group_mutex_);
    if (part_.load() != Part::joining) {
        return;
    }
    settled_.store(false);
    const auto started = around_.membership->start([this](const Ownership& ownership) {
        around_.log.info("node.assigned", {{"settled", ownership.settled},
                                           {"partitions", ownership.partitions.size()}});
        around_.assign(ownership);
        settled_.store(ownership.settled);
    });
    if (!started) {
        around_.log.error("node.not_joined", {{"error", started.error()}});
    }
    Part joining = Part::joining;
    part_.compare_exchange_strong(joining, started ? Part::taken : Part::catching_up);
}

/// Nothing is wanted any more when it returns.
bool Attendance::leave() {
    {
        const std::lock_guard lock(group_mutex_);
        around_.membership->stop();
    }
    around_.assign({true, {}});
    return around_.served() == 0;
}

bool Attendance::wait_for_successors(Duration within) {
    const auto began = std::chrono::steady_clock::now();
    const std::uint64_t before = around_.served();
    std::uint64_t served = before;
    while (served > 0 &&
           std::chrono::steady_clock::now() <
               began + (served == before ? std::min(within, options_.successor) : within)) {
        std::this_thread::sleep_for(look_pause);
        served = around_.served();
    }
    return served == 0;
}

bool Attendance::hand_over(Duration within) {
    part_.store(Part::left);
    return leave() || wait_for_successors(within);
}

void Attendance::drain(Drained drained) {
    Part expected = Part::taken;
    if (!part_.compare_exchange_strong(expected, Part::draining)) {
        drained(Error(admin::node_draining));
        return;
    }
    const auto told = std::make_shared<Drained>(std::move(drained));
    const bool taken = around_.pool.try_post([this, told] {
        const auto began = std::chrono::steady_clock::now();
        around_.log.info("node.drain_begun", {});
        const bool over = leave() || wait_for_successors(options_.drain);
        const auto took =
            std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - began);
        Part draining = Part::draining;  // unless the node is stopping
        part_.compare_exchange_strong(draining, over ? Part::drained : Part::catching_up);
        around_.log.info("node.drain_ended",
                         {{"handed_over", over}, {"took_ms", took.count() / 1000}});
        (*told)(over ? Result<Duration>(took) : Result<Duration>(Error(admin::node_no_successor)));
    });
    if (!taken) {
        part_.store(Part::taken);
        (*told)(Error(admin::node_draining, "no thread to do it"));
    }
}

/// The timer joins again.
Result<void> Attendance::resume() {
    Part expected = Part::drained;
    if (!part_.compare_exchange_strong(expected, Part::catching_up)) {
        return admin::node_not_drained;
    }
    around_.log.info("node.resumed", {});
    return {};
}

void Attendance::stop() {
    part_.store(Part::left);
    const std::lock_guard lock(group_mutex_);
    around_.membership->stop();
}

std::vector<std::string> Attendance::not_ready() const {
    if (const std::string barred = around_.barred(); !barred.empty()) {
        return {barred};
    }
    switch (part_.load()) {
        case Part::catching_up:
        case Part::joining:
        case Part::barring:  // no longer
        case Part::barred:
            return {"journal.catching_up"};
        case Part::taken:
            return settled_.load() ? std::vector<std::string>()
                                   : std::vector<std::string>{"node.not_assigned"};
        case Part::drained:
            return {"node.drained"};
        case Part::draining:
        case Part::left:
            return {"node.leaving"};
    }
    return {};
}

}  // namespace chopmark::ops
