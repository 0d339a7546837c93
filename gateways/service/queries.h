// What a query row gets: the rows of views, as far as the caller needs them to have come. A caller
// names a position token that an earlier answer gave (header `Chopmark-Position`), and waits, at
// most for as long as said and without a thread, until the view has it; or names none and takes
// what there is. Safe from any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "events/core/clock.h"
#include "events/fold/runner.h"
#include "gateways/service/secrets.h"

namespace chopmark::service {

inline constexpr std::string_view position_header = "Chopmark-Position";
inline constexpr Duration position_wait = std::chrono::seconds(2);

class Queries {
  public:
    /// Waits for one of the views to come so far; of a Runner, or of what stands for it in a test.
    using Wait = std::function<void(std::string_view view, const fold::Positions& wanted,
                                    Instant deadline, fold::Reached reached)>;

    /// All must outlive the queries.
    Queries(const fold::LiveTables& tables, Wait wait, const Secrets& secrets, const Clock& clock)
        : tables_(tables), wait_(std::move(wait)), secrets_(secrets), clock_(clock) {}

    /// The rows as they are.
    [[nodiscard]] Result<fold::Reading> any(std::string_view view) const;

    using Ready = std::function<void(Result<fold::Reading>)>;
    /// `ready` is called once: at once when there is no token or the view is there already, else on
    /// the folding thread, where it MUST NOT take long. position.bad_token, fold.wait_expired.
    void read(std::string_view view, std::string_view token, Ready ready) const;

    /// The token of a reader who has to see this record.
    [[nodiscard]] std::string token(PartitionId partition, Sequence sequence) const;

  private:
    const fold::LiveTables& tables_;
    Wait wait_;
    const Secrets& secrets_;
    const Clock& clock_;
};

}  // namespace chopmark::service
