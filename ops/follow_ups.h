// Asks outside parties for what recorded events wait for – certificates, notices, callbacks, cases
// – until the state shows the answer (design 3, A14). The state alone says what is outstanding, so
// nothing is lost in a crash and nothing is kept here but when to try again: 1 s after the first
// failure, twice as long after each further one up to five minutes, each time with a jitter. Names
// without a handler are left alone. Safe from any thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "aggregates/follow_up.h"
#include "events/core/clock.h"
#include "events/core/entropy.h"
#include "events/core/ids.h"
#include "events/core/result.h"
#include "events/core/strand.h"

namespace chopmark::ops {

struct OwedAnswer {
    AccountId account;
    FollowUp follow_up;
    unsigned failures = 0;  // of this process
    EventId opened{};       // of a claimed request: its RequestOpened; the account is its id
};

class FollowUps {
  public:
    struct Options {
        Duration first_pause = std::chrono::seconds(1);
        Duration longest_pause = std::chrono::minutes(5);
        std::size_t at_once = 1024;  // handlers that have not said done
    };
    /// Handed on, or why not: an error is tried again. Called once, from any thread.
    using Done = std::function<void(Result<void>)>;
    /// Runs in the work pool and may block on an outside party.
    using Handler = std::function<void(const OwedAnswer&, Done)>;

    /// All must outlive the object.
    FollowUps(const Options& options, WorkPool& work, const Clock& clock, Entropy& entropy)
        : options_(options), work_(work), clock_(clock), entropy_(entropy) {}

    /// Before the first look.
    void handle(std::string name, Handler handler) {
        handlers_[std::move(name)] = std::move(handler);
    }

    /// Some of what is outstanding now; what failed and is in no such list for ten minutes is
    /// forgotten. Called often: costs nothing for what is not in the list.
    void look(const std::vector<OwedAnswer>& owed);

    /// When an answer that failed at this node is asked for again; nothing for one that is being
    /// asked for, did not fail, or is not known.
    [[nodiscard]] std::optional<Instant> next_of(const AccountId& account, const EventId& cause,
                                                 std::string_view name) const;

    struct Probe {
        std::uint64_t done = 0;
        std::uint64_t failed = 0;
        std::size_t known = 0;
        std::size_t running = 0;
    };
    [[nodiscard]] Probe probe() const;

  private:
    struct Key {
        AccountId account;
        EventId cause;
        std::string_view name;
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    struct Attempt {
        bool running = false;
        unsigned failures = 0;
        Instant next;
        Instant seen;
    };

    void begin(const Key& key, OwedAnswer owed);
    void finish(const Key& key, const Result<void>& outcome);
    [[nodiscard]] Duration pause_after(unsigned failures);
    void forget(Instant now);

    const Options options_;
    WorkPool& work_;
    const Clock& clock_;
    Entropy& entropy_;
    std::map<std::string, Handler, std::less<>> handlers_;

    mutable std::mutex mutex_;
    std::map<Key, Attempt> attempts_;
    std::deque<std::pair<Instant, Key>> done_;  // and when; the oldest first
    Instant swept_;
    Probe probe_;
};

}  // namespace chopmark::ops
