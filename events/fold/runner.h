// Keeps views up to date: follows the journal, opens each event once for all its views, and commits
// their rows and positions as one. A crash loses at most what the journal gives again, so every
// event is folded exactly once. A view that fails on an event stops there and says so, alone; the
// event is never stepped over, and the next start tries it again.
//
// One runner folds on one thread: its own after start(), or whoever calls pump() – a simulation –
// but not both. Everything else may be called from any thread, though not from the callbacks of
// waits. Views of scope cuts need a runner of their own, for their order is another.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <optional>
#include <thread>

#include "events/core/clock.h"
#include "events/fold/feed.h"
#include "events/fold/live_tables.h"
#include "events/fold/position_waits.h"
#include "events/fold/view.h"
#include "events/keys/event_vault.h"

namespace chopmark::fold {

/// Rows were folded from records that the journal does not hold: it is another one, or has lost
/// its end.
inline constexpr Reason ahead_of_journal{"fold.ahead_of_journal", Kind::damaged};
inline constexpr Reason no_such_view{"fold.no_such_view", Kind::not_found};

struct StoppedAt {
    PartitionId partition;
    Sequence sequence;
    Error error;
};

struct ViewStatus {
    std::string name;
    Positions positions;
    std::uint64_t lag_records = 0;
    /// Age of the last record folded while others wait; zero when none does.
    Duration lag{};
    std::optional<StoppedAt> stopped;
};

struct RunnerProbe {
    std::uint64_t events = 0;   // times views they were given to
    std::uint64_t opened = 0;   // records whose layers were opened
    std::uint64_t expired = 0;  // records whose period is over: no view sees them
    std::uint64_t commits = 0;
    std::optional<Error> failing;  // of the last step: journal or row store, tried again
};

class Runner {
  public:
    struct Assigned {
        const View* view;
        TablePtr table;
    };
    /// Called when a view stops, on the folding thread; MUST NOT block.
    using Stopped = std::function<void(const ViewStatus&)>;

    struct Options {
        Stopped stopped{};
        /// Records behind it are left alone; for building up to a point.
        std::optional<Positions> until{};
    };

    /// What a runner works with; all of it must outlive the runner.
    struct Surroundings {
        journal::Journal& journal;
        LiveTables& tables;
        const keys::EventVault& vault;
        const Clock& clock;
    };

    /// Folds these views into these tables. fold.ahead_of_journal unless the journal holds all that
    /// was folded.
    static Result<std::unique_ptr<Runner>> open(const Surroundings& around,
                                                const std::vector<Assigned>& views,
                                                Options options);
    ~Runner();

    void start();
    /// Returns when the thread has ended; a batch in progress is finished first.
    void stop();
    /// Folds at most one batch; false when there was nothing to fold. Expires waits.
    Result<bool> pump();

    /// Calls `reached` when the view covers `wanted`, of the partitions it follows; see
    /// position_waits.h.
    void wait(std::string_view view, const Positions& wanted, Instant deadline, Reached reached);

    /// Brings a rebuilt table up to where its view is, makes it the live one and goes on in it. The
    /// view stands still meanwhile, so the table should be close. On an error nothing has changed.
    Result<void> replace(const View& view, const TablePtr& table);

    using Gone = std::function<bool(ByteView key, ByteView value)>;
    /// Erases the rows of a view that are gone by rule, as those of an expired period are, in small
    /// steps between batches; how many. The events they came from must not open any more, or a
    /// rebuild would bring them back.
    Result<std::uint64_t> sweep(std::string_view view, const Gone& gone);

    [[nodiscard]] std::vector<ViewStatus> status() const;
    [[nodiscard]] RunnerProbe probe() const;

  private:
    struct Seat {
        const View* view = nullptr;
        TablePtr table;
        Positions at;
        std::uint64_t unwritten = 0;  // records that left no row since its position was stored
        Instant folded_to;            // recorded_at of the last record folded
        std::optional<StoppedAt> stopped;
        bool announced = false;  // that it stopped
    };
    struct Step;

    Runner(const Surroundings& around, Stopped stopped);
    Result<void> seat(const Assigned& assigned);
    Result<bool> step();
    Result<bool> fold_batch();
    [[nodiscard]] Result<bool> fold_entry(const journal::Entry& entry, Step& step);
    Result<void> commit(Step& step);
    void move_on(Step& step);
    [[nodiscard]] Positions lowest() const;
    [[nodiscard]] ViewStatus status_of(const Seat& seat) const;
    void announce();
    void run();
    void follow_journal();

    Surroundings around_;
    Stopped stopped_;
    std::unique_ptr<Feed> feed_;

    mutable std::mutex folding_;  // guards seats_ and probe_
    std::vector<Seat> seats_;
    RunnerProbe probe_;
    struct Waiting {
        Scope scope = Scope::control;
        PositionWaits waits;
    };
    std::map<std::string, Waiting, std::less<>> waits_;  // fixed after open

    std::vector<std::atomic<std::uint64_t>> known_;  // next sequence, by partition
    std::mutex waking_;
    std::condition_variable wake_;
    bool grown_ = false;
    bool stopping_ = false;
    std::thread thread_;
    std::vector<std::unique_ptr<journal::Subscription>> subscriptions_;  // last: ends first
};

}  // namespace chopmark::fold
