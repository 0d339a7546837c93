// Who holds the login desk's places for pages that no phone has scanned yet, so that a flood fills
// its own share of the desk and nobody else's: where no place is left, whoever asks for less than
// another has is given the oldest place of the one who has the most. A share is that of one address
// (http::PeerKey) at one service; a service that fetches its pages itself has one for all of them.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "events/core/ids.h"
#include "gateways/http/peer_limiter.h"

namespace chopmark::service {

class DeskShares {
  public:
    struct Holder {
        ClientId client;
        ByteArray<16> peer{};  // http::PeerKey; zero: unknown, which counts as one

        Holder(const ClientId& service, std::string_view address);
    };
    enum class Among : std::uint8_t { same_client, all };

    /// What remove() wants back.
    using Ticket = std::uint64_t;
    Ticket add(const Holder& holder, std::uint64_t place);
    void remove(const Holder& holder, Ticket ticket);

    /// The place that gives way to one more of `newcomer`; nothing: nobody has more of them than
    /// the newcomer would have then.
    [[nodiscard]] std::optional<std::uint64_t> gives_way(const Holder& newcomer, Among among) const;

  private:
    using Places = std::map<Ticket, std::uint64_t>;  // the oldest first
    /// Of one service: the addresses, and how much they have, the most last.
    struct Client {
        std::map<ByteArray<16>, Places> places;
        std::set<std::pair<std::size_t, ByteArray<16>>> ranks;

        void rank(const ByteArray<16>& peer, std::size_t before, std::size_t after);
    };

    using Clients = std::map<ClientId, Client>;
    /// By the largest share at each.
    static bool has_less(const Clients::value_type& a, const Clients::value_type& b);

    Clients clients_;  // none without a place
    Ticket next_ = 0;
};

}  // namespace chopmark::service
