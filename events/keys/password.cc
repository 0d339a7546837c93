#include "events/keys/password.h"

#include <argon2.h>

#include "events/crypto/secret.h"

namespace chopmark::keys {
namespace {

constexpr std::size_t longest_password = 1024;
constexpr std::size_t hash_bytes = 32;

bool acceptable(const std::string& password) {
    return !password.empty() && password.size() <= longest_password;
}

}  // namespace

Result<Sensitive<std::string>> make_verifier(const PasswordOptions& options, Entropy& entropy,
                                             const Sensitive<std::string>& password) {
    if (!acceptable(password.reveal())) {
        return bad_password;
    }
    ByteArray<16> salt{};
    entropy.fill(salt);
    std::string encoded(argon2_encodedlen(options.passes, options.memory_kib, options.lanes,
                                          salt.size(), hash_bytes, Argon2_id),
                        '\0');
    const int code =
        argon2id_hash_encoded(options.passes, options.memory_kib, options.lanes,
                              password.reveal().data(), password.reveal().size(), salt.data(),
                              salt.size(), hash_bytes, encoded.data(), encoded.size());
    if (code != ARGON2_OK) {
        return Error(verifier_failed, argon2_error_message(code));
    }
    encoded.resize(encoded.find('\0'));
    return Sensitive<std::string>(std::move(encoded));
}

Result<bool> check_password(const Sensitive<std::string>& verifier,
                            const Sensitive<std::string>& password) {
    if (!acceptable(password.reveal())) {
        return bad_password;
    }
    const int code = argon2id_verify(verifier.reveal().c_str(), password.reveal().data(),
                                     password.reveal().size());
    if (code == ARGON2_OK) {
        return true;
    }
    if (code == ARGON2_VERIFY_MISMATCH) {
        return false;
    }
    return Error(verifier_failed, argon2_error_message(code));
}

}  // namespace chopmark::keys
