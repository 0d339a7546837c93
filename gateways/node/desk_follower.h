// Tells this node's login desk how its logins ended, from the log: any node may have decided them
// (design 6); of pages that anonymous requests stand behind likewise. What was decided here is
// settled at once by who asked for it; settling again changes nothing. Opens the link boxes of
// logins alone, of requests too while such a page waits, and reads nothing while none does. Called
// by a timer, about twenty times a second; one thread at a time.
#pragma once

#include <vector>

#include "events/journal/journal.h"
#include "events/keys/event_vault.h"
#include "gateways/service/login_desk.h"

namespace chopmark::node {

class DeskFollower {
  public:
    /// All must outlive the follower.
    DeskFollower(const journal::Journal& journal, const keys::EventVault& vault,
                 const service::Secrets& secrets, service::LoginDesk& desk);

    void read();

    [[nodiscard]] std::uint64_t settled() const { return settled_; }

  private:
    void read_partition(PartitionId partition);
    void settle(const journal::Entry& entry);
    template <class Ended>
    void settle(const Ended& event, std::string code, std::string error);
    void skip_to_end();

    const journal::Journal& journal_;
    const keys::EventVault& vault_;
    const service::Secrets& secrets_;
    service::LoginDesk& desk_;
    std::vector<Sequence> next_;  // by partition; zero: not yet known
    std::uint64_t settled_ = 0;
    bool follows_requests_ = false;
};

}  // namespace chopmark::node
