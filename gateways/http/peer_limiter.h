// How much one peer address may ask: open connections, and requests by token bucket; and how much
// all of them together. Of what all may send at once, half is left to those who ask for less than
// their even share of a second, and the last quarter to addresses from which somebody has proved
// lately who they are. The table of addresses is bounded; when it is full of busy ones,
// newcomers share a single bucket, so a flood of addresses limits itself and not those already
// here. Safe from any thread; time is given.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "events/core/bytes.h"
#include "gateways/http/options.h"

namespace chopmark::http {

/// An IPv4 address (mapped), or the /64 of an IPv6 one.
struct PeerKey {
    ByteArray<16> bytes{};
    bool loopback = false;

    /// From the 16 bytes of an IPv6 or mapped IPv4 address.
    static PeerKey of(const ByteArray<16>& address);
    friend bool operator==(const PeerKey&, const PeerKey&) = default;
};

class PeerLimiter {
  public:
    using Time = std::chrono::steady_clock::time_point;

    explicit PeerLimiter(const PeerOptions& options)
        : options_(options), all_{.tokens = options.all_burst, .refilled = {}} {}

    /// Nothing: no further connection. Otherwise the key under which this one counts: MUST be given
    /// to close() once.
    std::optional<PeerKey> open(const PeerKey& peer, Time now);
    void close(const PeerKey& peer);
    /// False: too many requests, of this peer or of all. Takes a token of both otherwise.
    bool request(const PeerKey& peer, Time now);
    /// Somebody at this address, which has open connections, has proved who they are.
    void vouch(const PeerKey& peer, Time now);

    [[nodiscard]] std::size_t entries() const;

  private:
    struct Entry {
        std::size_t connections = 0;
        double tokens = 0;
        Time refilled{};
        Time vouched{};            // never: the epoch
        std::uint64_t second = 0;  // in which it last asked
        double asked = 0;          // in that second
        double asked_before = 0;   // in the one before
    };
    struct Hash {
        std::size_t operator()(const PeerKey& key) const;
    };

    [[nodiscard]] bool exempt(const PeerKey& peer) const {
        return options_.exempt_loopback && peer.loopback;
    }
    using Entries = std::unordered_map<PeerKey, Entry, Hash>;
    Entries::iterator entry_of(const PeerKey& peer, Time now);
    [[nodiscard]] static bool is_known(const Entry& entry, Time now);
    [[nodiscard]] double left_by(const Entry& entry, Time now) const;
    void count(Entry& entry, Time now);
    struct Rate {
        double per_second = 0;
        double burst = 0;
    };
    static void refill(Entry& entry, const Rate& rate, Time now);
    [[nodiscard]] Rate of_one() const { return {options_.requests_per_second, options_.burst}; }
    void forget_quiet(Time now);

    const PeerOptions options_;
    mutable std::mutex mutex_;
    Entries entries_;
    Entry all_;
    std::uint64_t second_ = 0;       // of the counts
    std::size_t asking_ = 0;         // addresses, in this second
    std::size_t asking_before_ = 0;  // likewise, in the one before
    Time swept_;
};

}  // namespace chopmark::http
