#include "events/crypto/rsa.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "events/core/ensure.h"

namespace chopmark::crypto {
namespace {

struct FreeContext {
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_PKEY_CTX, FreeContext>;

constexpr int smallest_bits = 2048;
constexpr int largest_bits = 4096;

const unsigned char* raw(ByteView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* raw(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

Context context_of(evp_pkey_st* key) {
    Context context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    ensure(context != nullptr, "memory for an RSA operation");
    return context;
}

std::size_t size_of(evp_pkey_st* key) { return static_cast<std::size_t>(EVP_PKEY_get_size(key)); }

void use_pkcs1(const Context& context, const EVP_MD* digest) {
    ensure(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1);
    ensure(digest == nullptr || EVP_PKEY_CTX_set_signature_md(context.get(), digest) == 1);
}

Result<Bytes> sign(evp_pkey_st* key, const EVP_MD* digest, ByteView content) {
    const Context context = context_of(key);
    ensure(EVP_PKEY_sign_init(context.get()) == 1);
    use_pkcs1(context, digest);
    Bytes out(size_of(key), '\0');
    std::size_t length = out.size();
    if (EVP_PKEY_sign(context.get(), raw(out), &length, raw(content), content.size()) != 1) {
        clear_openssl_errors();
        return rsa_failed;
    }
    out.resize(length);
    return out;
}

bool verify(evp_pkey_st* key, const EVP_MD* digest, ByteView content, ByteView signature) {
    const Context context = context_of(key);
    ensure(EVP_PKEY_verify_init(context.get()) == 1);
    use_pkcs1(context, digest);
    const bool good = EVP_PKEY_verify(context.get(), raw(signature), signature.size(), raw(content),
                                      content.size()) == 1;
    clear_openssl_errors();
    return good;
}

}  // namespace

Result<RsaPublicKey> RsaPublicKey::from_spki(ByteView der) {
    const unsigned char* at = raw(der);
    Pkey key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
    clear_openssl_errors();
    if (key == nullptr || at != raw(der) + der.size() || EVP_PKEY_is_a(key.get(), "RSA") != 1) {
        return Error(bad_key, "not the SubjectPublicKeyInfo of an RSA key");
    }
    const int bits = EVP_PKEY_get_bits(key.get());
    if (bits < smallest_bits || bits > largest_bits) {
        return Error(bad_key, "RSA key of " + std::to_string(bits) + " bits");
    }
    return RsaPublicKey(std::move(key));
}

Bytes RsaPublicKey::spki() const {
    unsigned char* der = nullptr;
    const int length = i2d_PUBKEY(key_.get(), &der);
    ensure(length > 0, "memory for a key");
    Bytes out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
    OPENSSL_free(der);
    return out;
}

Result<Bytes> RsaPublicKey::encrypt(ByteView secret) const {
    const Context context = context_of(key_.get());
    ensure(EVP_PKEY_encrypt_init(context.get()) == 1);
    use_pkcs1(context, nullptr);
    Bytes out(size_of(key_.get()), '\0');
    std::size_t length = out.size();
    if (EVP_PKEY_encrypt(context.get(), raw(out), &length, raw(secret), secret.size()) != 1) {
        clear_openssl_errors();
        return rsa_failed;
    }
    out.resize(length);
    return out;
}

bool RsaPublicKey::verify_sha256(ByteView message, ByteView signature) const {
    return verify(key_.get(), EVP_sha256(), sha256(message).bytes(), signature);
}

bool RsaPublicKey::verify_unhashed(ByteView content, ByteView signature) const {
    return verify(key_.get(), nullptr, content, signature);
}

RsaPrivateKey RsaPrivateKey::generate(unsigned bits) {
    Pkey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(bits)));
    ensure(key != nullptr, "an RSA key can be made");
    return RsaPrivateKey(std::move(key));
}

Result<RsaPrivateKey> RsaPrivateKey::from_pkcs8(const SecretBytes& der) {
    const unsigned char* at = raw(der.reveal());
    Pkey key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
    clear_openssl_errors();
    if (key == nullptr || at != raw(der.reveal()) + der.size() ||
        EVP_PKEY_is_a(key.get(), "RSA") != 1) {
        return Error(bad_key, "not an RSA private key");
    }
    return RsaPrivateKey(std::move(key));
}

SecretBytes RsaPrivateKey::pkcs8() const {
    PKCS8_PRIV_KEY_INFO* const info = EVP_PKEY2PKCS8(key_.get());
    ensure(info != nullptr, "memory for a key");
    unsigned char* der = nullptr;
    const int length = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    PKCS8_PRIV_KEY_INFO_free(info);
    ensure(length > 0, "memory for a key");
    SecretBytes out(Bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length)));
    OPENSSL_clear_free(der, static_cast<std::size_t>(length));
    return out;
}

RsaPublicKey RsaPrivateKey::public_key() const {
    unsigned char* der = nullptr;
    const int length = i2d_PUBKEY(key_.get(), &der);
    ensure(length > 0, "memory for a key");
    auto key = RsaPublicKey::from_spki(
        ByteView(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length)));
    OPENSSL_free(der);
    ensure(key.has_value());
    return *std::move(key);
}

Bytes RsaPrivateKey::sign_sha256(ByteView message) const {
    return sign_sha256_digest(sha256(message));
}

Bytes RsaPrivateKey::sign_sha256_digest(const Digest& digest) const {
    auto signature = sign(key_.get(), EVP_sha256(), digest.bytes());
    ensure(signature.has_value());
    return *std::move(signature);
}

Result<Bytes> RsaPrivateKey::sign_unhashed(ByteView content) const {
    return sign(key_.get(), nullptr, content);
}

Result<SecretBytes> RsaPrivateKey::decrypt(ByteView wrapped) const {
    const Context context = context_of(key_.get());
    ensure(EVP_PKEY_decrypt_init(context.get()) == 1);
    use_pkcs1(context, nullptr);
    Bytes out(size_of(key_.get()), '\0');
    std::size_t length = out.size();
    if (EVP_PKEY_decrypt(context.get(), raw(out), &length, raw(wrapped), wrapped.size()) != 1) {
        clear_openssl_errors();
        wipe(out);
        return rsa_failed;
    }
    SecretBytes secret(out.substr(0, length));
    wipe(out);
    return secret;
}

}  // namespace chopmark::crypto
