// A relying party's own server over the wire: calls signed by HMAC and encrypted under the content
// key, which it fetches first. After open() safe from any thread, each with a connection of its
// own.
#pragma once

#include "events/crypto/rsa.h"
#include "ops/figures/people.h"
#include "ops/figures/wire.h"

namespace chopmark::figures {

std::string url_encode(std::string_view text);

class ServiceSide {
  public:
    /// Applied for and approved by `people`, with these scopes; its content key fetched at `rp`.
    /// Both and the node must outlive it.
    static Result<std::unique_ptr<ServiceSide>> open(NodeHome& node, People& people,
                                                     const Origin& rp, const ServiceWants& wants);

    [[nodiscard]] const Service& service() const { return service_; }
    /// Of a POST to `path` below /api/v1 with that content: the answer's, in clear.
    Result<std::string> call(Wire& wire, std::string_view path, std::string_view content);

    struct Token {
        std::string access_token;
        std::string open_id;
    };
    Result<Token> get_token(Wire& wire, std::string_view code);
    /// A callback's body: figures.answer_bad when it is not under the content key.
    [[nodiscard]] Result<std::string> unseal(std::string_view body) const;

  private:
    ServiceSide(NodeHome& node, const Origin& rp)
        : node_(node), rp_(rp), rsa_(crypto::RsaPrivateKey::generate()) {}
    Result<void> fetch_content_key();
    [[nodiscard]] std::string headers(std::string_view body);
    [[nodiscard]] std::string seal(std::string_view text);

    NodeHome& node_;
    const Origin rp_;
    crypto::RsaPrivateKey rsa_;
    Service service_;
    crypto::Secret32 content_key_;
};

}  // namespace chopmark::figures
