// An online service with a client id: applied, on trial, approved for production with scopes,
// changed, suspended, withdrawn; its KEK, and the serials of the content encryption keys derived
// for it (design 12: the key is never in the log, only its serial). What it has to show on the way
// is in relying_party_life.h. Two-person rules are checked here: an approval needs an approver
// other than the applicant, and so do more scopes. A sandbox may approve an application at once,
// and take a KEK without a certificate; nothing else may.
#pragma once

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "aggregates/decision.h"

namespace chopmark::control {

enum class ServiceStanding : std::uint8_t {
    applied = 1,
    active = 2,
    suspended = 3,
    withdrawn = 4,
    refused = 5,
    trial = 6,  // may call, with keys of its own, unless the deployment is in production
};

/// The X.509 certificate of a KEK, as whoever hands the command in has checked it: key, usage,
/// chain. Empty: a key without one.
struct CheckedCertificate {
    Bytes der;
    Instant not_before;
    Instant not_after;
};

/// What is shown between trial and production, and who showed it: relying_party_life.h.
struct TrialSteps {
    bool tested = false;
    std::uint32_t vetting_rounds = 0;
    bool vetted = false;  // the last round passed
    bool security_assessed = false;
    bool privacy_assessed = false;

    static void fields(auto& archive, TrialSteps& row) {
        archive(row.tested, row.vetting_rounds, row.vetted, row.security_assessed,
                row.privacy_assessed);
    }
    friend bool operator==(const TrialSteps&, const TrialSteps&) = default;
};

struct ContentKeySerial {
    std::uint64_t serial = 0;
    Digest kek_fingerprint;  // SHA-256 of the SPKI it is wrapped for
    Instant issued_at;
    Instant until;
    bool revoked = false;
    Bytes kek;  // the SPKI itself: a KEK uploaded later is for later serials

    static void fields(auto& archive, ContentKeySerial& row) {
        archive(row.serial, row.kek_fingerprint, row.issued_at, row.until, row.revoked, row.kek);
    }
    friend bool operator==(const ContentKeySerial&, const ContentKeySerial&) = default;
};

struct RelyingParty {
    ClientId id;
    ServiceStanding standing = ServiceStanding::applied;
    Bytes applied_by;  // id of whoever applied: somebody else must approve
    std::string name_english;
    std::string name_traditional;
    std::string name_simplified;
    std::string organisation;
    std::string open_id_group;
    std::set<std::string> scopes;
    std::vector<std::string> redirect_uris;
    std::vector<std::string> callback_uris;
    std::vector<std::string> direct_login_uris;
    std::string app_scheme;
    bool sensitive = false;          // the two-digit number is typed, cooling-off devices refused
    bool strict_timestamps = false;  // timestamps of requests may not go backwards
    std::uint32_t token_life_s = 0;  // 0: the platform's default
    std::uint32_t requests_per_minute = 0;
    bool corp_id = false;                  // a client of CorpID: return codes begin with M
    bool business_id_per_citizen = false;  // and reusable once done with; else used once for ever
    Bytes kek;                             // SPKI DER
    EventId secret_source;                 // its personal layer holds the client secret
    std::uint32_t secret_version = 0;
    EventId old_secret_source;
    Instant old_secret_until;
    std::vector<ContentKeySerial> content_keys;  // the newest few, oldest first
    Instant changed_at;
    std::set<std::string> scopes_applied_for;
    Bytes scopes_applied_by;  // id of whoever asked for them last
    Instant kek_not_before;   // of its certificate; zero: it has none
    Instant kek_not_after;
    TrialSteps steps;
    bool in_production = false;              // what a suspended one is resumed to
    Instant declaration_due;                 // in production
    std::uint32_t declaration_reminded = 0;  // days before, of the last reminder; 0: none yet
    std::uint32_t kek_reminded = 0;
    schema::QrPicture qr = schema::QR_PICTURE_UNSPECIFIED;  // on its page; unspecified: both

