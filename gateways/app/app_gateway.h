// The gateway of the citizens' phones: every row under /app/v1. Changes are signed by the device's
// key; reads and scans carry the MAC of a session that one signature began; registration and
// binding are signed by the key that asks to be bound. Safe from any thread.
#pragma once

#include "gateways/app/app_ports.h"
#include "gateways/http/route.h"

namespace chopmark::app {

class AppGateway final {
  public:
    explicit AppGateway(const AppPorts& ports, AppOptions options = {})
        : context_{ports, options} {}
    AppGateway(const AppGateway&) = delete;
    AppGateway& operator=(const AppGateway&) = delete;

    /// The gateway must outlive them.
    [[nodiscard]] std::vector<http::Route> routes() const;

  private:
    AppContext context_;
};

/// Permissions `app.session` (the MAC of a session, and the device still bound), `app.signed` and
/// `app.candidate` (the headers of a signed call, its challenge in force). Of a signed call the
/// principal is only claimed: the signature needs the account's state, and the row's own wrapper
/// (signed_call.h) verifies it before the handler sees the call.
class AppAuthorizer final : public http::Authorizer {
  public:
    /// All must outlive the object.
    AppAuthorizer(const service::Secrets& secrets, const service::Queries& queries,
                  const Clock& clock)
        : secrets_(secrets), queries_(queries), clock_(clock) {}

    [[nodiscard]] Result<http::Principal> authorize(const http::Call& call,
                                                    std::string_view permission) override;

  private:
    [[nodiscard]] Result<http::Principal> by_session(const http::Call& call) const;

    const service::Secrets& secrets_;
    const service::Queries& queries_;
    const Clock& clock_;
};

}  // namespace chopmark::app
