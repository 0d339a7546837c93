// The views of projections/ over a journal and a row store in memory: append events, fold them in
// batches of any size, kill the fold and start it again, ask. Layers are in clear and the vault
// refuses what a test says is gone, so what a view sees and keeps is what it would see and keep of
// sealed records.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "events/fold/memory_rows.h"
#include "events/fold/rebuild.h"
#include "events/schema/event.h"
#include "projections/views.h"
#include "tests/support/plain_journal.h"
#include "tests/support/simulated.h"

namespace chopmark::test {

/// Opens layers that are in clear, as long as their keys are "there".
class LayerVault final : public keys::EventVault {
  public:
    Result<record::Record> seal(schema::Event& event, const keys::Sealing& sealing) const override;
    Result<schema::Event> open(const record::Record& record) const override;
    Result<schema::Event> open_leaf(const record::Record& record) const override;
    Result<schema::Event> open_personal(const record::Record& record) const override;

    void erase(KeyIndex person) { erased_.insert(person); }
    void expire(schema::Retention retention, keys::Period period) {
        expired_.emplace(retention, period);
    }
    void damage(const EventId& event) { damaged_.insert(event); }

  private:
    std::set<KeyIndex> erased_;
    std::set<std::pair<schema::Retention, keys::Period>> expired_;
    std::set<EventId> damaged_;
};

struct Citizen {
    AccountId account;
    KeyIndex person;
};
/// An account of this slot, told from others by `serial`.
Citizen citizen(std::uint16_t slot, std::uint8_t serial);

template <class Id>
Id id_of(std::uint8_t filler) {
    ByteArray<Id::size> bytes;
    bytes.fill(filler);
    return Id(bytes);
}

/// An event about this citizen, with nothing in it yet.
template <class Event>
Event about(const Citizen& citizen) {
    Event event;
    event.mutable_link()->mutable_head()->set_account_id(citizen.account.to_bytes());
    event.mutable_link()->mutable_head()->set_key_index(citizen.person.value());
    return event;
}

using Dump = std::map<Bytes, Bytes>;

class ViewRig {
  public:
    ViewRig();
    ~ViewRig();

    /// With class and period as the vault would set them, a second after the last one. In the
    /// partition of its citizen; without one, in control.
    journal::EntryPtr append(schema::Event event);
    journal::EntryPtr append(schema::Event event, PartitionId partition);
    void set_time(Instant next) { next_ = next; }
    [[nodiscard]] Instant time() const { return next_; }

    /// All that is there.
    void fold();
    /// Ends the fold, takes back as many commits as a power cut might, starts it again.
    void restart(std::size_t lost_commits = 0);
    /// Runs `change` on the live rows of a view, as maintenance does between batches.
    void maintain(std::string_view view, const std::function<void(fold::RowBatch&)>& change);

    [[nodiscard]] fold::Reading read(std::string_view view) const;
    [[nodiscard]] Dump dump(std::string_view view) const;
    /// What a fresh fold of the same journal gives, with the keys that are left.
    [[nodiscard]] Dump folded_anew(std::string_view view);
    /// The live rows of a view against a rebuild slot by slot.
    [[nodiscard]] fold::Difference diff_rebuilt(const fold::View& view,
                                                const std::filesystem::path& scratch);
    /// Rows written so far, positions of views included.
    [[nodiscard]] std::uint64_t puts() const;
    /// What is stored of how far the views have come.
    [[nodiscard]] Dump positions() const;

    static constexpr std::uint16_t partitions = 2;
    projections::Views views;
    PlainJournal journal{partitions};
    LayerVault vault;
    ManualClock clock;

  private:
    void start();

    fold::MemoryRows store_{{.buffered_commits = 64}};
    std::unique_ptr<fold::LiveTables> tables_;
    std::unique_ptr<fold::Runner> runner_;
    Instant next_ = Instant::from_seconds(1'767'225'600);  // 2026-01-01
};

}  // namespace chopmark::test
