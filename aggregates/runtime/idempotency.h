// The window in which a repeated command id is recognised (design 3, A12). One table a partition,
// in memory only: an owner that takes over refills it from the last 30 minutes of the log, where
// every link box names the command that caused it. Refusals are remembered beside it by the owner
// that gave them, so that a refusal is not contradicted by a later acceptance of the same id.
// Time is recorded time. Not thread-safe: the executor's strand owns it.
#pragma once

#include <deque>
#include <optional>
#include <unordered_map>
#include <variant>

#include "aggregates/command.h"
#include "events/core/limits.h"
#include "events/core/result.h"

namespace chopmark::runtime {

inline constexpr Reason command_too_old{"command.too_old", Kind::expired};
inline constexpr Reason command_from_future{"command.from_future", Kind::invalid};
inline constexpr Reason command_id_reused{"command.id_reused", Kind::conflict};

class IdempotencyWindow {
  public:
    struct Options {
        /// How long a command id is honoured, in recorded time; an older command is refused.
        Duration window = limits::idempotency_window;
        /// How far a caller's clock may be ahead; a command from beyond is refused. Outcomes are
        /// kept that much longer than the window, so that what is forgotten is always too old.
        Duration ahead = limits::caller_clock_ahead;
        /// Refusals remembered at most; the oldest is forgotten first.
        std::size_t refusals = 65'536;
    };

    explicit IdempotencyWindow(Options options) : options_(options) {}

    /// The record that this command became, or the reason it was refused for.
    using Outcome = std::variant<Sequence, Reason>;

    /// Nothing for a command that is new; its outcome for a repetition; command.too_old,
    /// command.from_future or command.id_reused.
    Result<std::optional<Outcome>> look_up(const CommandHead& command, Instant now) const;

    void accepted(const CommandId& id, const Digest& digest, Sequence sequence, Instant at);
    void refused(const CommandId& id, const Digest& digest, const Reason& reason, Instant at);
    /// Forgets what no caller may repeat any more.
    void expire(Instant now);

    [[nodiscard]] std::size_t size() const { return table_.size(); }
    /// How far back the log is read to refill the table.
    [[nodiscard]] Duration kept() const { return options_.window + options_.ahead; }

  private:
    // 16 bytes of the id and 8 of the digest are enough: both are SHA-256 values, and the table has
    // to hold 10 million entries in a surge.
    using Fingerprint = OpaqueId<struct FingerprintTag, 16>;
    struct Known {
        std::uint64_t digest;
        Outcome outcome;
    };
    struct Age {
        Instant at;
        Fingerprint id;
    };

    static Fingerprint fingerprint(const CommandId& id);
    static std::uint64_t short_digest(const Digest& digest);
    void remember(std::deque<Age>& ages, const CommandId& id, Known known, Instant at);
    void forget_front(std::deque<Age>& ages);

    Options options_;
    std::unordered_map<Fingerprint, Known> table_;
    std::deque<Age> accepted_;  // in order of time
    std::deque<Age> refused_;
};

}  // namespace chopmark::runtime
