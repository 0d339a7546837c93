// BusinessIDs as the citizen's slot knows them – keyed digests of client and id – and, for
// acknowledgements that bring no token, whose request each was. That memory is this node's alone,
// bounded, two generations as in nonce_memory.h; whoever acknowledges after it forgot sends the
// token as well. Safe from any thread.
#pragma once

#include <mutex>
#include <optional>
#include <unordered_map>

#include "aggregates/citizen/request.h"
#include "gateways/service/secrets.h"

namespace chopmark::rp {

/// HMAC under a key of the deployment: the same on every node, and for as long as the log lasts.
citizen::BusinessIdToken business_id_token(const service::Secrets& secrets, const ClientId& client,
                                           std::string_view business_id);

class AskedAccounts {
  public:
    explicit AskedAccounts(std::size_t per_generation) : per_generation_(per_generation) {}

    void remember(const citizen::BusinessIdToken& business_id, const AccountId& account);
    [[nodiscard]] std::optional<AccountId> find(const citizen::BusinessIdToken& business_id) const;

  private:
    using Table = std::unordered_map<citizen::BusinessIdToken, AccountId>;

    const std::size_t per_generation_;
    mutable std::mutex mutex_;
    Table younger_;
    Table older_;
};

}  // namespace chopmark::rp
