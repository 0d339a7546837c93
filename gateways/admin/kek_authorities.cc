#include "gateways/admin/kek_authorities.h"

#include "events/crypto/rsa.h"

namespace chopmark::admin {

Result<CheckedKek> KekAuthorities::check(ByteView pem, Instant now) const {
    const auto bad = [](std::string_view why) {
        return Error(kek_certificate_bad, std::string(why));
    };
    if (pem.size() > kek_pem_bytes) {
        return bad("longer than 32 KiB");
    }
    auto all = crypto::Certificate::all_from_pem(pem, kek_certificates_at_most);
    if (!all) {
        return bad(all.error().detail);
    }
    const crypto::Certificate& own = all->front();
    CheckedKek out;
    out.kek = own.spki();
    if (!crypto::RsaPublicKey::from_spki(out.kek)) {
        return bad("its key is not RSA of 2048 to 4096 bits");
    }
    if (own.is_authority()) {
        return bad("it is an authority's");
    }
    if (!own.may_encipher()) {
        return bad("its key usage is neither keyEncipherment nor dataEncipherment");
    }
    out.certificate = {own.der(), own.not_before(), own.not_after()};
    if (now < out.certificate.not_before || now >= out.certificate.not_after) {
        return bad("it is not within its dates");
    }
    const std::span<const crypto::Certificate> chain(*all);
    const auto known = trust();
    const auto path = crypto::verify_chain(own, chain.subspan(1), known->authorities, now,
                                           known->revocations ? &*known->revocations : nullptr);
    if (!path) {
        return bad(path.error().detail);
    }
    return out;
}

void KekAuthorities::renew(KekTrust trust) {
    auto next = std::make_shared<const KekTrust>(std::move(trust));
    const std::lock_guard lock(mutex_);
    trust_ = std::move(next);
}

std::shared_ptr<const KekTrust> KekAuthorities::trust() const {
    const std::lock_guard lock(mutex_);
    return trust_;
}

bool KekAuthorities::has_revoked(const crypto::Certificate& taken) const {
    const auto known = trust();
    return known->revocations && known->revocations->name(taken);
}

std::optional<Instant> KekAuthorities::lists_end() const {
    const auto known = trust();
    return known->revocations ? known->revocations->next_update() : std::nullopt;
}

}  // namespace chopmark::admin
