#include "gateways/rp/callback_sender.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "gateways/rp/url.h"

namespace chopmark::rp {
namespace {

struct Range {
    std::string_view base;
    int bits;
};

// RFC 6890 and its successors: what is not routed, or means this machine, or hides another address.
constexpr std::array v4_ranges{
    Range{"0.0.0.0", 8},      Range{"10.0.0.0", 8},     Range{"100.64.0.0", 10},
    Range{"127.0.0.0", 8},    Range{"169.254.0.0", 16}, Range{"172.16.0.0", 12},
    Range{"192.0.0.0", 24},   Range{"192.0.2.0", 24},   Range{"192.88.99.0", 24},
    Range{"192.168.0.0", 16}, Range{"198.18.0.0", 15},  Range{"198.51.100.0", 24},
    Range{"203.0.113.0", 24}, Range{"224.0.0.0", 3},
};
constexpr std::string_view v6_global = "2000::";  // /3: all that is given out
constexpr std::array v6_ranges{
    Range{"2001::", 23},
    Range{"2001:db8::", 32},
    Range{"2002::", 16},
    Range{"3fff::", 20},
};

template <std::size_t N>
std::optional<ByteArray<N>> parse(int family, std::string_view text) {
    ByteArray<N> bytes{};
    return inet_pton(family, std::string(text).c_str(), bytes.data()) == 1 ? std::optional(bytes)
                                                                           : std::nullopt;
}

template <std::size_t N>
bool is_in(int family, const ByteArray<N>& address, const Range& range) {
    const auto base = *parse<N>(family, range.base);
    for (int bit = 0; bit < range.bits; ++bit) {
        const auto byte = static_cast<std::size_t>(bit / 8);
        const int mask = 0x80 >> (bit % 8);
        if ((address[byte] & mask) != (base[byte] & mask)) {
            return false;
        }
    }
    return true;
}

struct FreeAddresses {
    void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

/// The first address; refused if any of them is not for everybody.
Result<std::string> resolve(const std::string& host, bool sandbox) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) {
        return callback_no_such_host;
    }
    const std::unique_ptr<addrinfo, FreeAddresses> list(found);
    std::string first;
    for (const addrinfo* one = list.get(); one != nullptr; one = one->ai_next) {
        std::array<char, NI_MAXHOST> text{};
        if (getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(), nullptr, 0,
                        NI_NUMERICHOST) != 0) {
            return callback_no_such_host;
        }
        if (!sandbox && !is_public_address(text.data())) {
            return callback_private_address;
        }
        if (first.empty()) {
            first = text.data();
        }
    }
    return first.empty() ? Result<std::string>(callback_no_such_host) : std::move(first);
}

/// Posts and throws the answer away; its status, or 0 without one. A status that came before the
/// time was over counts, whatever becomes of the rest.
int post(httplib::Client& client, const std::string& path, const Callback& callback,
         outside::CallWatch& watch, Duration longest) {
    int status = 0;
    std::size_t taken = 0;
    outside::CallWatch::Seat seat(watch);
    client.set_socket_options([&seat](socket_t socket) { seat.hold(socket); });
    httplib::Request request;
    request.method = "POST";
    request.path = path;
    request.headers.emplace("Content-Type", callback.content_type);
    request.headers.emplace("Accept", "*/*");
    request.body = callback.body;
    request.response_handler = [&status](const httplib::Response& response) {
        status = response.status;
        return true;
    };
    request.content_receiver = [&](const char*, std::size_t bytes, std::uint64_t, std::uint64_t) {
        taken += bytes;
        return taken <= limits::callback_answer_bytes;
    };
    seat.begin(std::chrono::steady_clock::now() + longest);
    const auto answer = client.send(request);
    if (answer) {
        status = answer->status;  // one that has no body, like 204, is not told to the handler
    }
    client.stop();  // before the seat goes, whom its sockets would call
    return status;
}

}  // namespace

bool is_public_address(std::string_view address) {
    if (const auto v4 = parse<4>(AF_INET, address)) {
        return std::none_of(v4_ranges.begin(), v4_ranges.end(),
                            [&](const Range& range) { return is_in(AF_INET, *v4, range); });
    }
    const auto v6 = parse<16>(AF_INET6, address);
    return v6 && is_in(AF_INET6, *v6, Range{v6_global, 3}) &&
           std::none_of(v6_ranges.begin(), v6_ranges.end(),
                        [&](const Range& range) { return is_in(AF_INET6, *v6, range); });
}

Result<int> CallbackSender::send(const Callback& callback) const {
    const auto url = parse_url(callback.url);
    if (!url || (!url->https && !options_.sandbox)) {
        return callback_bad_address;
    }
    CHOPMARK_ASSIGN(const std::string address, resolve(url->host, options_.sandbox));
    const bool v6_literal = url->host.find(':') != std::string::npos;
    const std::string host = v6_literal ? "[" + url->host + "]" : url->host;
    httplib::Client client((url->https ? "https://" : "http://") + host + ":" +
                           std::to_string(url->port));
    client.set_hostname_addr_map({{url->host, address}});
    client.set_follow_location(false);
    client.set_keep_alive(false);
    client.set_decompress(false);
    client.set_connection_timeout(options_.connect);
    client.set_read_timeout(options_.answer);
    client.set_write_timeout(options_.answer);
    client.enable_server_certificate_verification(true);
    if (!options_.ca_file.empty()) {
        client.set_ca_cert_path(options_.ca_file);
    }
    const int status =
        post(client, url->path, callback, watch_, options_.connect + options_.answer);
    return status != 0 ? Result<int>(status) : callback_unreachable;
}

}  // namespace chopmark::rp
