#include "gateways/rp/business_ids.h"

#include <utility>

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

void AskedAccounts::remember(const citizen::BusinessIdToken& business_id,
                             const AccountId& account) {
    Table gone;
    const std::lock_guard lock(mutex_);
    if (younger_.size() >= per_generation_) {
        gone = std::exchange(older_, std::exchange(younger_, {}));
    }
    younger_[business_id] = account;
}

std::optional<AccountId> AskedAccounts::find(const citizen::BusinessIdToken& business_id) const {
    const std::lock_guard lock(mutex_);
    for (const Table* table : {&younger_, &older_}) {
        if (const auto at = table->find(business_id); at != table->end()) {
            return at->second;
        }
    }
    return std::nullopt;
}

}  // namespace chopmark::rp
