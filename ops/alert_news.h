// Hands every record of control to the security team's feed, in order, from where control ended
// when the node started; what came before is told by the alerts view. Called by a timer; one thread
// at a time.
#pragma once

#include "events/journal/journal.h"
#include "events/keys/event_vault.h"
#include "gateways/security/alert_feed.h"

namespace chopmark::ops {

class AlertNewsReader {
  public:
    /// All must outlive the reader.
    AlertNewsReader(const journal::Journal& journal, const keys::EventVault& vault,
                    security::AlertFeed& feed)
        : journal_(journal), vault_(vault), feed_(feed) {}

    /// 200 ms: publishes what has come.
    void read();

  private:
    const journal::Journal& journal_;
    const keys::EventVault& vault_;
    security::AlertFeed& feed_;
    std::optional<Sequence> next_;
};

}  // namespace chopmark::ops
