// Questions to the sign-in log. Pages go from the newest record to the oldest; a record whose
// period is over is not there. What is returned is the record with its layers, for the caller to
// render. Reading it is no event by itself: a citizen's own look is not recorded, one by staff is
// recorded by the caller before it asks for personal layers (design 5). Safe from any thread.
#pragma once

#include <map>

#include "events/core/instant.h"
#include "events/fold/live_tables.h"
#include "events/keys/event_vault.h"
#include "projections/opened_record.h"
#include "projections/page.h"

namespace chopmark::sign_in_log {

inline constexpr Reason no_such_record{"sign_in_log.no_such_record", Kind::not_found};

/// Who will see the answer: a look of staff shows to the citizen from its visible_from on, of
/// itself; to staff always.
enum class Audience : std::uint8_t { citizen, staff };

enum class Topic : std::uint8_t {
    all,
    account,     // account, password
    devices,     // devices and e-ME profile
    logins,      // and step-ups
    consents,    // and callbacks
    signatures,  // and certificates
    looks,       // who looked at this citizen's data
};

struct Question {
    AccountId account;
    Audience audience = Audience::citizen;
    Instant now;
    Topic topic = Topic::all;
    std::optional<Instant> from;   // recorded at or after
    std::optional<Instant> until;  // recorded before
    projections::Personal personal = projections::Personal::leave_sealed;
};

Result<projections::Page<projections::OpenedRecord>> read_log(const fold::Reading& rows,
                                                              const keys::EventVault& vault,
                                                              const Question& question,
                                                              const projections::PageRequest& page);

/// One record by its place, for instance where a register points. sign_in_log.no_such_record also
/// when its period is over.
Result<projections::OpenedRecord> read_record(const fold::Reading& rows,
                                              const keys::EventVault& vault,
                                              const AccountId& account, Sequence sequence,
                                              projections::Personal personal);

/// How many records of each class the log has about a person, over all her accounts: what an
/// erasure will take. Walks all of them.
Result<std::map<schema::Retention, std::uint64_t>> count_by_class(const fold::Reading& rows,
                                                                  KeyIndex person);

}  // namespace chopmark::sign_in_log
