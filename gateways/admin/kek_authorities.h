// The certification authorities whose certificates a relying party's KEK may come in, and the check
// of one: PEM, the certificate itself first and then whatever leads from it to a known authority;
// an RSA key of 2048 to 4096 bits; a key usage of encipherment, and no authority's; within its
// dates; a chain to a configured authority; and, where revocation lists are configured, on none of
// them, each certificate of the chain below that authority by a list that is within its dates. What
// is checked goes into the command, dates included: control judges them once more by the time of
// its record. Authorities and lists are renewed while others check. Safe from any thread.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "aggregates/control/relying_party.h"
#include "events/crypto/crl.h"

namespace chopmark::admin {

inline constexpr std::size_t kek_authorities_at_most = 64;
/// Theirs, and those of authorities between them and a certificate.
inline constexpr std::size_t kek_revocations_at_most = 256;
/// Of one upload.
inline constexpr std::size_t kek_certificates_at_most = 5;
inline constexpr std::size_t kek_pem_bytes = 32 * 1024;

/// The detail says what is wrong with it.
inline constexpr Reason kek_certificate_bad{"relying_party.kek_certificate", Kind::invalid};

struct CheckedKek {
    Bytes kek;  // SPKI DER
    control::CheckedCertificate certificate;
};

struct KekTrust {
    std::vector<crypto::Certificate> authorities;
    std::optional<crypto::RevocationLists> revocations;  // nothing: revocation is not looked at
};

class KekAuthorities {
  public:
    KekAuthorities() = default;  // nobody is trusted
    explicit KekAuthorities(KekTrust trust) { renew(std::move(trust)); }

    void renew(KekTrust trust);

    /// relying_party.kek_certificate.
    [[nodiscard]] Result<CheckedKek> check(ByteView pem, Instant now) const;
    /// Whether a list says now that a certificate which was taken is no longer good.
    [[nodiscard]] bool has_revoked(const crypto::Certificate& taken) const;
    /// From when on a list is over and nothing is taken that it would be about; nothing: never.
    [[nodiscard]] std::optional<Instant> lists_end() const;

  private:
    [[nodiscard]] std::shared_ptr<const KekTrust> trust() const;

    mutable std::mutex mutex_;
    std::shared_ptr<const KekTrust> trust_ = std::make_shared<const KekTrust>();
};

}  // namespace chopmark::admin
