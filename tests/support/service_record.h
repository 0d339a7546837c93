// What a killed service said, and what its log held: every signed call of every phone with its
// answer, every record that was ever read. Held against each other after every death: an
// acknowledged event is in the log once and never changes, a refused command is not in it but as
// that refusal, and who asks the same again is told the same – but that a refusal is remembered by
// the life that gave it alone, so that an account that has changed since may be told otherwise.
// Says by test failures which law was broken. note() is safe from any thread, the rest is one
// thread's.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "events/core/ids.h"
#include "ops/data_folder.h"
#include "ops/sandbox/phone.h"
#include "tests/support/service_examination.h"

namespace chopmark::test {

class ServiceRecord {
  public:
    /// A call and its answer, or that none came.
    void note(const sandbox::SentCall& call);

    /// Reads the log of the dead node: all that was read before is there unchanged, what is new is
    /// taken. Then every answer is held against it.
    void read_log(const ops::DataFolder& data);
    /// Sends the calls since the last time once more; the node runs.
    void send_again(const sandbox::Gateways& gateways);

    [[nodiscard]] const std::set<Raised>& raised() const { return raised_; }
    struct Tally {
        std::size_t acknowledged = 0;
        std::size_t refused = 0;
        std::size_t unheard = 0;   // of which nobody knew the outcome
        std::size_t repeated = 0;  // sent again
        std::size_t records = 0;
    };
    [[nodiscard]] Tally tally() const;
    /// Acknowledgements so far; from any thread.
    [[nodiscard]] std::size_t acknowledged() const;

  private:
    struct Said {
        sandbox::SentCall call;
        CommandId command;
        std::string account;         // empty: it had none yet
        bool changed_later = false;  // by a call that followed, or may have been
    };
    struct Line {
        Digest stored;
        CommandId command;
        std::string refusal;  // of a record that is one
        std::int64_t recorded_at = 0;
    };

    void hold_against_log(const Said& said) const;
    void compare(const Said& first, const sandbox::Answer& again, bool changed) const;

    mutable std::mutex mutex_;  // guards what note() writes
    std::vector<Said> new_;     // since the last sending again
    Tally tally_;

    std::vector<Said> said_;                             // all that was answered
    std::map<PartitionId, std::vector<Digest>> stored_;  // by sequence
    std::map<EventId, Line> lines_;
    std::map<CommandId, EventId> commands_;
    std::set<Raised> raised_;
};

}  // namespace chopmark::test
