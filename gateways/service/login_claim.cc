#include "gateways/service/login_claim.h"

#include "events/crypto/aead.h"
#include "events/crypto/digest.h"
#include "events/fold/row_codec.h"
#include "gateways/service/login_desk.h"

namespace chopmark::service {
namespace {

/// Follows from the stamps' own key, so every node opens every node's claims.
crypto::Secret32 claim_key(const Secrets& secrets) {
    const Bytes name =
        secrets.stamps.stamp(keys::StampKind::claim, "chopmark/claim-seal/1", keys::no_end);
    return crypto::Secret32(crypto::sha256(name).array());
}

}  // namespace

Bytes seal_claim(const Secrets& secrets, Entropy& entropy, const ClaimRow& row) {
    crypto::AeadNonce nonce{};
    entropy.fill(nonce);
    return Bytes(view(nonce)) +
           crypto::aead_seal(claim_key(secrets), nonce, {}, fold::encode_row(row));
}

Result<ClaimRow> open_claim(const Secrets& secrets, ByteView sealed) {
    constexpr std::size_t nonce_bytes = 12;
    if (sealed.size() < nonce_bytes) {
        return bad_claim;
    }
    const auto row =
        crypto::aead_open(claim_key(secrets), to_array<nonce_bytes>(sealed.substr(0, nonce_bytes)),
                          {}, sealed.substr(nonce_bytes));
    return row ? fold::decode_row<ClaimRow>(*row) : Result<ClaimRow>(bad_claim);
}

}  // namespace chopmark::service
