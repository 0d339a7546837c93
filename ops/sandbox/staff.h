// A member of staff at a keyboard: signs in with a P-256 key and calls the admin, audit and
// security gateways. A command carries an Idempotency-Key, drawn for each unless the caller wants
// to send the same one again. Sessions are opened when needed and renewed. Not for use from two
// threads at once.
#pragma once

#include <map>

#include "events/crypto/p256.h"
#include "ops/sandbox/caller.h"
#include "ops/sandbox/state_file.h"

namespace chopmark::sandbox {

class StaffClient {
  public:
    StaffClient(crypto::P256PrivateKey key, Gateways gateways, Entropy& entropy)
        : key_(std::move(key)), gateways_(gateways), entropy_(&entropy) {}
    /// A file with the scalar in hex.
    static Result<StaffClient> load(const std::filesystem::path& key_file, Gateways gateways,
                                    Entropy& entropy);

    /// As the platform derives it from the key.
    [[nodiscard]] std::string id() const;
    [[nodiscard]] const crypto::P256PrivateKey& key() const { return key_; }

    /// `port` of one of the gateways; an empty key is drawn.
    Result<Answer> get(int port, const std::string& target);
    Result<Answer> post(int port, const std::string& path, const Json& body,
                        std::string idempotency_key = {});

    Result<Answer> admin_get(const std::string& target) { return get(gateways_.admin(), target); }
    Result<Answer> admin_post(const std::string& path, const Json& body) {
        return post(gateways_.admin(), path, body);
    }
    /// Opens a session at that gateway; its answer.
    Result<Json> sign_in(int port);

  private:
    struct Session {
        std::string token;
        std::int64_t until_ms = 0;
    };
    Result<std::string> token_for(int port);

    crypto::P256PrivateKey key_;
    Gateways gateways_;
    Entropy* entropy_;
    std::map<int, Session> sessions_;  // by port
};

}  // namespace chopmark::sandbox
