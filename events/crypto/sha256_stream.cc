#include "events/crypto/sha256_stream.h"

#include <openssl/evp.h>

#include "events/core/ensure.h"

namespace chopmark::crypto {

struct Sha256Stream::Context {
    Context() : digest(EVP_MD_CTX_new()) {
        ensure(digest != nullptr, "memory for a digest");
        start();
    }
    ~Context() { EVP_MD_CTX_free(digest); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    void start() { ensure(EVP_DigestInit_ex(digest, EVP_sha256(), nullptr) == 1); }

    EVP_MD_CTX* digest;
};

Sha256Stream::Sha256Stream() : context_(std::make_unique<Context>()) {}
Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::add(ByteView bytes) {
    ensure(EVP_DigestUpdate(context_->digest, bytes.data(), bytes.size()) == 1);
}

Digest Sha256Stream::finish() {
    ByteArray<32> out{};
    ensure(EVP_DigestFinal_ex(context_->digest, out.data(), nullptr) == 1);
    context_->start();
    return Digest(out);
}

}  // namespace chopmark::crypto
