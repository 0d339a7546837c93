#include "events/crypto/block.h"

#include <openssl/evp.h>

#include <memory>

#include "events/core/ensure.h"

namespace chopmark::crypto {
namespace {

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

EVP_CIPHER_CTX* new_context(int encrypt) {
    static EVP_CIPHER* const algorithm = EVP_CIPHER_fetch(nullptr, "AES-256-ECB", nullptr);
    EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
    ensure(algorithm != nullptr && context != nullptr, "AES-256 is available");
    ensure(EVP_CipherInit_ex2(context, algorithm, nullptr, nullptr, encrypt, nullptr) == 1);
    ensure(EVP_CIPHER_CTX_set_padding(context, 0) == 1);
    return context;
}

Block permute(EVP_CIPHER_CTX* context, const Secret32& key, const Block& block) {
    const auto* key_bytes = reinterpret_cast<const unsigned char*>(key.reveal().data());
    Block out{};
    int written = 0;
    ensure(EVP_CipherInit_ex2(context, nullptr, key_bytes, nullptr, -1, nullptr) == 1);
    ensure(EVP_CipherUpdate(context, out.data(), &written, block.data(),
                            static_cast<int>(block.size())) == 1 &&
           written == static_cast<int>(out.size()));
    return out;
}

}  // namespace

Block encrypt_block(const Secret32& key, const Block& block) {
    thread_local const Context context(new_context(1));
    return permute(context.get(), key, block);
}

Block decrypt_block(const Secret32& key, const Block& block) {
    thread_local const Context context(new_context(0));
    return permute(context.get(), key, block);
}

}  // namespace chopmark::crypto
