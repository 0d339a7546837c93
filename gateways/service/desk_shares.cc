#include "gateways/service/desk_shares.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

namespace chopmark::service {
namespace {

ByteArray<16> peer_of(std::string_view address) {
    const std::string text(address);
    ByteArray<16> bytes{};
    if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) {
        return http::PeerKey::of(bytes).bytes;
    }
    bytes = {};
    constexpr std::size_t of_ipv4 = 12;  // where a mapped address has it
    if (::inet_pton(AF_INET, text.c_str(), bytes.data() + of_ipv4) != 1) {
        return {};
    }
    bytes[10] = bytes[11] = 0xFF;
    return bytes;
}

}  // namespace

bool DeskShares::has_less(const Clients::value_type& a, const Clients::value_type& b) {
    return a.second.ranks.rbegin()->first < b.second.ranks.rbegin()->first;
}

DeskShares::Holder::Holder(const ClientId& service, std::string_view address)
    : client(service), peer(peer_of(address)) {}

void DeskShares::Client::rank(const ByteArray<16>& peer, std::size_t before, std::size_t after) {
    ranks.erase({before, peer});
    if (after > 0) {
        ranks.emplace(after, peer);
    }
}

DeskShares::Ticket DeskShares::add(const Holder& holder, std::uint64_t place) {
    Client& client = clients_[holder.client];
    Places& places = client.places[holder.peer];
    places.emplace(++next_, place);
    client.rank(holder.peer, places.size() - 1, places.size());
    return next_;
}

void DeskShares::remove(const Holder& holder, Ticket ticket) {
    const auto client = clients_.find(holder.client);
    const auto share = client->second.places.find(holder.peer);
    share->second.erase(ticket);
    client->second.rank(holder.peer, share->second.size() + 1, share->second.size());
    if (share->second.empty()) {
        client->second.places.erase(share);
    }
    if (client->second.places.empty()) {
        clients_.erase(client);
    }
}

std::optional<std::uint64_t> DeskShares::gives_way(const Holder& newcomer, Among among) const {
    const auto same = clients_.find(newcomer.client);
    std::size_t own = 0;
    if (same != clients_.end()) {
        const auto share = same->second.places.find(newcomer.peer);
        own = share == same->second.places.end() ? 0 : share->second.size();
    }
    const auto most = among == Among::same_client
                          ? same
                          : std::max_element(clients_.begin(), clients_.end(), has_less);
    if (most == clients_.end()) {
        return std::nullopt;
    }
    const auto& [count, peer] = *most->second.ranks.rbegin();
    return count > own + 1 ? std::optional(most->second.places.at(peer).begin()->second)
                           : std::nullopt;
}

}  // namespace chopmark::service
