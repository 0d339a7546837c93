// Detached signatures of the Cryptographic Message Syntax (RFC 5652 section 5) by a key that stays
// elsewhere: first the signed attributes are made, then whoever holds the RSA key signs their bytes
// (PKCS#1 v1.5 with SHA-256), then the parts become one SignedData. What a PDF's signature field
// holds (ISO 32000-1, adbe.pkcs7.detached) and `openssl cms -verify` takes. Pure; safe from any
// thread.
//
//   signed attributes = contentType (id-data), signingTime, messageDigest,
//                       signingCertificateV2 (RFC 5035)               ; DER SET, in DER order
#pragma once

#include <vector>

#include "events/crypto/x509.h"

namespace chopmark::crypto {

/// The bytes to be signed: `content` is the SHA-256 of the detached content.
Bytes cms_signed_attributes(const Digest& content, Instant signing_time, ByteView certificate);

/// ContentInfo DER with the signer's certificate and the chain. crypto.bad_certificate when
/// `certificate` is none.
Result<Bytes> cms_signed_data(ByteView certificate, const std::vector<Bytes>& chain,
                              ByteView signed_attributes, ByteView signature);

}  // namespace chopmark::crypto
