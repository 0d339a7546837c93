// The e-ME profile that a citizen may keep: fields of facts/iamsmart-api.md 6.2, filled in by hand
// or from elsewhere and handed to services by consent. The state knows which event set a field,
// never its value; consents pin those events (design 12), so that what was granted is what is
// released. The six fields of the card are not part of it: they come from the registration, and
// nobody sets them. Pure; see decision.h.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "aggregates/citizen/authority.h"
#include "events/schema/device_profile.pb.h"

namespace chopmark::citizen {

inline constexpr Reason profile_not_enabled{"profile.not_enabled", Kind::refused};
inline constexpr Reason profile_already_enabled{"profile.already_enabled", Kind::conflict};
inline constexpr Reason profile_no_fields{"profile.no_fields", Kind::invalid};
inline constexpr Reason profile_unknown_field{"profile.unknown_field", Kind::invalid};
inline constexpr Reason profile_field_repeated{"profile.field_repeated", Kind::invalid};
inline constexpr Reason profile_value_malformed{"profile.value_malformed", Kind::invalid};
inline constexpr Reason profile_value_too_large{"profile.value_too_large", Kind::invalid};
inline constexpr Reason profile_field_absent{"profile.field_absent", Kind::not_found};

/// A name of the e-ME fields, which a citizen sets.
bool is_eme_field(std::string_view name);
/// A name of the six verified fields, which the registration gives.
bool is_card_field(std::string_view name);

struct ProfileState {
    bool enabled = false;
    std::uint64_t version = 0;  // changes so far; consents name it
    std::map<std::string, EventId>
        field_sources;  // e-ME field → the ProfileFieldsSet with its value

    static void fields(auto& archive, ProfileState& row) {
        archive(row.enabled, row.version, row.field_sources);
    }
    friend bool operator==(const ProfileState&, const ProfileState&) = default;
};

// ---- commands
// ------------------------------------------------------------------------------------

struct EnableProfile {
    DeviceProof proof;
};

struct ProfileValue {
    std::string name;
    Sensitive<std::string> json;  // in the shape of the wire; empty when in the blob store
    schema::FieldValue::Source source = schema::FieldValue::SOURCE_CITIZEN;
    std::optional<Digest> blob;
};
struct SetProfileFields {
    DeviceProof proof;
    std::vector<ProfileValue> values;
};

struct ClearProfileFields {
    DeviceProof proof;
    std::vector<std::string> names;
};

struct DisableProfile {
    DeviceProof proof;
};

using ProfileCommand =
    std::variant<EnableProfile, SetProfileFields, ClearProfileFields, DisableProfile>;

// ---- deciding
// ------------------------------------------------------------------------------------

Decision decide(const State& state, const ProfileCommand& command, const Context& context);
std::vector<EventId> sources(const State& state, const ProfileCommand& command);

void evolve(ProfileState& state, const schema::ProfileEnabled& event, const record::Stamp& stamp);
void evolve(ProfileState& state, const schema::ProfileFieldsSet& event, const record::Stamp& stamp);
void evolve(ProfileState& state, const schema::ProfileFieldsCleared& event,
            const record::Stamp& stamp);
void evolve(ProfileState& state, const schema::ProfileDisabled& event, const record::Stamp& stamp);
void evolve(ProfileState& state, const schema::AccountClosed& event, const record::Stamp& stamp);
void evolve(ProfileState& state, const schema::SubjectErased& event, const record::Stamp& stamp);

// ---- for other nouns
// -----------------------------------------------------------------------------

/// The event whose personal layer holds a field's value: of the profile, or of the card. Nothing
/// for a field that is not set or has no such name.
std::optional<EventId> source_of_field(const State& state, std::string_view name);
/// All names that source_of_field knows an event for.
std::vector<std::string> fields_with_source(const State& state);

}  // namespace chopmark::citizen
