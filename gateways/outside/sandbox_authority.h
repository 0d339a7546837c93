// The recognised certification authority as the sandbox has it: a self-made RSA authority in a
// folder of its own, which issues real certificates (CertificateUse::signature, three years) and
// real revocation lists. Everything is durable before it is answered; the same request gets the
// same certificate, after a crash too; a name with NOCERT in it gets none, for good. Its key is in
// the folder in clear: for the sandbox only.
//
//   ca.key            PKCS#8 DER            ca.crt             X.509 DER
//   issued-<request>  X.509 DER             revoked            number:u64 (length:u8 serial
//   at:i64)*
//
// Safe from any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "aggregates/ports/outside.h"
#include "events/core/clock.h"
#include "events/crypto/rsa.h"
#include "events/crypto/x509.h"
#include "events/keys/folder.h"
#include "gateways/outside/sandbox_parties.h"

namespace chopmark::outside {

/// The same request id with another key.
inline constexpr Reason request_reused{"outside.request_reused", Kind::conflict};

class SandboxAuthority final : public ports::CertificationAuthority {
  public:
    /// Opens what is in the folder, or founds a new authority there (about 0.3 s). Both must
    /// outlive it. Errors of the folder; keys.damaged for files that are not of an authority.
    static Result<std::unique_ptr<SandboxAuthority>> open(keys::Folder& folder, const Clock& clock);

    Result<ports::IssuedCertificate> issue(const RequestId& request, ByteView public_key,
                                           const Sensitive<std::string>& subject_name) override;
    Result<void> revoke(const RequestId& request, ByteView serial) override;
    Result<ports::RevocationList> revocation_list() override;

    /// The authority's own certificate, DER: the trust anchor of whoever verifies.
    [[nodiscard]] const Bytes& certificate() const { return certificate_.der(); }

    FaultSwitch fault;

  private:
    SandboxAuthority(keys::Folder& folder, const Clock& clock, crypto::RsaPrivateKey key,
                     crypto::Certificate certificate)
        : folder_(folder),
          clock_(clock),
          key_(std::move(key)),
          certificate_(std::move(certificate)) {}
    Result<void> read_revoked();
    Result<void> write_revoked();

    keys::Folder& folder_;
    const Clock& clock_;
    crypto::RsaPrivateKey key_;
    crypto::Certificate certificate_;
    std::mutex mutex_;
    std::map<Bytes, Instant> revoked_;  // by serial
    std::uint64_t number_ = 1;          // of the list; rises with every revocation
    std::optional<ports::RevocationList> list_;
    Instant list_until_;
};

}  // namespace chopmark::outside
