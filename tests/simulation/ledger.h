// What the journal of a simulated node held when it was first read: the simulation's own memory of
// the log, against which every later reading, every receipt and every refusal is held. Says by test
// failures which law was broken. One thread.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aggregates/runtime/receipt.h"
#include "events/journal/journal.h"
#include "events/keys/event_vault.h"
#include "tests/simulation/witness.h"
#include "tests/support/gateway_bench.h"

namespace chopmark::test {

class Ledger {
  public:
    /// Reads what is new: sequences without gap, each record behind its predecessor's hash,
    /// recorded_at never falling, event ids and command ids once in the whole log, rp_seq of a
    /// client in a partition one by one.
    void read(const journal::Journal& journal, const keys::EventVault& vault);
    /// Reads everything again, as after a restart: the same bytes.
    void read_again(const journal::Journal& journal);

    /// An answer against the log and against earlier answers to the same command.
    void settle(const AskedCommand& asked, Instant now);

    [[nodiscard]] std::size_t records() const;
    /// How many of each type, by name.
    [[nodiscard]] const std::map<std::string, std::uint64_t>& types() const { return types_; }

  private:
    struct Line {
        Digest bytes;
        EventId event;
        Instant recorded_at;
        std::optional<CommandId> command;
    };
    struct Refusal {
        std::string reason;
        unsigned life = 0;
        Instant at;
    };
    struct Recorded {
        EventId event;
        Instant at;
    };
    struct Partition {
        std::vector<Line> lines;
        Digest previous;
        std::map<ClientId, std::uint64_t> rp_seq;
    };

    void read_entry(Partition& partition, const journal::Entry& entry,
                    const keys::EventVault& vault);
    void read_event(Partition& partition, Line& line, const schema::Event& event);
    void settle_receipt(const AskedCommand& asked, const runtime::Receipt& receipt);
    void settle_error(const AskedCommand& asked, const Error& error, Instant now);

    std::array<Partition, GatewayBench::partitions + 1U> partitions_;
    std::set<EventId> events_;
    std::map<CommandId, Recorded> commands_;  // found in the log
    std::map<CommandId, Refusal> refused_;    // for good
    std::map<std::string, std::uint64_t> types_;
};

}  // namespace chopmark::test
