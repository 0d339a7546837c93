// The anomaly fold over a journal and a row store in memory: append events, cut, fold, kill the
// fold and start it again, look at rows and findings. Layers are in clear.
#pragma once

#include <map>
#include <memory>

#include "anomaly/runner/alert_runner.h"
#include "events/core/clock.h"
#include "events/fold/memory_rows.h"
#include "tests/support/plain_journal.h"

namespace chopmark::test {

class AnomalyRig {
  public:
    struct Person {
        AccountId account;
        KeyIndex key;
    };
    /// Of slot `serial`·7, so that people lie in both partitions.
    static Person person(std::uint16_t serial);
    template <class Event>
    static Event about(const Person& who) {
        Event event;
        event.mutable_link()->mutable_head()->set_account_id(who.account.to_bytes());
        event.mutable_link()->mutable_head()->set_key_index(who.key.value());
        return event;
    }

    explicit AnomalyRig(anomaly::Rules rules = anomaly::all_rules(),
                        const anomaly::AnomalyFold::Options& options = {});
    ~AnomalyRig();

    /// In the partition of its account; without one in control.
    journal::EntryPtr append(const schema::Event& event, Instant at);
    /// All that is there so far may be folded.
    void cut(Instant at);
    void fold();
    bool pump();
    /// Ends the fold, takes back as many commits as a power cut might, starts it again.
    void restart(std::size_t lost_commits = 0);
    /// As the last two, and all findings there are.
    std::vector<anomaly::Finding> findings(Instant at);

    [[nodiscard]] std::map<Bytes, Bytes> dump() const;
    [[nodiscard]] std::vector<anomaly::Finding> stored() const;
    anomaly::AlertRunner& runner() { return *runner_; }

    static constexpr std::uint16_t partitions = 2;
    PlainJournal journal{partitions};

  private:
    class StillClock final : public Clock {
      public:
        [[nodiscard]] Instant now() const override { return {}; }
    };
    void start();

    anomaly::AnomalyFold fold_;
    ClearVault vault_;
    StillClock clock_;
    fold::MemoryRows store_{{.buffered_commits = 64}};
    std::unique_ptr<fold::LiveTables> tables_;
    std::unique_ptr<anomaly::AlertRunner> runner_;
    std::uint64_t cuts_ = 0;
};

}  // namespace chopmark::test
