// Opens every box of a record with a node's keys, so that "it is all there" also means "it can be
// read": the head's class and period are those of the time, the link box opens, the personal box
// opens and is the one that the leaf commits to. What does not open because its key is gone goes to
// the ledger. What was opened is dropped at once. One thread.
#pragma once

#include "events/keys/key_vault.h"
#include "events/verify/box_ledger.h"

namespace chopmark::verify {

class BoxOpener {
  public:
    /// Both must outlive the opener.
    BoxOpener(const keys::KeyRing& ring, BoxLedger& ledger) : vault_(ring), ledger_(ledger) {}

    /// Records of types that this version does not know are left alone.
    std::optional<Fault> open(const record::Prelude& prelude, const record::RecordView& record,
                              const Place& at);
    [[nodiscard]] const keys::EventVault& vault() const { return vault_; }

  private:
    keys::KeyVault vault_;
    BoxLedger& ledger_;
};

}  // namespace chopmark::verify
