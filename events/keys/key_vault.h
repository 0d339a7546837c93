// The EventVault of a real node: layers are sealed and opened with the keys of its KeyRing. The
// personal box hangs on the person's key and the retention class of the event; the link box on the
// class and period alone. An inner `delivery` box comes in as plain content in InnerBox.box and is
// sealed on the way in, with a key of its own class, so that its values go after a day while the
// event stays (design 5).
#pragma once

#include "events/keys/event_vault.h"
#include "events/keys/key_ring.h"

namespace chopmark::keys {

class KeyVault final : public EventVault {
  public:
    /// The ring must outlive the vault.
    explicit KeyVault(const KeyRing& ring) : ring_(ring) {}

    Result<record::Record> seal(schema::Event& event, const Sealing& sealing) const override;
    Result<schema::Event> open(const record::Record& record) const override;
    Result<schema::Event> open_leaf(const record::Record& record) const override;
    /// The inner box is opened too where its key still is; otherwise its `box` is empty.
    Result<schema::Event> open_personal(const record::Record& record) const override;

  private:
    const KeyRing& ring_;
};

}  // namespace chopmark::keys
