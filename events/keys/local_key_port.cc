#include "events/keys/local_key_port.h"

namespace chopmark::keys {
namespace {

template <class Id>
Bytes row(char kind, const Id& id) {
    return Bytes(1, kind).append(id.bytes());
}

constexpr char live_key = 'k';
constexpr char destroyed_key = 'x';

/// As many as are signed with at once; the secrets of no more lie about unsealed, and not for long.
constexpr std::size_t recent_keys = 16;
constexpr std::chrono::seconds recent_for{5};

}  // namespace

Result<void> LocalKeyPort::check_not_destroyed(const KeyHandle& handle) const {
    CHOPMARK_ASSIGN(const auto destroyed, rows_.get(row(destroyed_key, handle)));
    return destroyed ? Result<void>(Error(signing_key_destroyed, handle.hex())) : Result<void>();
}

Result<LocalKeyPort::Key> LocalKeyPort::load(const KeyHandle& handle) const {
    CHOPMARK_TRY(check_not_destroyed(handle));
    CHOPMARK_ASSIGN(const auto stored, rows_.get(row(live_key, handle)));
    if (!stored) {
        return Error(no_signing_key, handle.hex());
    }
    auto key = crypto::RsaPrivateKey::from_pkcs8(*stored);
    if (!key) {
        return Error(rows_damaged, handle.hex());
    }
    return std::make_shared<const crypto::RsaPrivateKey>(*std::move(key));
}

Result<LocalKeyPort::Key> LocalKeyPort::load_recent(const KeyHandle& handle) {
    const Time now = std::chrono::steady_clock::now();
    Key key;
    {
        const std::lock_guard lock(using_);
        std::erase_if(recent_, [&](const Recent& recent) {
            key = recent.handle == handle ? recent.key : key;
            return recent.handle == handle || now - recent.used_at > recent_for;
        });
    }
    if (key) {
        CHOPMARK_TRY(check_not_destroyed(handle));
    } else {
        CHOPMARK_ASSIGN(key, load(handle));
    }
    const std::lock_guard lock(using_);
    recent_.push_back({handle, key, now});
    if (recent_.size() > recent_keys) {
        recent_.pop_front();
    }
    return key;
}

void LocalKeyPort::forget(const KeyHandle& handle) {
    const std::lock_guard lock(using_);
    std::erase_if(recent_, [&](const Recent& recent) { return recent.handle == handle; });
}

Result<Bytes> LocalKeyPort::create(const KeyHandle& handle) {
    {
        const std::lock_guard lock(changing_);
        const auto there = load(handle);
        if (there || !(there.error() == no_signing_key)) {
            return there ? Result<Bytes>((*there)->public_key().spki()) : there.error();
        }
    }
    const crypto::RsaPrivateKey made = pool_.take();  // may take long: not under the lock
    const std::lock_guard lock(changing_);
    const auto there = load(handle);
    if (there || !(there.error() == no_signing_key)) {
        return there ? Result<Bytes>((*there)->public_key().spki()) : there.error();
    }
    CHOPMARK_TRY(rows_.put(row(live_key, handle), made.pkcs8().reveal()));
    return made.public_key().spki();
}

Result<Bytes> LocalKeyPort::public_key(const KeyHandle& handle) {
    CHOPMARK_ASSIGN(const auto key, load(handle));
    return key->public_key().spki();
}

Result<Bytes> LocalKeyPort::sign(const KeyHandle& handle, SigningScheme scheme, ByteView content) {
    CHOPMARK_ASSIGN(const Key key, load_recent(handle));
    switch (scheme) {
        case SigningScheme::sha256_rsa:
            return key->sign_sha256(content);
        case SigningScheme::sha256_rsa_digest: {
            const auto digest = Digest::from_bytes(content);
            return digest ? Result<Bytes>(key->sign_sha256_digest(*digest))
                          : Result<Bytes>(Error(bad_content, "not a SHA-256 digest"));
        }
        case SigningScheme::bare_rsa: {
            auto signature = key->sign_unhashed(content);
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
    forget(handle);
    return rows_.erase(row(live_key, handle));
}

}  // namespace chopmark::keys