    static void fields(auto& archive, RelyingParty& row) {
        archive(row.id, row.standing, row.applied_by, row.name_english, row.name_traditional,
                row.name_simplified, row.organisation, row.open_id_group, row.scopes,
                row.redirect_uris, row.callback_uris, row.direct_login_uris, row.app_scheme,
                row.sensitive, row.strict_timestamps, row.token_life_s, row.requests_per_minute,
                row.corp_id, row.business_id_per_citizen, row.kek, row.secret_source,
                row.secret_version, row.old_secret_source, row.old_secret_until, row.content_keys,
                row.changed_at, row.scopes_applied_for, row.scopes_applied_by, row.kek_not_before,
                row.kek_not_after, row.steps, row.in_production, row.declaration_due,
                row.declaration_reminded, row.kek_reminded, row.qr);
    }
    friend bool operator==(const RelyingParty&, const RelyingParty&) = default;
};

using RelyingParties = std::map<ClientId, RelyingParty>;

inline constexpr Reason rp_unknown{"relying_party.unknown", Kind::not_found};
inline constexpr Reason rp_exists{"relying_party.exists", Kind::conflict};
inline constexpr Reason rp_bad_setup{"relying_party.bad_setup", Kind::invalid};
inline constexpr Reason rp_bad_key{"relying_party.bad_key", Kind::invalid};
inline constexpr Reason rp_bad_scope{"relying_party.bad_scope", Kind::invalid};
inline constexpr Reason rp_not_applied{"relying_party.not_applied", Kind::refused};
inline constexpr Reason rp_not_active{"relying_party.not_active", Kind::refused};
inline constexpr Reason rp_second_person{"relying_party.second_person", Kind::forbidden};
inline constexpr Reason rp_no_key{"relying_party.no_kek", Kind::refused};
inline constexpr Reason rp_key_not_due{"relying_party.content_key_not_due", Kind::refused};
inline constexpr Reason rp_no_content_key{"relying_party.no_content_key", Kind::refused};
/// The detail is the step that is missing.
inline constexpr Reason rp_step_missing{"relying_party.step_missing", Kind::refused};
/// The detail is the scope.
inline constexpr Reason rp_scope_not_applied{"relying_party.scope_not_applied_for", Kind::refused};
/// The open-id group is of another organisation.
inline constexpr Reason rp_group_of_another{"relying_party.group_of_another", Kind::forbidden};
inline constexpr Reason rp_certificate_missing{"relying_party.certificate_missing", Kind::invalid};
inline constexpr Reason rp_certificate_dates{"relying_party.certificate_dates", Kind::refused};
inline constexpr Reason rp_declaration_overdue{"relying_party.declaration_overdue", Kind::refused};

/// What a relying party says of itself, and staff correct.
struct RelyingPartyFacts {
    std::string name_english;
    std::string name_traditional;
    std::string name_simplified;
    std::string organisation;
    std::string open_id_group;  // empty: one of its own
    std::vector<std::string> redirect_uris;
    std::vector<std::string> callback_uris;
    std::vector<std::string> direct_login_uris;
    std::string app_scheme;
    bool sensitive = false;
    bool strict_timestamps = false;
    std::uint32_t token_life_s = 0;
    std::uint32_t requests_per_minute = 0;
    bool corp_id = false;
    bool business_id_per_citizen = false;
    schema::QrPicture qr = schema::QR_PICTURE_UNSPECIFIED;
};

/// What the application says besides, for people to judge.
struct RelyingPartyProspect {
    std::string purpose;
    std::string registration_number;  // of the organisation
    std::string website;
    std::uint32_t logins_a_day = 0;  // expected
    Instant launch_at;               // planned; zero: not said
};

struct ApplyRelyingParty {
    ClientId client;
    std::set<std::string> scopes;
    RelyingPartyFacts facts;
    Bytes kek;  // SPKI DER, RSA; checked by the caller to be a key; empty: it comes with the trial
    Sensitive<std::string> contact_name;
    Sensitive<std::string> contact_email;
    CheckedCertificate certificate;
    RelyingPartyProspect prospect;
    Sensitive<std::string> contact_telephone;
};
/// For production, with keys other than those of the trial.
struct ApproveRelyingParty {
    ClientId client;
    std::set<std::string> scopes;
    Sensitive<Bytes> client_secret;  // drawn for it
    Bytes kek;                       // empty: the one it has; a sandbox takes that
    CheckedCertificate certificate;
};
struct RefuseRelyingParty {
    ClientId client;
    Sensitive<std::string> note;
};
struct ChangeRelyingPartyScopes {
    ClientId client;
    std::set<std::string> scopes;
    Sensitive<std::string> note;
};
struct ChangeRelyingPartySetup {
    ClientId client;
    RelyingPartyFacts facts;
    Sensitive<std::string> note;
};
struct ChangeRelyingPartyKey {
    ClientId client;
    Bytes kek;
    Sensitive<std::string> note;
    CheckedCertificate certificate;
};
struct RotateRelyingPartySecret {
    ClientId client;
    Sensitive<Bytes> client_secret;
    Duration overlap = std::chrono::hours(24);  // the old one stays good
};
struct SetRelyingPartyStanding {
    ClientId client;
    ServiceStanding standing = ServiceStanding::active;  // suspended, active, withdrawn
    Bytes alert_id;
    Bytes case_id;
    Sensitive<std::string> note;
};
/// By the platform when half the life of the newest is gone, or when there is none (design 12).
struct IssueContentKey {
    ClientId client;
};
/// By the relying party: revokeKey.
struct RevokeContentKey {
    ClientId client;
};
using RelyingPartyCommand =
    std::variant<ApplyRelyingParty, ApproveRelyingParty, RefuseRelyingParty,
                 ChangeRelyingPartyScopes, ChangeRelyingPartySetup, ChangeRelyingPartyKey,
                 RotateRelyingPartySecret, SetRelyingPartyStanding, IssueContentKey,
                 RevokeContentKey>;

/// Whether its calls are served: in production, or on trial where no real citizens are.
bool may_call(const State& state, const RelyingParty& party);

/// The newest serial that is not revoked and not over; null if there is none.
const ContentKeySerial* content_key_in_force(const RelyingParty& party, Instant now);
/// Whether a new serial should be issued by now, so that no login ever waits for control.
bool content_key_due(const RelyingParty& party, Instant now);

Decision decide(const State& state, const RelyingPartyCommand& command, const Context& context);
void evolve(State& state, const schema::RelyingPartyApplied& event, const record::Stamp& stamp);
void evolve(State& state, const schema::RelyingPartyApproved& event, const record::Stamp& stamp);
void evolve(State& state, const schema::RelyingPartyRefused& event, const record::Stamp& stamp);
void evolve(State& state, const schema::RelyingPartyScopesChanged& event,
            const record::Stamp& stamp);
void evolve(State& state, const schema::RelyingPartySetupChanged& event,
            const record::Stamp& stamp);
void evolve(State& state, const schema::RelyingPartyKeyChanged& event, const record::Stamp& stamp);
void evolve(State& state, const schema::RelyingPartySecretRotated& event,
            const record::Stamp& stamp);
void evolve(State& state, const schema::RelyingPartySuspended& event, const record::Stamp& stamp);
void evolve(State& state, const schema::RelyingPartyResumed& event, const record::Stamp& stamp);
void evolve(State& state, const schema::RelyingPartyWithdrawn& event, const record::Stamp& stamp);
void evolve(State& state, const schema::CekIssued& event, const record::Stamp& stamp);
void evolve(State& state, const schema::CekRevoked& event, const record::Stamp& stamp);

/// Null for an unknown client; standing is for the caller to judge.
const RelyingParty* find_relying_party(const State& state, const ClientId& client);

}  // namespace chopmark::control
