// The recognised certificate of an account of grade `sign`, whose RSA key stays in the key port. An
// account that reaches that grade is owed one: the state lists it as a follow-up until the
// authority's answer, or its refusal, is recorded. A certificate ends by revocation or with the
// account, without a second event; a revocation may call for a successor. The key itself is in no
// record (design-notes, missing decisions). Pure; see decision.h.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "aggregates/citizen/authority.h"
#include "aggregates/follow_up.h"
#include "events/keys/key_port.h"

namespace chopmark::citizen {

inline constexpr Reason certificate_not_wanted{"certificate.not_wanted", Kind::conflict};
inline constexpr Reason certificate_malformed{"certificate.malformed", Kind::invalid};
inline constexpr Reason certificate_none{"certificate.none", Kind::refused};
inline constexpr Reason certificate_outstanding{"certificate.outstanding", Kind::unavailable};
inline constexpr Reason certificate_refused{"certificate.refused_by_authority", Kind::refused};
inline constexpr Reason certificate_revoked{"certificate.revoked", Kind::refused};
inline constexpr Reason certificate_expired{"certificate.expired", Kind::expired};
/// A citizen may not give this reason.
inline constexpr Reason certificate_not_permitted{"certificate.not_permitted", Kind::forbidden};

enum class CertificateStatus : std::uint8_t { none = 0, valid = 1, revoked = 2, refused = 3 };

/// Reason classes in the leaf of CertificateRevoked; the first two call for a successor.
enum class Revocation : std::uint8_t {
    superseded = 1,       // certificate.superseded: it nears its end
    key_compromised = 2,  // certificate.key_compromised
    citizen_wish = 3,     // certificate.citizen_wish
    fraud_confirmed = 4,  // certificate.fraud_confirmed
};
std::string_view reason_name(Revocation reason);

struct WantedCertificate {
    EventId cause;  // the event that called for it
    Instant since;

    static void fields(auto& archive, WantedCertificate& row) { archive(row.cause, row.since); }
    friend bool operator==(const WantedCertificate&, const WantedCertificate&) = default;
};

struct CertificateState {
    CertificateStatus status = CertificateStatus::none;
    std::optional<WantedCertificate> wanted;  // not here yet
    Bytes serial;
    keys::KeyHandle key_handle;  // zero: there is no key, or it has retired
    EventId source;  // CertificateIssued; its personal layer holds certificate and chain
    Instant not_after;
    std::vector<keys::KeyHandle> retired_keys;  // the key port is to destroy them

    static void fields(auto& archive, CertificateState& row) {
        archive(row.status, row.wanted, row.serial, row.key_handle, row.source, row.not_after,
                row.retired_keys);
    }
    friend bool operator==(const CertificateState&, const CertificateState&) = default;
};

// ---- commands
// ------------------------------------------------------------------------------------

/// Follow-up "certificate": the authority's answer.
struct IssueCertificate {
    EventId cause;
    Bytes serial;
    keys::KeyHandle key_handle;
    Instant not_after;
    Sensitive<Bytes> certificate;  // X.509 DER
    std::vector<Bytes> chain;      // leaf side first
};

/// Follow-up "certificate": the authority said no for good.
struct RefuseCertificate {
    EventId cause;
    Sensitive<std::string> answer;
};

struct RevokeCertificate {
    Revocation reason = Revocation::citizen_wish;
    std::variant<DeviceProof, StaffOrder> by;
    std::uint64_t crl_number = 0;  // of the list that names it first
};

using CertificateCommand = std::variant<IssueCertificate, RefuseCertificate, RevokeCertificate>;

// ---- deciding
// ------------------------------------------------------------------------------------

Decision decide(const State& state, const CertificateCommand& command, const Context& context);
std::vector<EventId> sources(const State& state, const CertificateCommand& command);

void evolve(CertificateState& state, const schema::AccountRegistered& event,
            const record::Stamp& stamp);
void evolve(CertificateState& state, const schema::AccountUpgraded& event,
            const record::Stamp& stamp);
void evolve(CertificateState& state, const schema::AccountClosed& event,
            const record::Stamp& stamp);
void evolve(CertificateState& state, const schema::SubjectErased& event,
            const record::Stamp& stamp);
void evolve(CertificateState& state, const schema::CertificateIssued& event,
            const record::Stamp& stamp);
void evolve(CertificateState& state, const schema::CertificateRefused& event,
            const record::Stamp& stamp);
void evolve(CertificateState& state, const schema::CertificateRevoked& event,
            const record::Stamp& stamp);

inline constexpr std::string_view certificate_follow_up = "certificate";
/// One for a certificate that is owed. May be fetched ahead, or when the first signature asks.
std::vector<FollowUp> outstanding(const CertificateState& state);

// ---- for other nouns
// -----------------------------------------------------------------------------

/// Void when a signature may be made with it at `now`; else why not.
Result<void> check_certificate(const State& state, Instant now);

}  // namespace chopmark::citizen
