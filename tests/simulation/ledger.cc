#include "tests/simulation/ledger.h"

#include <gtest/gtest.h>

#include "aggregates/runtime/idempotency.h"
#include "events/core/limits.h"
#include "events/crypto/digest.h"
#include "events/journal/opening_records.h"
#include "events/schema/codec.h"
#include "events/schema/event.h"

namespace chopmark::test {
namespace {

constexpr std::size_t page_records = 256;

std::vector<journal::EntryPtr> page_of(const journal::Journal& journal, PartitionId partition,
                                       std::size_t from) {
    return journal.read(partition, Sequence(from), {page_records, 1U << 22U}).value();
}

Digest bytes_of(const journal::Entry& entry) {
    return crypto::sha256(record::encode(entry.record));
}

/// The client whose sequence the event counts in, and its number.
std::optional<std::pair<ClientId, std::uint64_t>> client_number(const schema::Event& event) {
    return std::visit(
        [](const auto& one) -> std::optional<std::pair<ClientId, std::uint64_t>> {
            if constexpr (requires {
                              one.leaf().rp_seq();
                              one.leaf().client_id();
                          }) {
                if (const auto client = ClientId::from_bytes(one.leaf().client_id())) {
                    return std::pair(*client, std::uint64_t{one.leaf().rp_seq()});
                }
            }
            return std::nullopt;
        },
        event);
}

/// Of the state that was decided on, so that the same command has to meet it again. What a caller
/// may send again as soon as it likes, and what the id itself was refused for, are not.
bool is_lasting(const Error& error) {
    const std::string_view name = error.reason.name;
    return error.kind() != Kind::busy && error.kind() != Kind::unavailable &&
           !(error == evidence_stale) && !name.starts_with("command.") &&
           !name.starts_with("event.") && !name.starts_with("keys.");
}

}  // namespace

void Ledger::read(const journal::Journal& journal, const keys::EventVault& vault) {
    for (std::uint16_t number = 0; number < partitions_.size(); ++number) {
        Partition& partition = partitions_[number];
        for (;;) {
            const auto page = page_of(journal, PartitionId(number), partition.lines.size());
            if (page.empty()) {
                break;
            }
            for (const auto& entry : page) {
                read_entry(partition, *entry, vault);
            }
        }
    }
}

void Ledger::read_again(const journal::Journal& journal) {
    for (std::uint16_t number = 0; number < partitions_.size(); ++number) {
        const Partition& partition = partitions_[number];
        std::size_t at = 0;
        while (at < partition.lines.size()) {
            const auto page = page_of(journal, PartitionId(number), at);
            ASSERT_FALSE(page.empty()) << "records are gone from partition " << number;
            for (const auto& entry : page) {
                if (at < partition.lines.size()) {
                    EXPECT_EQ(bytes_of(*entry), partition.lines[at].bytes)
                        << "partition " << number << " sequence " << at;
                }
                ++at;
            }
        }
    }
}

void Ledger::read_entry(Partition& partition, const journal::Entry& entry,
                        const keys::EventVault& vault) {
    const auto prelude = record::decode_prelude(entry.record.leaf).value();
    EXPECT_EQ(entry.sequence.value(), partition.lines.size());
    if (prelude.type != journal::term_opened) {  // which stands wherever it lands
        EXPECT_EQ(prelude.sequence, entry.sequence);
        EXPECT_EQ(prelude.previous, partition.previous);
    }
    EXPECT_TRUE(events_.insert(prelude.event_id).second) << "an event id twice";
    // A TermOpened is dated when it is sent: what lands before it may be later by a little.
    const Instant latest = partition.lines.empty() ? Instant() : partition.lines.back().recorded_at;
    if (prelude.type != journal::term_opened) {
        EXPECT_GE(prelude.recorded_at, latest);
    }
    Line line{bytes_of(entry), prelude.event_id, std::max(latest, prelude.recorded_at),
              std::nullopt};
    if (!journal::has_fixed_tail(prelude.type)) {
        const auto event = vault.open(entry.record);
        ASSERT_TRUE(event.has_value()) << to_string(event.error());
        read_event(partition, line, *event);
    }
    partition.previous = entry.leaf_hash;
    partition.lines.push_back(line);
}

void Ledger::read_event(Partition& partition, Line& line, const schema::Event& event) {
    ++types_[std::string(schema::info_of(event).name)];
    if (const auto counted = client_number(event)) {
        EXPECT_EQ(counted->second, ++partition.rp_seq[counted->first])
            << "rp_seq of " << counted->first.hex() << " in " << schema::info_of(event).name;
    }
    line.command = CommandId::from_bytes(schema::link_head(event).command_id());
    if (line.command) {
        EXPECT_TRUE(commands_.emplace(*line.command, Recorded{line.event, line.recorded_at}).second)
            << "a command recorded twice: " << schema::info_of(event).name;
    }
}

void Ledger::settle(const AskedCommand& asked, Instant now) {
    if (*asked.outcome) {
        settle_receipt(asked, **asked.outcome);
    } else {
        settle_error(asked, asked.outcome->error(), now);
    }
}

void Ledger::settle_receipt(const AskedCommand& asked, const runtime::Receipt& receipt) {
    const auto& lines = partitions_.at(receipt.partition.value()).lines;
    ASSERT_LT(receipt.sequence.value(), lines.size()) << "acknowledged, but not in the journal";
    const Line& line = lines[receipt.sequence.value()];
    EXPECT_EQ(line.event, receipt.event_id);
    EXPECT_EQ(line.recorded_at, receipt.recorded_at);
    EXPECT_EQ(line.command, asked.head.id);
    const auto refusal = refused_.find(asked.head.id);
    const bool remembered = refusal != refused_.end() &&
                            refusal->second.at + limits::idempotency_window > receipt.recorded_at;
    if (remembered && refusal->second.life == asked.life && !asked.sent_elsewhere) {
        ADD_FAILURE() << "accepted after it was refused for " << refusal->second.reason;
    }
}

void Ledger::settle_error(const AskedCommand& asked, const Error& error, Instant now) {
    // A follow-up is sent under the same id for as long as its answer is owed, each time anew: what
    // its id became is forgotten by then.
    const auto is_over = [now](Instant since) {
        return since + limits::idempotency_window <= now + std::chrono::seconds(1);
    };
    const bool over = is_over(asked.head.issued_at);
    if (error == runtime::command_too_old) {
        EXPECT_TRUE(over) << "too old within the window";
    }
    const auto recorded = commands_.find(asked.head.id);
    if (error == runtime::term_lost && !asked.sent_elsewhere && !over) {
        EXPECT_EQ(recorded, commands_.end()) << "said to be lost, but recorded";
    }
    if (!is_lasting(error)) {
        return;
    }
    if (recorded != commands_.end() && !asked.sent_elsewhere && !over &&
        !is_over(recorded->second.at)) {
        ADD_FAILURE() << "refused, though recorded: " << to_string(error);
    }
    const Refusal refusal{std::string(error.reason.name), asked.life, now};
    const auto [known, first] = refused_.emplace(asked.head.id, refusal);
    const bool same_life = !first && known->second.life == asked.life;
    if (same_life && !over && !is_over(known->second.at) && !asked.sent_elsewhere) {
        EXPECT_EQ(error.reason.name, known->second.reason)
            << "refused for another reason, asked at " << asked.head.issued_at.seconds() << ", now "
            << now.seconds();
    }
    // Who is told of a refusal again does not make it younger; a caller's clock may be ahead.
    const Instant forgotten =
        known->second.at + limits::idempotency_window + limits::caller_clock_ahead;
    if (!same_life || forgotten <= now) {
        known->second = refusal;
    }
}

std::size_t Ledger::records() const {
    std::size_t out = 0;
    for (const Partition& partition : partitions_) {
        out += partition.lines.size();
    }
    return out;
}

}  // namespace chopmark::test
