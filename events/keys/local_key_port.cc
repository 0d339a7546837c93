#include "events/keys/local_key_port.h"

namespace chopmark::keys {
namespace {

template <class Id>
Bytes row(char kind, const Id& id) {
    return Bytes(1, kind).append(id.bytes());
}

constexpr char live_key = 'k';
constexpr char destroyed_key = 'x';

}  // namespace

Result<crypto::RsaPrivateKey> LocalKeyPort::load(const KeyHandle& handle) const {
    CHOPMARK_ASSIGN(const auto destroyed, rows_.get(row(destroyed_key, handle)));
    if (destroyed) {
        return Error(signing_key_destroyed, handle.hex());
    }
    CHOPMARK_ASSIGN(const auto stored, rows_.get(row(live_key, handle)));
    if (!stored) {
        return Error(no_signing_key, handle.hex());
    }
    auto key = crypto::RsaPrivateKey::from_pkcs8(*stored);
    if (!key) {
        return Error(rows_damaged, handle.hex());
    }
    return key;
}

Result<Bytes> LocalKeyPort::create(const KeyHandle& handle) {
    {
        const std::lock_guard lock(changing_);
        const auto there = load(handle);
        if (there || !(there.error() == no_signing_key)) {
            return there ? Result<Bytes>(there->public_key().spki()) : there.error();
        }
    }
    const crypto::RsaPrivateKey made = pool_.take();  // may take long: not under the lock
    const std::lock_guard lock(changing_);
    const auto there = load(handle);
    if (there || !(there.error() == no_signing_key)) {
        return there ? Result<Bytes>(there->public_key().spki()) : there.error();
    }
    CHOPMARK_TRY(rows_.put(row(live_key, handle), made.pkcs8().reveal()));
    return made.public_key().spki();
}

Result<Bytes> LocalKeyPort::public_key(const KeyHandle& handle) {
    CHOPMARK_ASSIGN(const auto key, load(handle));
    return key.public_key().spki();
}

Result<Bytes> LocalKeyPort::sign(const KeyHandle& handle, SigningScheme scheme, ByteView content) {
    CHOPMARK_ASSIGN(const auto key, load(handle));
    switch (scheme) {
        case SigningScheme::sha256_rsa:
            return key.sign_sha256(content);
        case SigningScheme::sha256_rsa_digest: {
            const auto digest = Digest::from_bytes(content);
            return digest ? Result<Bytes>(key.sign_sha256_digest(*digest))
                          : Result<Bytes>(Error(bad_content, "not a SHA-256 digest"));
        }
        case SigningScheme::bare_rsa: {
            auto signature = key.sign_unhashed(content);
            return signature ? std::move(signature)
                             : Result<Bytes>(Error(bad_content, "too long for the padding"));
        }
    }
    return Error(bad_content, "unknown scheme");
}

Result<void> LocalKeyPort::destroy(const KeyHandle& handle) {
    const std::lock_guard lock(changing_);
    // The mark first: after a crash between the two the key can no longer be used, and destroying
    // again removes it.
    CHOPMARK_TRY(rows_.put(row(destroyed_key, handle), ""));
    return rows_.erase(row(live_key, handle));
}

}  // namespace chopmark::keys
