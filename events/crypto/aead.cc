#include "events/crypto/aead.h"

#include <openssl/evp.h>

#include <memory>

#include "events/core/ensure.h"

namespace chopmark::crypto {
namespace {

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const EVP_CIPHER* aes256_gcm() {
    static EVP_CIPHER* const algorithm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    ensure(algorithm != nullptr, "AES-256-GCM is available");
    return algorithm;
}

// One context a thread and direction: with the cipher already set, a new key and nonce cost no
// allocation.
EVP_CIPHER_CTX* new_context(int encrypt) {
    EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
    ensure(context != nullptr, "memory for a cipher");
    ensure(EVP_CipherInit_ex2(context, aes256_gcm(), nullptr, nullptr, encrypt, nullptr) == 1);
    return context;
}

EVP_CIPHER_CTX* start(int encrypt, const Secret32& key, const AeadNonce& nonce,
                      ByteView additional) {
    thread_local const Context sealing(new_context(1));
    thread_local const Context opening(new_context(0));
    EVP_CIPHER_CTX* const context = encrypt != 0 ? sealing.get() : opening.get();
    const auto* key_bytes = reinterpret_cast<const unsigned char*>(key.reveal().data());
    ensure(EVP_CipherInit_ex2(context, nullptr, key_bytes, nonce.data(), -1, nullptr) == 1);
    int written = 0;
    ensure(additional.empty() ||
           EVP_CipherUpdate(context, nullptr, &written,
                            reinterpret_cast<const unsigned char*>(additional.data()),
                            static_cast<int>(additional.size())) == 1);
    return context;
}

void run(EVP_CIPHER_CTX* context, ByteView in, Bytes& out) {
    int written = 0;
    ensure(in.empty() ||
           EVP_CipherUpdate(context, reinterpret_cast<unsigned char*>(out.data()), &written,
                            reinterpret_cast<const unsigned char*>(in.data()),
                            static_cast<int>(in.size())) == 1);
}

}  // namespace

Bytes aead_seal(const Secret32& key, const AeadNonce& nonce, ByteView additional,
                ByteView plaintext) {
    EVP_CIPHER_CTX* const context = start(1, key, nonce, additional);
    Bytes out(plaintext.size() + aead_tag_bytes, '\0');
    run(context, plaintext, out);
    unsigned char nothing[aead_tag_bytes];
    int written = 0;
    ensure(EVP_CipherFinal_ex(context, nothing, &written) == 1 && written == 0);
    ensure(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, aead_tag_bytes,
                               out.data() + plaintext.size()) == 1);
    return out;
}

Result<Bytes> aead_open(const Secret32& key, const AeadNonce& nonce, ByteView additional,
                        ByteView sealed) {
    if (sealed.size() < aead_tag_bytes) {
        return Error(not_authentic, "shorter than a tag");
    }
    EVP_CIPHER_CTX* const context = start(0, key, nonce, additional);
    const std::size_t length = sealed.size() - aead_tag_bytes;
    Bytes out(length, '\0');
    run(context, sealed.substr(0, length), out);
    ByteArray<aead_tag_bytes> tag = to_array<aead_tag_bytes>(sealed.substr(length));
    ensure(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, aead_tag_bytes, tag.data()) == 1);
    unsigned char nothing[aead_tag_bytes];
    int written = 0;
    if (EVP_CipherFinal_ex(context, nothing, &written) != 1) {
        wipe(out);
        return not_authentic;
    }
    return out;
}

}  // namespace chopmark::crypto
