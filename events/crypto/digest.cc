#include "events/crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <memory>

#include "events/core/ensure.h"

namespace chopmark::crypto {
namespace {

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

const EVP_MD* sha256_algorithm() {
    static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    ensure(algorithm != nullptr, "SHA256 is available");
    return algorithm;
}

class Hasher {
  public:
    Hasher() : context_(EVP_MD_CTX_new()) { ensure(context_ != nullptr, "memory for a digest"); }

    void start() { ensure(EVP_DigestInit_ex2(context_.get(), sha256_algorithm(), nullptr) == 1); }
    void add(ByteView bytes) {
        ensure(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
    }
    Digest finish() {
        ByteArray<32> out{};
        ensure(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1);
        return Digest(out);
    }

  private:
    std::unique_ptr<EVP_MD_CTX, FreeContext> context_;
};

Hasher& hasher() {
    thread_local Hasher instance;
    return instance;
}

}  // namespace

Digest sha256(ByteView bytes) { return sha256({bytes}); }

Digest sha256(std::initializer_list<ByteView> parts) {
    Hasher& hash = hasher();
    hash.start();
    for (const ByteView part : parts) {
        hash.add(part);
    }
    return hash.finish();
}

Digest hmac_sha256(ByteView key, ByteView message) { return hmac_sha256(key, {message}); }

Digest hmac_sha256(ByteView key, std::initializer_list<ByteView> parts) {
    constexpr std::size_t block = 64;
    ByteArray<block> pad{};
    if (key.size() > block) {
        const Digest short_key = sha256(key);
        std::copy(short_key.array().begin(), short_key.array().end(), pad.begin());
    } else {
        std::copy(key.begin(), key.end(), pad.begin());
    }
    Hasher& hash = hasher();
    for (auto& byte : pad) {
        byte ^= 0x36;
    }
    hash.start();
    hash.add(view(pad));
    for (const ByteView part : parts) {
        hash.add(part);
    }
    const Digest inner = hash.finish();
    for (auto& byte : pad) {
        byte ^= 0x36 ^ 0x5c;
    }
    hash.start();
    hash.add(view(pad));
    hash.add(inner.bytes());
    const Digest out = hash.finish();
    OPENSSL_cleanse(pad.data(), pad.size());
    return out;
}

bool equal_constant_time(ByteView a, ByteView b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace chopmark::crypto
