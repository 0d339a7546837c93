// X.509 certificates (RFC 5280) as far as the platform issues and reads them: the node CA and its
// nodes, and the sandbox CA of the citizens. Reading judges signature and names, never dates: who
// cares about dates compares them with recorded_at. Safe from any thread.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "events/core/ids.h"
#include "events/core/instant.h"
#include "events/crypto/pkey.h"

struct x509_st;

namespace chopmark::crypto {

inline constexpr Reason bad_certificate{"crypto.bad_certificate", Kind::invalid};

enum class CertificateUse : std::uint8_t {
    authority,  // CA:TRUE with path length 0; keyCertSign, cRLSign
    node,       // digitalSignature; serverAuth and clientAuth, for mutual TLS
    signature,  // digitalSignature, nonRepudiation; emailProtection, as CMS tools ask, and not TLS
    encipherment,  // keyEncipherment, dataEncipherment: another's key is wrapped for it
};

struct CertificateSpec {
    CertificateUse use = CertificateUse::node;
    std::string common_name;   // 1 to 64 characters of UTF-8
    std::string organization;  // empty: left out
    ByteArray<16> serial{};    // taken as a positive number; not all zero
    Instant not_before;        // whole seconds, as the format has them
    Instant not_after;
    std::vector<std::string> dns_names;  // subjectAltName; empty: left out
};

class RevocationLists;  // events/crypto/crl.h

struct FreeX509 {
    void operator()(x509_st* certificate) const;
};

class Certificate {
  public:
    /// crypto.bad_certificate unless `der` is exactly one certificate.
    static Result<Certificate> parse(ByteView der);
    /// The first certificate of the text.
    static Result<Certificate> from_pem(ByteView pem);
    /// All certificates of the text, in its order; crypto.bad_certificate for none, or more than
    /// `most`.
    static Result<std::vector<Certificate>> all_from_pem(ByteView pem, std::size_t most);
    /// Signed by the issuer's key, or by its own when `issuer` is null; Ed25519 or
    /// RSA with SHA-256 by the key's kind. crypto.bad_certificate when the spec does not fit the
    /// format.
    static Result<Certificate> issue(const CertificateSpec& spec, evp_pkey_st* subject_key,
                                     const Certificate* issuer, evp_pkey_st* issuer_key);

    [[nodiscard]] const Bytes& der() const { return der_; }
    [[nodiscard]] std::string pem() const;
    /// The only common name, or empty.
    [[nodiscard]] std::string common_name() const;
    [[nodiscard]] std::vector<std::string> dns_names() const;
    /// The serial number, big-endian, without leading zeros.
    [[nodiscard]] Bytes serial() const;
    [[nodiscard]] bool is_authority() const;
    /// The last second of its life; from 1970 on.
    [[nodiscard]] Instant not_after() const;
    /// The first one.
    [[nodiscard]] Instant not_before() const;
    /// Its key usage says so; one that says nothing may not.
    [[nodiscard]] bool may_encipher() const;
    /// The signature is of the issuer's key and the names agree.
    [[nodiscard]] bool issued_by(const Certificate& issuer) const;
    /// 32 bytes, when the subject's key is of Ed25519.
    [[nodiscard]] std::optional<Bytes> ed25519_key() const;
    /// SubjectPublicKeyInfo DER.
    [[nodiscard]] Bytes spki() const;

    /// A path from `leaf` to one of `trusted`, by way of `between`, each signed, in its dates at
    /// that moment and by algorithms of at least 112 bits (RFC 5280 section 6.1). With `lists`,
    /// each certificate but the trusted one needs the list of its authority, within its dates, and
    /// must not be on it; null: revocation is not asked for. crypto.bad_certificate, which says
    /// why.
    friend Result<void> verify_chain(const Certificate& leaf, std::span<const Certificate> between,
                                     std::span<const Certificate> trusted, Instant at,
                                     const RevocationLists* lists);

  private:
    friend class RevocationLists;
    using Handle = std::unique_ptr<x509_st, FreeX509>;
    Certificate(Handle handle, Bytes der) : handle_(std::move(handle)), der_(std::move(der)) {}
    Handle handle_;
    Bytes der_;
};

Result<void> verify_chain(const Certificate& leaf, std::span<const Certificate> between,
                          std::span<const Certificate> trusted, Instant at,
                          const RevocationLists* lists = nullptr);

}  // namespace chopmark::crypto
