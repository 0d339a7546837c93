// Certificate revocation lists, version 2 (RFC 5280 section 5): which certificates of an authority
// are no longer good, since when, and the number of the list that says so. Safe from any thread.
#pragma once

#include <vector>

#include "events/crypto/x509.h"

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

}  // namespace chopmark::crypto
