// The parties outside that a decision may need an answer from. Each is a port with a sandbox
// adapter (tests, sandbox) and an HTTPS adapter in gateways/outside (mutual TLS, time-out, bounded
// retry, circuit breaker). All calls block and belong on a WorkPool, never on a strand; all are
// safe from any thread. Every call carries a request id that the party treats as idempotent.
//
// outside.unreachable: no answer in time, the breaker is open, or the answer made no sense; nothing
// is known. outside.refused: the party understood and will never say yes to this request; asking
// again would not help. An answer that says no in its own words is not an error.
#pragma once

#include <string>

#include "events/core/ids.h"
#include "events/core/instant.h"
#include "events/core/result.h"
#include "events/core/sensitive.h"

namespace chopmark::ports {

inline constexpr Reason outside_unreachable{"outside.unreachable", Kind::unavailable};
inline constexpr Reason outside_refused{"outside.refused", Kind::refused};

/// The card as photographed or read from its chip.
struct CardQuery {
    std::string document_type;  // "HKIC"
    std::string issuer;         // "HKG"
    std::string number;         // with its check character, without brackets
    std::string english_name;
    std::string chinese_name;  // may be empty
    std::string sex;           // M or F
    std::string birth_date;    // yyyyMMdd
    std::string issue_date;    // yyyyMMdd
};

struct RegisterAnswer {
    enum class Verdict : std::uint8_t { matched = 1, not_matched = 2, card_invalid = 3 };
    Verdict verdict = Verdict::not_matched;
    std::string code;       // the register's own
    std::string reference;  // of this answer
};

/// The Immigration Department's register.
class ImmigrationRegister {
  public:
    virtual ~ImmigrationRegister() = default;
    virtual Result<RegisterAnswer> match(const RequestId& request,
                                         const Sensitive<CardQuery>& card) = 0;
};

struct FaceAnswer {
    std::uint32_t match_permille = 0;
    std::uint32_t liveness_permille = 0;
    std::string reference;
};

/// Compares a selfie video with the card's or the register's picture. The image is passed through
/// memory and is nowhere kept (design 5).
class FaceMatcher {
  public:
    virtual ~FaceMatcher() = default;
    virtual Result<FaceAnswer> compare(const RequestId& request, const Sensitive<Bytes>& selfie,
                                       const Sensitive<Bytes>& picture) = 0;
};

struct IssuedCertificate {
    Bytes certificate;  // X.509 DER
    Bytes chain;        // DER certificates one after the other, issuer first
    Bytes serial;
    Instant until;
};

struct RevocationList {
    Bytes list;  // X.509 CRL, DER
    std::uint64_t number = 0;
};

/// The recognised certification authority.
class CertificationAuthority {
  public:
    virtual ~CertificationAuthority() = default;
    /// `public_key` is an SPKI DER (RSA-2048); `subject_name` as on the card. outside.refused:
    /// there will be no certificate.
    virtual Result<IssuedCertificate> issue(const RequestId& request, ByteView public_key,
                                            const Sensitive<std::string>& subject_name) = 0;
    virtual Result<void> revoke(const RequestId& request, ByteView serial) = 0;
    virtual Result<RevocationList> revocation_list() = 0;
};

/// A notice to a device. Carries no personal data: the app fetches what it is about.
class PushNotice {
  public:
    virtual ~PushNotice() = default;
    virtual Result<void> notify(const RequestId& request, const DeviceId& device,
                                const std::string& kind) = 0;
};

}  // namespace chopmark::ports
