#include "gateways/http/peer_limiter.h"

#include <algorithm>

#include "events/core/ensure.h"

namespace chopmark::http {
namespace {

constexpr std::string_view mapped_prefix("\0\0\0\0\0\0\0\0\0\0\xFF\xFF", 12);
/// All newcomers to a full table; no peer has this address (it is in multicast).
constexpr PeerKey shared_key = [] {
    PeerKey key;
    key.bytes.fill(0xFF);
    return key;
}();
/// How long an address stands before strangers after somebody there proved who they are.
constexpr std::chrono::minutes known_for{1};

}  // namespace

PeerKey PeerKey::of(const ByteArray<16>& address) {
    PeerKey key{address, false};
    if (view(address).starts_with(mapped_prefix)) {
        key.loopback = address[12] == 127;
        return key;
    }
    ByteArray<16> self{};
    self[15] = 1;
    key.loopback = address == self;
    std::fill(key.bytes.begin() + 8, key.bytes.end(), std::uint8_t{0});
    return key;
}

std::size_t PeerLimiter::Hash::operator()(const PeerKey& key) const {
    return std::hash<std::string_view>()(view(key.bytes));
}

std::optional<PeerKey> PeerLimiter::open(const PeerKey& peer, Time now) {
    if (exempt(peer)) {
        return peer;
    }
    const std::lock_guard lock(mutex_);
    const auto at = entry_of(peer, now);
    if (at->second.connections >= options_.connections) {
        return std::nullopt;
    }
    ++at->second.connections;
    return at->first;
}

void PeerLimiter::close(const PeerKey& peer) {
    if (exempt(peer)) {
        return;
    }
    const std::lock_guard lock(mutex_);
    // An entry with open connections is never forgotten.
    const auto found = entries_.find(peer);
    ensure(found != entries_.end() && found->second.connections > 0, "close() follows open()");
    --found->second.connections;
}

bool PeerLimiter::request(const PeerKey& peer, Time now) {
    if (exempt(peer)) {
        return true;
    }
    const std::lock_guard lock(mutex_);
    Entry& entry = entry_of(peer, now)->second;
    refill(entry, of_one(), now);
    refill(all_, {options_.all_requests_per_second, options_.all_burst}, now);
    count(entry, now);
    if (entry.tokens < 1 || all_.tokens < 1 + left_by(entry, now)) {
        return false;
    }
    entry.tokens -= 1;
    all_.tokens -= 1;
    return true;
}

bool PeerLimiter::is_known(const Entry& entry, Time now) {
    return entry.vouched != Time() && now - entry.vouched < known_for;
}

/// Tokens of all that this one leaves to others.
double PeerLimiter::left_by(const Entry& entry, Time now) const {
    const auto peers = static_cast<double>(std::max({asking_, asking_before_, std::size_t{1}}));
    const double share = std::max(1.0, options_.all_requests_per_second / peers);
    const bool modest = std::max(entry.asked, entry.asked_before) <= share;
    return is_known(entry, now) ? 0 : options_.all_burst / (modest ? 4 : 2);
}

/// What is asked, not what is granted: who floods and is refused floods on.
void PeerLimiter::count(Entry& entry, Time now) {
    const auto second = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
    if (second != second_) {
        asking_before_ = second == second_ + 1 ? asking_ : 0;
        asking_ = 0;
        second_ = second;
    }
    if (entry.second != second_) {
        entry.asked_before = entry.second + 1 == second_ ? entry.asked : 0;
        entry.asked = 0;
        entry.second = second_;
        ++asking_;
    }
    entry.asked += 1;
}

void PeerLimiter::vouch(const PeerKey& peer, Time now) {
    // Whoever shares a bucket with everybody is not told from them.
    if (exempt(peer) || peer == shared_key) {
        return;
    }
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(peer);
    if (found != entries_.end()) {
        found->second.vouched = now;
    }
}

std::size_t PeerLimiter::entries() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
}

PeerLimiter::Entries::iterator PeerLimiter::entry_of(const PeerKey& peer, Time now) {
    const auto found = entries_.find(peer);
    if (found != entries_.end()) {
        return found;
    }
    if (entries_.size() >= options_.table_entries) {
        forget_quiet(now);
    }
    const bool full = entries_.size() >= options_.table_entries;
    return entries_
        .emplace(full ? shared_key : peer, Entry{.tokens = options_.burst, .refilled = now})
        .first;
}

void PeerLimiter::refill(Entry& entry, const Rate& rate, Time now) {
    const double seconds = std::chrono::duration<double>(now - entry.refilled).count();
    if (seconds > 0) {
        entry.tokens = std::min(rate.burst, entry.tokens + seconds * rate.per_second);
        entry.refilled = now;
    }
}

void PeerLimiter::forget_quiet(Time now) {
    // A sweep of a full table costs milliseconds: once a second, whatever arrives.
    if (now - swept_ < std::chrono::seconds(1)) {
        return;
    }
    swept_ = now;
    for (auto at = entries_.begin(); at != entries_.end();) {
        refill(at->second, of_one(), now);
        const bool quiet = at->second.connections == 0 && at->second.tokens >= options_.burst &&
                           !is_known(at->second, now);
        at = quiet ? entries_.erase(at) : std::next(at);
    }
}

}  // namespace chopmark::http
