// The certification authorities whose certificates a relying party's KEK may come in, and the check
// of one: PEM, the certificate itself first and then whatever leads from it to a known authority;
// an RSA key of 2048 to 4096 bits; a key usage of encipherment, and no authority's; within its
// dates; a chain to a configured authority. What is checked goes into the command, dates included:
// control judges them once more by the time of its record. Immutable, safe from any thread.
#pragma once

#include <vector>

#include "aggregates/control/relying_party.h"
#include "events/crypto/x509.h"

namespace chopmark::admin {

inline constexpr std::size_t kek_authorities_at_most = 64;
/// Of one upload.
inline constexpr std::size_t kek_certificates_at_most = 5;
inline constexpr std::size_t kek_pem_bytes = 32 * 1024;

/// The detail says what is wrong with it.
inline constexpr Reason kek_certificate_bad{"relying_party.kek_certificate", Kind::invalid};

struct CheckedKek {
    Bytes kek;  // SPKI DER
    control::CheckedCertificate certificate;
};

class KekAuthorities {
  public:
    KekAuthorities() = default;
    explicit KekAuthorities(std::vector<crypto::Certificate> trusted)
        : trusted_(std::move(trusted)) {}

    /// relying_party.kek_certificate.
    [[nodiscard]] Result<CheckedKek> check(ByteView pem, Instant now) const;

  private:
    std::vector<crypto::Certificate> trusted_;
};

}  // namespace chopmark::admin
