// What a slot knows beyond its citizens: whose card is whose, the next key serial, failed
// registrations of cards that may belong to nobody, and anonymous requests until somebody claims
// them (design 6, 12). Decided by the same executor as the slot's citizens, so that two channels
// cannot register one card at once.
#pragma once

#include <map>

#include "events/core/ids.h"
#include "events/core/instant.h"

namespace chopmark::citizen {

/// HMAC(K_card, card): the key of the card index. It stays after closing and goes with
/// SubjectErased.
using CardToken = OpaqueId<struct CardTokenTag, 32>;
/// Keyed per month; names an applicant's card among failed registrations.
using AttemptToken = OpaqueId<struct AttemptTokenTag, 16>;

/// The row of the card index: the one value that is rebuilt from opened identity boxes.
struct CardHolder {
    PersonId person;
    KeyIndex key_index;
    AccountId account;        // the latest one
    EventId pairwise_source;  // first registration: holds the pairwise secret
    bool active = false;      // the latest account is not closed

    static void fields(auto& archive, CardHolder& row) {
        archive(row.person, row.key_index, row.account, row.pairwise_source, row.active);
    }
    friend bool operator==(const CardHolder&, const CardHolder&) = default;
};

}  // namespace chopmark::citizen
