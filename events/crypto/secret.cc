#include "events/crypto/secret.h"

#include <openssl/crypto.h>

#include <utility>

namespace chopmark::crypto {

void wipe(void* memory, std::size_t size) { OPENSSL_cleanse(memory, size); }

void wipe(Bytes& bytes) {
    bytes.resize(bytes.capacity());  // never reallocates, so no copy stays behind
    OPENSSL_cleanse(bytes.data(), bytes.size());
    bytes.clear();
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept : bytes_(std::move(other.bytes_)) {
    wipe(other.bytes_);  // a short string is copied, not moved
}

SecretBytes& SecretBytes::operator=(const SecretBytes& other) {
    if (this != &other) {
        wipe(bytes_);
        bytes_ = other.bytes_;
    }
    return *this;
}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
        wipe(bytes_);
        bytes_ = std::move(other.bytes_);
        wipe(other.bytes_);
    }
    return *this;
}

}  // namespace chopmark::crypto
