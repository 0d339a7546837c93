#include "gateways/http/peer_tls.h"

#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <optional>

namespace chopmark::http {
namespace {

struct Address {
    std::string host;
    int port = 0;
};

std::optional<Address> address_of(std::string_view endpoint) {
    const auto colon = endpoint.rfind(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    Address out;
    out.host = endpoint.substr(0, colon);
    if (out.host.size() >= 2 && out.host.front() == '[' && out.host.back() == ']') {
        out.host = out.host.substr(1, out.host.size() - 2);
    }
    const std::string_view port = endpoint.substr(colon + 1);
    const auto read = std::from_chars(port.data(), port.data() + port.size(), out.port);
    constexpr int highest_port = 65535;
    const bool whole = read.ec == std::errc() && read.ptr == port.data() + port.size();
    return whole && out.port > 0 && out.port <= highest_port && !out.host.empty()
               ? std::optional(out)
               : std::nullopt;
}

/// The HTTP client takes the node's id for the host, so that the certificate is checked by it, and
/// wants the address beside it as a number.
std::optional<std::string> numeric_host(const std::string& host) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), nullptr, &wanted, &found) != 0 || found == nullptr) {
        return std::nullopt;
    }
    std::array<char, NI_MAXHOST> text{};
    const int failed = getnameinfo(found->ai_addr, found->ai_addrlen, text.data(),
                                   static_cast<socklen_t>(text.size()), nullptr, 0, NI_NUMERICHOST);
    freeaddrinfo(found);
    return failed == 0 ? std::optional<std::string>(text.data()) : std::nullopt;
}

}  // namespace

Result<std::unique_ptr<httplib::SSLClient>> peer_client(const NodeFiles& files, const NodeId& node,
                                                        const std::string& endpoint) {
    const auto address = address_of(endpoint);
    const auto host = address ? numeric_host(address->host) : std::nullopt;
    if (!host) {
        return Error(peer_unusable, "no address: " + endpoint);
    }
    const std::string name = node.hex();
    auto client =
        std::make_unique<httplib::SSLClient>(name, address->port, files.certificate, files.key);
    client->set_hostname_addr_map({{name, *host}});
    client->set_ca_cert_path(files.authority);
    client->enable_server_certificate_verification(true);
    client->set_follow_location(false);
    client->set_decompress(false);
    client->set_tcp_nodelay(true);
    if (!client->is_valid()) {
        return Error(peer_unusable, "our own certificate cannot be used");
    }
    return client;
}

bool certainly_not_sent(httplib::Error error) {
    switch (error) {
        case httplib::Error::Connection:
        case httplib::Error::BindIPAddress:
        case httplib::Error::SSLConnection:
        case httplib::Error::SSLLoadingCerts:
        case httplib::Error::SSLServerVerification:
        case httplib::Error::ConnectionTimeout:
            return true;
        default:
            return false;
    }
}

FrontOptions peer_front(const NodeFiles& files, std::string address, std::uint16_t port) {
    FrontOptions options;
    options.listen.address = std::move(address);
    options.listen.port = port;
    options.listen.tls.certificate_file = files.certificate;
    options.listen.tls.key_file = files.key;
    options.listen.tls.client_ca_file = files.authority;
    options.listen.tls.client_certificate = ClientCertificate::required;
    constexpr double unlimited = 1e9;
    options.peers.requests_per_second = unlimited;
    options.peers.burst = unlimited;
    return options;
}

}  // namespace chopmark::http
