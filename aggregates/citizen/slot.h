// What a slot knows beyond its citizens: whose card is whose, the next key serial, failed
// registrations of cards that may belong to nobody, and anonymous requests until somebody claims
// them (design 6, 12). Decided by the same executor as the slot's citizens, so that two channels
// cannot register one card at once. evolve is total and reads leaf and link only; the domain alone
// knows under which CardToken a CardHolder is kept.
#pragma once

#include <map>

#include "aggregates/citizen/request_anonymous.h"
#include "events/core/ids.h"
#include "events/core/instant.h"
#include "events/core/limits.h"
#include "events/core/result.h"
#include "events/record/stamp.h"
#include "events/schema/catalog.h"

namespace chopmark::citizen {

/// The slot has given all its 2²⁴ − 1 serials.
inline constexpr Reason slot_full{"account.slot_full", Kind::unavailable};

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
    EventId pairwise_source;  // latest registration: every one carries the pairwise secret
    bool active = false;      // the latest account is not closed

    static void fields(auto& archive, CardHolder& row) {
        archive(row.person, row.key_index, row.account, row.pairwise_source, row.active);
    }
    friend bool operator==(const CardHolder&, const CardHolder&) = default;
};

void evolve(CardHolder& holder, const schema::AccountRegistered& event, const record::Stamp& stamp);
/// The holder's latest account is closed.
void evolve(CardHolder& holder, const schema::AccountClosed& event, const record::Stamp& stamp);

/// Whose failed registrations are counted.
enum class AttemptParty : std::uint8_t { card = 1, hardware = 2, terminal = 3 };

/// A card and a phone are counted by the day, a terminal by the hour.
Duration attempt_window(AttemptParty party);

struct AttemptTally {
    Instant since;  // of the first in this window
    std::uint32_t count = 0;

    static void fields(auto& archive, AttemptTally& row) { archive(row.since, row.count); }
    friend bool operator==(const AttemptTally&, const AttemptTally&) = default;
};

struct SlotState {
    std::uint32_t highest_serial = 0;  // of a key index ever given; serial 0 is never given
    /// party ‖ token → failed registrations. At most limits::attempt_parties_per_slot; those whose
    /// window is over go with the next refusal.
    std::map<Bytes, AttemptTally> attempts;
    SlotRequests requests;  // anonymous, until somebody claims them

    static void fields(auto& archive, SlotState& row) {
        archive(row.highest_serial, row.attempts, row.requests);
    }
    friend bool operator==(const SlotState&, const SlotState&) = default;
};

/// The key index of the slot's next person: highest ever accepted + 1 (design 12).
Result<KeyIndex> next_key_index(const SlotState& state, Slot slot);

/// Failed registrations of a party in its window as it stands at `now`.
std::uint32_t attempts_of(const SlotState& state, AttemptParty party, ByteView token, Instant now);
/// False when the party is not counted yet and there is no room to begin: then nothing is recorded.
bool can_count(const SlotState& state, AttemptParty party, ByteView token, Instant now);

void evolve(SlotState& state, const schema::AccountRegistered& event, const record::Stamp& stamp);
void evolve(SlotState& state, const schema::RegistrationRefused& event, const record::Stamp& stamp);

}  // namespace chopmark::citizen
