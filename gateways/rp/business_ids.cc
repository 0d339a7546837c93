#include "gateways/rp/business_ids.h"

#include "events/crypto/digest.h"

namespace chopmark::rp {

citizen::BusinessIdToken business_id_token(const service::Secrets& secrets, const ClientId& client,
                                           std::string_view business_id) {
    // A stamp that never ends is a keyed function of its payload: a key of its own for this.
    const crypto::SecretBytes key(
        secrets.stamps.stamp(keys::StampKind::claim, "chopmark/business-id-key/1", keys::no_end));
    return citizen::BusinessIdToken(
        crypto::hmac_sha256(key.reveal(), {client.bytes(), business_id}).array());
}

}  // namespace chopmark::rp
