// The gateway of relying parties: the iAM Smart wire protocol as rows for the front
// (facts/iamsmart-api.md 2–7; design 8). It keeps what is needed to recognise repeated requests and
// signatures, and nothing about citizens. Safe from any thread; the ports and the gateway itself
// MUST outlive the front that got its rows and every answer still owed.
#pragma once

#include <memory>
#include <vector>

#include "gateways/http/route.h"
#include "gateways/rp/ports.h"

namespace chopmark::rp {

class CallbackDesk;
struct Parts;

class RpGateway {
  public:
    RpGateway(const Ports& ports, const Options& options);
    ~RpGateway();

    [[nodiscard]] std::vector<http::Route> routes();
    /// Beside those of the wire: what a service sees of itself (view_of_service.h).
    [[nodiscard]] std::vector<http::Route> own_routes(CallbackDesk& callbacks);

    struct Probe {
        std::uint64_t passed = 0;
        std::uint64_t wrong_signature = 0;
        std::uint64_t repeated = 0;
        std::uint64_t too_many = 0;
    };
    [[nodiscard]] Probe probe() const;

  private:
    std::unique_ptr<Parts> parts_;
};

}  // namespace chopmark::rp
