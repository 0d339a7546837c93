#include "gateways/service/network.h"

#include <array>
#include <charconv>
#include <cmath>
#include <numbers>

#include "events/keys/pseudonym.h"

namespace chopmark::service {
namespace {

const std::array sandbox_places{
    Whereabouts{64496, "HK", "Hong Kong", 22.28, 114.16, true},
    Whereabouts{64497, "HK", "Kowloon", 22.32, 114.17, true},
    Whereabouts{64498, "CN", "Shenzhen", 22.54, 114.06, true},
    Whereabouts{64499, "SG", "Singapore", 1.29, 103.85, true},
    Whereabouts{64500, "GB", "London", 51.51, -0.13, true},
    Whereabouts{64501, "NG", "Lagos", 6.52, 3.38, true},
};

/// The first three parts of a dotted address, or the first three groups of an IPv6 one: the /24 or
/// /48 that detection may know.
std::string network_of(std::string_view address) {
    const bool v6 = address.find(':') != std::string_view::npos;
    const char separator = v6 ? ':' : '.';
    std::size_t end = 0;
    for (int part = 0; part < 3 && end != std::string_view::npos; ++part) {
        end = address.find(separator, end == 0 ? 0 : end + 1);
    }
    return std::string(address.substr(0, end));
}

void put(schema::KeyedToken& out, const Result<keys::TokenPair>& tokens) {
    if (!tokens) {
        return;  // its key is gone: there is no token, which detection must live with
    }
    out.set_current(tokens->current.to_bytes());
    if (tokens->other) {
        out.set_next(tokens->other->to_bytes());
    }
}

double kilometres(const Whereabouts& a, const Whereabouts& b) {
    constexpr double earth_radius_km = 6371;
    const auto radians = [](double degrees) { return degrees * std::numbers::pi / 180; };
    const double latitudes = radians(b.latitude - a.latitude);
    const double longitudes = radians(b.longitude - a.longitude);
    const double chord = std::pow(std::sin(latitudes / 2), 2) +
                         std::cos(radians(a.latitude)) * std::cos(radians(b.latitude)) *
                             std::pow(std::sin(longitudes / 2), 2);
    return 2 * earth_radius_km * std::asin(std::min(1.0, std::sqrt(chord)));
}

}  // namespace

Whereabouts SandboxAddressBook::find(std::string_view address) const {
    constexpr std::string_view loopback = "127.0.";
    if (!address.starts_with(loopback)) {
        return address == "::1" ? sandbox_places[0] : Whereabouts();
    }
    const std::string_view rest = address.substr(loopback.size());
    std::size_t place = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), place);
    const bool whole = error == std::errc() && end != rest.data() + rest.size() && *end == '.';
    return whole && place < sandbox_places.size() ? sandbox_places[place] : Whereabouts();
}

schema::Endpoint Networks::endpoint(std::string_view address, std::string_view user_agent,
                                    Instant at) const {
    const Whereabouts place = book_.find(address);
    const auto material = ring_.material();
    schema::Endpoint out;
    out.set_asn(place.asn);
    out.set_country(place.country);
    put(*out.mutable_network(),
        keys::network_tokens(*material, at, Sensitive<std::string>(network_of(address))));
    put(*out.mutable_agent(),
        keys::agent_tokens(*material, at, Sensitive<std::string>(std::string(user_agent))));
    return out;
}

schema::KeyedToken Networks::network(std::string_view address, Instant at) const {
    schema::KeyedToken out;
    put(out,
        keys::network_tokens(*ring_.material(), at, Sensitive<std::string>(network_of(address))));
    return out;
}

std::uint32_t Networks::distance_class(std::string_view a, std::string_view b) const {
    if (!a.empty() && network_of(a) == network_of(b)) {
        return 1;
    }
    const Whereabouts one = book_.find(a);
    const Whereabouts other = book_.find(b);
    if (one.country.empty() || other.country.empty()) {
        return 0;
    }
    if (!one.placed || !other.placed) {
        return one.country == other.country ? 3 : 4;
    }
    const double apart = kilometres(one, other);
    if (apart <= 50) {
        return 1;
    }
    if (apart <= 200) {
        return 2;
    }
    if (apart > 4000) {
        return 5;
    }
    return one.country == other.country ? 3 : 4;
}

}  // namespace chopmark::service
