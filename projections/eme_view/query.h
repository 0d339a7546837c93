// Questions to the e-ME view: what is there, and the values themselves, opened with the person's
// key. Form filling asks for the current values when it shows them, and for the pinned ones when it
// delivers them. By staff or auditors each opened record is a SubjectAccessed first, written by the
// caller. Safe from any thread.
#pragma once

#include <span>
#include <vector>

#include "events/core/sensitive.h"
#include "events/fold/live_tables.h"
#include "events/keys/event_vault.h"
#include "events/schema/device_profile.pb.h"
#include "projections/eme_view/eme_view.h"

namespace chopmark::eme_view {

inline constexpr Reason no_such_profile{"eme_view.no_such_profile", Kind::not_found};
/// A pin names an event that set no field of this account.
inline constexpr Reason no_such_source{"eme_view.no_such_source", Kind::not_found};

enum class Shape : std::uint8_t {
    text,  // of a card field: as on the card; idNo with its check character, without brackets
    json,  // of an e-ME field: in the shape of the wire
    blob,  // too large for a record: the value is in the blob store under this SHA-256
};

struct Value {
    std::string field;
    EventId source;
    Shape shape = Shape::text;
    Sensitive<std::string> value;  // of a blob: 32 bytes
    schema::FieldValue::Source origin = schema::FieldValue::SOURCE_UNSPECIFIED;
    Instant set_at;
};

/// A field and the event that a consent found its value in.
struct Pin {
    std::string field;
    EventId source;

    friend bool operator==(const Pin&, const Pin&) = default;
};

/// eme_view.no_such_profile for an account that was never made, and for an erased one.
Result<ProfileRow> read_profile(const fold::Reading& rows, const AccountId& account);

/// Where each of these fields is now, in the order asked for; fields without a value are left out.
std::vector<Pin> pins_of(const ProfileRow& profile, std::span<const std::string> fields);

/// The values that these pins name, in their order. Left out: a card field that the card does not
/// have (a Chinese name). keys.erased when the person was erased meanwhile.
Result<std::vector<Value>> read_values(const fold::Reading& rows, const keys::EventVault& vault,
                                       const AccountId& account, std::span<const Pin> pins);

}  // namespace chopmark::eme_view
