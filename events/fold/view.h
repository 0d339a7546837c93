// A fold over the journal: name, version, and what one event does to its rows. Views, indexes and
// detectors' tables are all of this shape; a projection adds typed queries over the same rows.
//
// apply() MUST be a function of the event and of the rows it reads through the batch, and of
// nothing else – no clock, no memory of its own, no personal key – or a rebuild would give other
// rows. One object serves live folding and a rebuild at once, from several threads.
#pragma once

#include <string_view>

#include "events/fold/opened_event.h"
#include "events/fold/row_batch.h"

namespace chopmark::fold {

/// Which records a view sees, and in which order.
enum class Scope : std::uint8_t {
    /// The control partition.
    control,
    /// The citizens' partitions. Every row that an event reads or writes begins with the two bytes
    /// of slot_of(event), so a rebuild folds slot by slot.
    slots,
    /// All partitions, each in its order; rows MUST NOT depend on how partitions interleave.
    partitions,
    /// All partitions cut by cut, inside a cut by (recorded_at, partition, sequence).
    cuts,
};

enum class Reads : std::uint8_t { prelude, event };

class View {
  public:
    virtual ~View() = default;
    /// Lower-case letters, digits and underscores; frozen.
    [[nodiscard]] virtual std::string_view name() const = 0;
    /// Raised with every change of rows or of what they mean: the view is then made anew.
    [[nodiscard]] virtual std::uint32_t version() const = 0;
    [[nodiscard]] virtual Scope scope() const = 0;
    /// A view that reads preludes also sees records of fixed tail and of types unknown here.
    [[nodiscard]] virtual Reads reads() const { return Reads::event; }
    /// Types that apply() would ignore need not be opened. Asked with known types only.
    [[nodiscard]] virtual bool wants(record::TypeNumber) const { return true; }

    /// An error stops the view at this event.
    virtual Result<void> apply(const OpenedEvent& event, RowBatch& rows) const = 0;

    /// apply() only puts rows and never looks at any, and no two events put the same key: then a
    /// rebuild may put them in order at the end, whatever their keys.
    [[nodiscard]] virtual bool only_adds() const { return false; }
};

/// Whether views of this scope see the records of this partition.
bool follows(Scope scope, PartitionId partition);
/// Whether apply() is called for records of this type. One that is not in the catalogue is either
/// retired or unknown, and opening it tells: an unknown one stops the views that read events.
bool is_given(const View& view, record::TypeNumber type);

}  // namespace chopmark::fold
