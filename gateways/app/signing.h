// Approving a signature. The key port signs in the pool before the decision, over what the asking
// record says and nothing that the phone sends; the decision compares digest, algorithm and
// certificate with the state, and a signature that is refused there has left nowhere
// (aggregates/citizen/signature.h).
#pragma once

#include "aggregates/citizen/signature.h"
#include "gateways/app/app_ports.h"
#include "gateways/http/route.h"

namespace chopmark::app {

/// `context` must outlive the row.
http::Route signing_row(const AppContext& context);

/// What is signed with, opened from the record of the certificate.
struct SigningCertificate {
    keys::KeyHandle key;
    Bytes certificate;         // X.509 DER
    std::vector<Bytes> chain;  // DER, leaf side first

    [[nodiscard]] Digest chain_digest() const;
};
/// The account's, if it is good now: certificate.*, and what opening says. In the pool.
Result<SigningCertificate> open_certificate(const runtime::EventFinder& finder,
                                            const citizen::State& state, Instant now);

/// The bytes of a signature as the online service gets them: PKCS#1 over a hash; for a PDF a
/// detached CMS with certificate, chain and signing time.
Result<Bytes> make_signature(keys::KeyPort& port, const SigningCertificate& with,
                             schema::SignatureKind kind, const schema::SignatureSubject& subject,
                             Instant now);

}  // namespace chopmark::app
