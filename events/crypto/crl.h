// Certificate revocation lists, version 2 (RFC 5280 section 5): which certificates of an authority
// are no longer good, since when, and the number of the list that says so. Lists are made and read
// one by one for our own authority; those of others are kept together and looked at by
// verify_chain(). Safe from any thread.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "events/crypto/x509.h"

struct X509_crl_st;

namespace chopmark::crypto {

struct RevokedSerial {
    Bytes serial;  // big-endian
    Instant at;    // whole seconds
};

struct CrlSpec {
    std::uint64_t number = 1;
    Instant this_update;  // whole seconds
    Instant next_update;
    std::vector<RevokedSerial> revoked;
};

/// DER, signed by the issuer's key with SHA-256. crypto.bad_certificate when the spec does not fit.
Result<Bytes> make_crl(const Certificate& issuer, evp_pkey_st* issuer_key, const CrlSpec& spec);

struct CrlFacts {
    std::uint64_t number = 0;
    std::vector<Bytes> serials;
};
/// Of a list that this issuer signed; crypto.bad_certificate for everything else.
Result<CrlFacts> read_crl(const Certificate& issuer, ByteView der);

/// Lists as their authorities publish them.
class RevocationLists {
  public:
    /// One list in DER, or all that are in PEM, at most `most`, whatever stands between them;
    /// crypto.bad_certificate for none, or for one that cannot be read.
    static Result<RevocationLists> read(ByteView file, std::size_t most);

    /// Whether the list of its authority, told by name, has this certificate on it. Neither
    /// signature nor dates of the list are looked at: verify_chain() does that.
    [[nodiscard]] bool name(const Certificate& certificate) const;
    /// The first moment at which one of them is no longer good; nothing when none says so.
    [[nodiscard]] std::optional<Instant> next_update() const;

  private:
    friend Result<void> verify_chain(const Certificate& leaf, std::span<const Certificate> between,
                                     std::span<const Certificate> trusted, Instant at,
                                     const RevocationLists* lists);
    std::vector<std::shared_ptr<X509_crl_st>> lists_;
};

}  // namespace chopmark::crypto
