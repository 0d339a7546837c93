// Where a caller is, as coarsely as detection may know it (design-notes D6): ASN, country and keyed
// tokens of the network and the user agent. The address itself goes into a personal box, nowhere
// else. Safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "events/core/instant.h"
#include "events/core/sensitive.h"
#include "events/keys/key_ring.h"
#include "events/schema/common.pb.h"

namespace chopmark::service {

struct Whereabouts {
    std::uint32_t asn = 0;  // 0: unknown
    std::string country;    // ISO 3166-1 alpha-2; empty: unknown
    std::string city;       // for the phone's screen, never recorded; empty: unknown
    double latitude = 0;
    double longitude = 0;
    bool placed = false;  // latitude and longitude are known
};

/// Address data; adapters: MaxMind files (libmaxminddb), the sandbox's table of loopback addresses.
class AddressBook {
  public:
    virtual ~AddressBook() = default;
    [[nodiscard]] virtual Whereabouts find(std::string_view address) const = 0;
};

/// The sandbox has no addresses of the world: 127.0.0.0/8 is dealt out among places instead, by the
/// third byte: 0 Hong Kong, 1 Hong Kong (another network), 2 Shenzhen, 3 Singapore, 4 London, 5
/// Lagos; the rest unknown.
class SandboxAddressBook final : public AddressBook {
  public:
    [[nodiscard]] Whereabouts find(std::string_view address) const override;
};

class Networks {
  public:
    /// Both must outlive the object.
    Networks(const AddressBook& book, const keys::KeyRing& ring) : book_(book), ring_(ring) {}

    [[nodiscard]] Whereabouts find(std::string_view address) const { return book_.find(address); }
    [[nodiscard]] schema::Endpoint endpoint(std::string_view address, std::string_view user_agent,
                                            Instant at) const;
    /// The token of the address's network alone.
    [[nodiscard]] schema::KeyedToken network(std::string_view address, Instant at) const;
    /// 1 same network or within 50 km, 2 within 200 km, 3 same country, 4 another country, 5 beyond
    /// 4,000 km; 0 unknown.
    [[nodiscard]] std::uint32_t distance_class(std::string_view a, std::string_view b) const;

  private:
    const AddressBook& book_;
    const keys::KeyRing& ring_;
};

}  // namespace chopmark::service
