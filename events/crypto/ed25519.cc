#include "events/crypto/ed25519.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "events/core/ensure.h"

namespace chopmark::crypto {
namespace {

const unsigned char* raw(ByteView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

struct FreeMemory {
    void operator()(BIO* memory) const { BIO_free_all(memory); }
};
using Memory = std::unique_ptr<BIO, FreeMemory>;

}  // namespace

Ed25519PrivateKey::Ed25519PrivateKey(const Secret32& seed)
    : key_(EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, raw(seed.reveal()),
                                           Secret32::size)) {
    ensure(key_ != nullptr, "Ed25519 is available");
    std::size_t length = public_key_.size();
    ensure(EVP_PKEY_get_raw_public_key(key_.get(), public_key_.data(), &length) == 1 &&
           length == public_key_.size());
}

Result<Ed25519PrivateKey> Ed25519PrivateKey::from_pem(ByteView pem) {
    const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    ensure(memory != nullptr, "memory for a key");
    const Pkey read(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
    Secret32 seed;
    std::size_t length = Secret32::size;
    if (read == nullptr || EVP_PKEY_is_a(read.get(), "ED25519") != 1 ||
        EVP_PKEY_get_raw_private_key(read.get(), seed.writable().data(), &length) != 1) {
        clear_openssl_errors();
        return Error(bad_key, "not an Ed25519 private key in PEM");
    }
    return Ed25519PrivateKey(seed);
}

SecretBytes Ed25519PrivateKey::pem() const {
    const Memory memory(BIO_new(BIO_s_secmem()));
    ensure(memory != nullptr && PEM_write_bio_PKCS8PrivateKey(memory.get(), key_.get(), nullptr,
                                                              nullptr, 0, nullptr, nullptr) == 1);
    char* text = nullptr;
    const long length = BIO_get_mem_data(memory.get(), &text);
    return SecretBytes(Bytes(text, static_cast<std::size_t>(length)));
}

Bytes Ed25519PrivateKey::sign(ByteView message) const {
    const Context context(EVP_MD_CTX_new());
    ensure(context != nullptr, "memory for a signature");
    ensure(EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key_.get(),
                                 nullptr) == 1);
    Bytes out(ed25519_signature_bytes, '\0');
    std::size_t length = out.size();
    ensure(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &length,
                          raw(message), message.size()) == 1 &&
           length == out.size());
    return out;
}

Result<Pkey> load_ed25519(ByteView public_key) {
    Pkey key(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, raw(public_key),
                                            public_key.size()));
    if (key == nullptr) {
        clear_openssl_errors();
        return Error(bad_key, "not an Ed25519 public key");
    }
    return key;
}

bool ed25519_verify(ByteView public_key, ByteView message, ByteView signature) {
    if (public_key.size() != ed25519_public_bytes || signature.size() != ed25519_signature_bytes) {
        return false;
    }
    const auto key = load_ed25519(public_key);
    const Context context(EVP_MD_CTX_new());
    ensure(context != nullptr, "memory for a verification");
    const bool good = key &&
                      EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr,
                                              key->get(), nullptr) == 1 &&
                      EVP_DigestVerify(context.get(), raw(signature), signature.size(),
                                       raw(message), message.size()) == 1;
    clear_openssl_errors();
    return good;
}

}  // namespace chopmark::crypto
