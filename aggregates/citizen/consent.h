// Consents: what a citizen lets a relying party have, field by field. ConsentAsked says which
// fields and for what, ConsentGranted pins each to the event that set its value and to the
// profile's version, never a value; the callback's content is rebuilt from the pins (design-notes
// A18). A login with profile scopes is a consent as well. Withdrawing ends what is still to come:
// an undelivered callback, the profile scopes of a token; what was released stays released.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "aggregates/citizen/authority.h"
#include "aggregates/citizen/request.h"
#include "events/core/sensitive.h"

namespace chopmark::citizen {

// ---- state
// ---------------------------------------------------------------------------------------

/// A consent that can be withdrawn.
struct StandingConsent {
    ClientId client;
    EventId granted;  // ConsentGranted, or LoginApproved with profile scopes
    Instant granted_at;

    static void fields(auto& archive, StandingConsent& row) {
        archive(row.client, row.granted, row.granted_at);
    }
    friend bool operator==(const StandingConsent&, const StandingConsent&) = default;
};

struct ConsentState {
    /// By request or login; limits::standing_consents, the oldest goes first: a value released that
    /// long ago is not called back by withdrawing.
    std::map<RequestId, StandingConsent> standing;

    static void fields(auto& archive, ConsentState& row) { archive(row.standing); }
    friend bool operator==(const ConsentState&, const ConsentState&) = default;
};

// ---- commands
// ------------------------------------------------------------------------------------

struct AskConsent {
    RequestHead head;
    schema::Purpose purpose = schema::PURPOSE_UNSPECIFIED;
    std::vector<std::string> field_names;
    Digest text_digest;  // of the text in `delivery`, which the device will sign
    Sensitive<schema::ConsentDelivery> delivery;
};

struct GrantConsent {
    RequestId request;
    std::vector<std::string> field_names;  // all or some of those asked for
    std::uint64_t profile_version = 0;     // that the phone showed
    DeviceProof proof;
    schema::Endpoint phone;
    Digest claims;
};

struct RefuseConsent {
    RequestId request;
    DeviceProof proof;
};

struct WithdrawConsent {
    RequestId request;  // or the login
    DeviceProof proof;
};

using ConsentCommand = std::variant<AskConsent, GrantConsent, RefuseConsent, WithdrawConsent>;

// ---- refusals
// ------------------------------------------------------------------------------------

inline constexpr Reason consent_fields_missing{"consent.fields_missing", Kind::invalid};
inline constexpr Reason consent_field_unknown{"consent.field_unknown", Kind::invalid};
inline constexpr Reason consent_field_not_asked{"consent.field_not_asked", Kind::invalid};
inline constexpr Reason consent_text_mismatch{"consent.text_mismatch", Kind::refused};
inline constexpr Reason consent_unknown{"consent.unknown", Kind::not_found};
/// Of ConsentRefused, in the head of the leaf.
inline constexpr Reason consent_declined{"consent.declined", Kind::refused};

// ---- what other nouns share
// ----------------------------------------------------------------------

/// consent.fields_missing, consent.field_unknown; also for a name that comes twice.
Result<void> check_fields(const std::vector<std::string>& names);

/// The events that hold the values of these fields now; a field without a value has no pin.
std::vector<schema::FieldSource> field_sources(const State& state,
                                               const std::vector<std::string>& names);
/// Of all fields that have a value.
std::vector<schema::FieldSource> all_field_sources(const State& state);

// ---- deciding
// ------------------------------------------------------------------------------------

Decision decide(const State& state, const ConsentCommand& command, const Context& context);
std::vector<EventId> sources(const State& state, const ConsentCommand& command);

void evolve(ConsentState& state, const schema::ConsentGranted& event, const record::Stamp& stamp);
void evolve(ConsentState& state, const schema::ConsentWithdrawn& event, const record::Stamp& stamp);
void evolve(ConsentState& state, const schema::LoginApproved& event, const record::Stamp& stamp);
void evolve(ConsentState& state, const schema::AccountClosed& event, const record::Stamp& stamp);
void evolve(ConsentState& state, const schema::SubjectErased& event, const record::Stamp& stamp);

}  // namespace chopmark::citizen
