// The secrets that relying parties sign with, opened from the events that drew them and kept in
// memory until control names others. During a rotation the old one stays good until its time is
// over. The key is the secret's text as it was handed to the relying party. Safe from any thread;
// the first look at a client costs an opened record.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "aggregates/control/relying_party.h"
#include "aggregates/runtime/event_finder.h"
#include "events/crypto/secret.h"

namespace chopmark::rp {

class ClientSecrets {
  public:
    struct Pair {
        EventId source;
        crypto::SecretBytes current;
        EventId old_source;
        std::optional<crypto::SecretBytes> old;
    };

    explicit ClientSecrets(const runtime::EventFinder& events) : events_(events) {}

    /// The errors of EventFinder::open; relying_party.not_active for one that has no secret.
    Result<std::shared_ptr<const Pair>> of(const control::RelyingParty& party);

  private:
    [[nodiscard]] Result<crypto::SecretBytes> open(const EventId& source) const;

    const runtime::EventFinder& events_;
    std::mutex mutex_;
    std::unordered_map<ClientId, std::shared_ptr<const Pair>> known_;
};

}  // namespace chopmark::rp
