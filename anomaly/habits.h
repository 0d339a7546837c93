// Where a person's logins usually come from: the networks of her phone and the browsers she uses,
// the most recent few of each. Kept by the fold once for all rules; a rule is shown them as they
// were before the event at hand, and an event that a rule found suspicious teaches nothing, or an
// attacker could make himself familiar. Only what succeeded counts (facts 1.1). Plain values; they
// go with the person's erasure.
#pragma once

#include <string>
#include <vector>

#include "events/core/bytes.h"
#include "events/core/instant.h"

namespace chopmark::schema {
class Endpoint;
}

namespace chopmark::anomaly {

struct PhoneNetwork {
    std::uint32_t asn = 0;
    std::string country;
    std::uint32_t times = 0;
    Instant last;

    static void fields(auto& archive, PhoneNetwork& row) {
        archive(row.asn, row.country, row.times, row.last);
    }
    friend bool operator==(const PhoneNetwork&, const PhoneNetwork&) = default;
};

struct Browser {
    Bytes network;  // tokens of two keys each; the second may be empty
    Bytes other_network;
    Bytes agent;
    Bytes other_agent;
    std::uint32_t times = 0;
    Instant last;

    static void fields(auto& archive, Browser& row) {
        archive(row.network, row.other_network, row.agent, row.other_agent, row.times, row.last);
    }
    friend bool operator==(const Browser&, const Browser&) = default;
};

struct Habits {
    std::uint32_t logins = 0;
    std::uint32_t signatures = 0;
    std::vector<PhoneNetwork> phones;  // at most 8
    std::vector<Browser> browsers;     // at most 8

    /// Enough logins that something new means something.
    [[nodiscard]] bool settled() const { return logins >= 3; }
    [[nodiscard]] bool knows_phone(const schema::Endpoint& phone) const;
    /// From the same network, whatever its agent.
    [[nodiscard]] bool knows_browser(const schema::Endpoint& browser) const;

    void learn_phone(const schema::Endpoint& phone, Instant at);
    void learn_browser(const schema::Endpoint& browser, Instant at);

    static void fields(auto& archive, Habits& row) {
        archive(row.logins, row.signatures, row.phones, row.browsers);
    }
    friend bool operator==(const Habits&, const Habits&) = default;
};

}  // namespace chopmark::anomaly
