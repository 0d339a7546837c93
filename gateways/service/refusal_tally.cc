#include "gateways/service/refusal_tally.h"

#include <algorithm>

#include "events/core/limits.h"

namespace chopmark::service {
namespace {

constexpr Duration one_minute = std::chrono::minutes(1);

Instant begin_of_minute(Instant at) {
    return Instant::from_micros(at.micros() - at.micros() % one_minute.count());
}

/// Where the iAM Smart protocol has it: in a header of signed calls, in the query of the login
/// page. Whether it is true nobody has checked.
Bytes claimed_client(const http::Call& call, const control::Snapshots& control) {
    std::string text = call.request.get_header_value("clientID");
    if (text.empty()) {
        text = call.request.get_param_value("clientID");
    }
    const auto client = ClientId::from_hex(text);
    const bool known =
        client && control::find_relying_party(*control.latest()->state, *client) != nullptr;
    return known ? client->to_bytes() : Bytes();
}

}  // namespace

RefusalTally::Minute& RefusalTally::minute_of(Instant now) {
    const Instant begin = begin_of_minute(now);
    // A clock that goes back, or a thread that was late: its failure counts for the newest.
    if (minutes_.empty() || minutes_.back().begin < begin) {
        minutes_.emplace_back().begin = begin;
        if (minutes_.size() > refusal_minutes) {
            const std::uint64_t lost = minutes_.front().total;
            minutes_.pop_front();
            minutes_.front().total += lost;
        }
    }
    return minutes_.back();
}

void RefusalTally::failed(const http::Call& call, const Reason& reason) {
    const Instant now = clock_.now();
    const schema::KeyedToken network = networks_.network(call.request.remote_addr, now);
    Key key{std::string(reason.name), network.current(), claimed_client(call, control_)};
    const std::lock_guard lock(mutex_);
    Minute& current = minute_of(now);
    ++current.total;
    const auto at = current.counts.find(key);
    if (at != current.counts.end()) {
        ++at->second.times;
    } else if (current.counts.size() < refusal_keys) {
        current.counts.emplace(std::move(key), Count{network, 1});
    }
}

std::optional<control::CountRefusals> RefusalTally::take() {
    const Instant current = begin_of_minute(clock_.now());
    Minute over;
    {
        const std::lock_guard lock(mutex_);
        if (minutes_.empty() || minutes_.front().begin >= current) {
            return std::nullopt;
        }
        over = std::move(minutes_.front());
        minutes_.pop_front();
    }
    return to_command(over);
}

control::CountRefusals RefusalTally::to_command(const Minute& minute) {
    control::CountRefusals command;
    command.minute = minute.begin;
    command.total = minute.total;
    for (const auto& [key, count] : minute.counts) {
        command.counts.push_back({std::get<0>(key), count.network, std::get<2>(key), count.times});
    }
    std::stable_sort(command.counts.begin(), command.counts.end(),
                     [](const auto& a, const auto& b) { return a.count > b.count; });
    if (command.counts.size() > refusals_recorded) {
        command.counts.resize(refusals_recorded);
    }
    return command;
}

}  // namespace chopmark::service
