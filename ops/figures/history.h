// A long journal of real events: citizens who register and then log in, each login two records,
// everything sealed with real keys, and cuts in control as a node would record them. The events say
// what decide() would have them say; nobody decides them, so that millions take minutes.
#pragma once

#include "ops/figures/log_home.h"

namespace chopmark::figures {

class History {
  public:
    /// About `events` records in `root`; says how long it took.
    static Result<std::unique_ptr<History>> make(const std::filesystem::path& root,
                                                 std::uint64_t events);

    /// Its journal is closed.
    [[nodiscard]] LogHome& home() { return *home_; }
    [[nodiscard]] std::uint64_t events() const { return events_; }

  private:
    explicit History(std::unique_ptr<LogHome> home) : home_(std::move(home)) {}
    struct Writing;

    std::unique_ptr<LogHome> home_;
    std::uint64_t events_ = 0;
};

/// The two records of a login as they lie in a journal: sealed, of a citizen in that partition.
struct LoginRecords {
    record::Record approved;
    record::Record redeemed;
};
Result<LoginRecords> sample_login(const LogHome& home, PartitionId partition);

}  // namespace chopmark::figures
