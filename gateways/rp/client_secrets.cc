#include "gateways/rp/client_secrets.h"

#include "events/schema/event.h"

namespace chopmark::rp {

Result<crypto::SecretBytes> ClientSecrets::open(const EventId& source) const {
    if (source.is_zero()) {
        return control::rp_not_active;
    }
    CHOPMARK_ASSIGN(const auto event, events_.open(source));
    if (const auto* approved = std::get_if<schema::RelyingPartyApproved>(event.get())) {
        return crypto::SecretBytes(approved->personal().client_secret());
    }
    if (const auto* trial = std::get_if<schema::RelyingPartyTrialOpened>(event.get())) {
        return crypto::SecretBytes(trial->personal().client_secret());
    }
    if (const auto* rotated = std::get_if<schema::RelyingPartySecretRotated>(event.get())) {
        return crypto::SecretBytes(rotated->personal().client_secret());
    }
    return control::rp_not_active;
}

Result<std::shared_ptr<const ClientSecrets::Pair>> ClientSecrets::of(
    const control::RelyingParty& party) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto at = known_.find(party.id);
            at != known_.end() && at->second->source == party.secret_source &&
            at->second->old_source == party.old_secret_source) {
            return at->second;
        }
    }
    auto pair = std::make_shared<Pair>();
    pair->source = party.secret_source;
    pair->old_source = party.old_secret_source;
    CHOPMARK_ASSIGN(pair->current, open(party.secret_source));
    if (pair->current.empty()) {
        return control::rp_not_active;
    }
    if (auto old = open(party.old_secret_source); old && !old->empty()) {
        pair->old = *std::move(old);
    }
    const std::lock_guard lock(mutex_);
    known_[party.id] = pair;
    return std::shared_ptr<const Pair>(pair);
}

}  // namespace chopmark::rp
