// Turns events into records and records into events: the layers are serialised by events/schema,
// sealed and opened with the keys of events/keys. A port, so that the deciding rooms never see a
// key. All methods are safe from any thread and deterministic but for the keys in force.
#pragma once

#include "events/record/record.h"
#include "events/record/stamp.h"
#include "events/schema/catalog.h"

namespace chopmark::keys {

/// Whose keys seal a record, and into which partition it goes.
struct Sealing {
    PartitionId partition;
    record::Stamp stamp;
    KeyIndex key_index;  // zero: no person, the period secret alone
};

class EventVault {
  public:
    virtual ~EventVault() = default;

    /// Sets retention, period and key commitment in the leaf head of `event` (retention only if the
    /// decision left it unspecified), seals both boxes and returns a record that lacks only its
    /// Placement. record.too_large beyond the limits.
    virtual Result<record::Record> seal(schema::Event& event, const Sealing& sealing) const = 0;

    /// Leaf and link layer; the personal layer stays absent. keys.expired when the link key's
    /// period is over: then only the leaf is there, see open_leaf.
    virtual Result<schema::Event> open(const record::Record& record) const = 0;

    /// The leaf layer alone; needs no key.
    virtual Result<schema::Event> open_leaf(const record::Record& record) const = 0;

    /// All three layers. keys.erased or keys.expired when the personal key is gone by a receipt or
    /// an expiry; keys.damaged when the box does not open although its key is there.
    virtual Result<schema::Event> open_personal(const record::Record& record) const = 0;
};

}  // namespace chopmark::keys
