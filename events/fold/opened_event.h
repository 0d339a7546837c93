// What a fold is given: an accepted record with its place, its leaf and link layers opened, and its
// personal box as it is stored, sealed. A fold copies the box into its rows and never opens it, so
// that it needs no person's key and gives the same bytes before and after an erasure (design 5).
#pragma once

#include "events/core/ensure.h"
#include "events/journal/journal.h"
#include "events/record/prelude.h"
#include "events/schema/catalog.h"

namespace chopmark::fold {

class OpenedEvent {
  public:
    /// `event` is null for folds that read preludes only. Everything must outlive this object.
    OpenedEvent(const journal::Entry& entry, const record::Prelude& prelude,
                const schema::Event* event)
        : entry_(&entry), prelude_(&prelude), event_(event) {}

    [[nodiscard]] const journal::Entry& entry() const { return *entry_; }
    [[nodiscard]] const record::Prelude& prelude() const { return *prelude_; }
    /// Leaf and link layer; has_personal() is false.
    [[nodiscard]] const schema::Event& event() const {
        ensure(event_ != nullptr, "a fold that reads events");
        return *event_;
    }
    /// Sealed; empty: absent.
    [[nodiscard]] ByteView personal_box() const { return entry_->record.personal_box; }

  private:
    const journal::Entry* entry_;
    const record::Prelude* prelude_;
    const schema::Event* event_;
};

/// The slot whose rows an event is about: that of its account, else of its key index, else – it
/// names no citizen – the first slot of its partition. `partitions` is P of the genesis record.
Slot slot_of(const OpenedEvent& event, std::uint16_t partitions);
/// The first slot of a citizens' partition; slot_count for the one behind the last.
std::uint16_t first_slot(PartitionId partition, std::uint16_t partitions);

}  // namespace chopmark::fold
