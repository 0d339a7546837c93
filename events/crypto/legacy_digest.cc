#include "events/crypto/legacy_digest.h"

#include <openssl/evp.h>

#include <memory>

#include "events/core/ensure.h"

namespace chopmark::crypto {
namespace {

template <std::size_t N>
ByteArray<N> digest(const EVP_MD* algorithm, std::initializer_list<ByteView> parts) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    ensure(context != nullptr, "memory for a digest");
    ensure(EVP_DigestInit_ex(context.get(), algorithm, nullptr) == 1, "a digest starts");
    for (const ByteView part : parts) {
        ensure(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1, "a digest grows");
    }
    ByteArray<N> out{};
    ensure(EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1, "a digest ends");
    return out;
}

}  // namespace

ByteArray<64> sha512(std::initializer_list<ByteView> parts) {
    return digest<64>(EVP_sha512(), parts);
}

ByteArray<16> md5(std::initializer_list<ByteView> parts) { return digest<16>(EVP_md5(), parts); }

}  // namespace chopmark::crypto
