#include "gateways/rp/code_verifier.h"

#include "events/crypto/digest.h"

namespace chopmark::rp {

std::string code_verifier(const service::Secrets& secrets, std::string_view code) {
    // A stamp that never ends is a keyed function of its payload: a key of its own for this.
    const crypto::SecretBytes key(
        secrets.stamps.stamp(keys::StampKind::claim, "chopmark/code-verifier-key/1", keys::no_end));
    return crypto::hmac_sha256(key.reveal(), code).hex();
}

bool verifies(const service::Secrets& secrets, std::string_view code, std::string_view verifier) {
    return crypto::equal_constant_time(code_verifier(secrets, code), verifier);
}

}  // namespace chopmark::rp
