#include "tests/support/test_node.h"

#include <openssl/evp.h>

#include "events/core/ensure.h"
#include "events/crypto/digest.h"

namespace chopmark::test {
namespace {

constexpr ByteView label = "test node";
constexpr std::size_t key_bytes = 32;
constexpr std::size_t signature_bytes = 64;
constexpr std::size_t certificate_bytes = NodeId::size + key_bytes + signature_bytes;

const std::uint8_t* raw(ByteView bytes) {
    return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
Context new_context() { return {EVP_MD_CTX_new(), &EVP_MD_CTX_free}; }

}  // namespace

TestKey::TestKey(const Digest& seed)
    : key_(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, raw(seed.bytes()),
                                        Digest::size)) {
    ensure(key_ != nullptr, "an Ed25519 key from a seed");
}

TestKey::~TestKey() { EVP_PKEY_free(static_cast<EVP_PKEY*>(key_)); }

Bytes TestKey::public_key() const {
    ByteArray<key_bytes> out{};
    std::size_t length = out.size();
    ensure(EVP_PKEY_get_raw_public_key(static_cast<EVP_PKEY*>(key_), out.data(), &length) == 1);
    return Bytes(view(out));
}

Bytes TestKey::sign(ByteView message) const {
    const Context context = new_context();
    ByteArray<signature_bytes> out{};
    std::size_t length = out.size();
    ensure(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr,
                              static_cast<EVP_PKEY*>(key_)) == 1);
    ensure(EVP_DigestSign(context.get(), out.data(), &length, raw(message), message.size()) == 1);
    return Bytes(view(out));
}

bool TestKey::verify(ByteView public_key, ByteView message, ByteView signature) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw(public_key), public_key.size()),
        &EVP_PKEY_free);
    const Context context = new_context();
    return key && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
           EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(message),
                            message.size()) == 1;
}

TestNodeCa::TestNodeCa(std::string_view name)
    : key_(crypto::sha256({"ca ", name})), public_key_(key_.public_key()) {}

TestNode TestNodeCa::issue(std::string_view name, std::string endpoint) const {
    TestNode out;
    const Digest seed = crypto::sha256({"node ", name});
    out.node_ = NodeId(to_array<NodeId::size>(crypto::sha256({"id ", name}).bytes()));
    out.endpoint_ = std::move(endpoint);
    out.key_ = std::make_shared<TestKey>(seed);
    const Bytes body = out.node_.to_bytes() + out.key_->public_key();
    out.certificate_ = body + key_.sign(Bytes(label) + body);
    return out;
}

std::optional<NodeId> TestNodeCa::check(ByteView certificate, ByteView message,
                                        ByteView signature) const {
    if (certificate.size() != certificate_bytes) {
        return std::nullopt;
    }
    const ByteView body = certificate.substr(0, NodeId::size + key_bytes);
    if (!TestKey::verify(public_key_, Bytes(label) + Bytes(body),
                         certificate.substr(body.size())) ||
        !TestKey::verify(body.substr(NodeId::size), message, signature)) {
        return std::nullopt;
    }
    return NodeId::from_bytes(body.substr(0, NodeId::size));
}

}  // namespace chopmark::test
