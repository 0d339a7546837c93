// A journal and a vault for tests of folds: records are accepted as they are given, in memory, and
// boxes hold their layer in clear. What a fold sees is real – preludes, leaf hashes, Protobuf
// layers –, only writing and sealing are left out.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "events/journal/journal.h"
#include "events/keys/event_vault.h"
#include "events/schema/event.h"

namespace chopmark::test {

class PlainJournal final : public journal::Journal {
  public:
    /// `partitions` citizens' partitions beside control.
    explicit PlainJournal(std::uint16_t partitions) : lanes_(partitions + 1U) {}

    /// Appends an event; the id is drawn from its place, times rise by a second unless given.
    journal::EntryPtr append(PartitionId partition, const schema::Event& event,
                             std::optional<Instant> recorded_at = {});
    /// Appends a record with this type number and leaf body, known or not.
    journal::EntryPtr append_raw(PartitionId partition, record::TypeNumber type, ByteView leaf_body,
                                 ByteView link = {}, ByteView personal = {},
                                 std::optional<Instant> recorded_at = {});
    /// Drops the records from `next` on, as a journal that lost its end.
    void cut_off(PartitionId partition, Sequence next);
    /// read() fails with this error until told otherwise.
    void fail_reads(std::optional<Error> error);

    std::uint16_t partitions() const override {
        return static_cast<std::uint16_t>(lanes_.size() - 1);
    }
    Digest genesis_hash() const override { return {}; }
    Result<std::unique_ptr<journal::Writer>> open_term(PartitionId, journal::Observer&) override {
        return journal::not_ready;
    }
    Result<journal::Head> head(PartitionId partition) const override;
    Result<std::vector<journal::EntryPtr>> read(PartitionId partition, Sequence from,
                                                const journal::ReadBudget& budget) const override;
    std::unique_ptr<journal::Subscription> follow(PartitionId partition, Sequence from,
                                                  std::function<void(Sequence)> grown) override;
    journal::JournalProbe probe() const override { return {}; }

  private:
    class Following;
    mutable std::mutex mutex_;
    std::vector<std::vector<journal::EntryPtr>> lanes_;
    std::optional<Error> failure_;
    Instant last_ = Instant::from_seconds(1'767'225'600);
    std::mutex followers_mutex_;  // held during calls, so that an end waits for them
    std::map<std::uint64_t, std::pair<PartitionId, std::function<void(Sequence)>>> followers_;
    std::uint64_t next_follower_ = 0;
};

/// Opens what PlainJournal holds.
class ClearVault final : public keys::EventVault {
  public:
    Result<record::Record> seal(schema::Event& event, const keys::Sealing& sealing) const override;
    Result<schema::Event> open(const record::Record& record) const override;
    Result<schema::Event> open_leaf(const record::Record& record) const override;
    Result<schema::Event> open_personal(const record::Record& record) const override;

    /// open() of this event fails so.
    void fail(const EventId& event, std::optional<Error> error);

  private:
    mutable std::mutex mutex_;
    std::map<EventId, Error> failures_;
};

/// An account of this slot, told from others by `serial`.
AccountId account(std::uint16_t slot, std::uint64_t serial);
/// LoginApproved of this account.
schema::Event login(const AccountId& account);
/// CutRecorded with these sizes and zero roots.
schema::Event cut(const std::vector<std::pair<std::uint16_t, std::uint64_t>>& sizes);

}  // namespace chopmark::test
