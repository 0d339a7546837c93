#include "gateways/keyport/link.h"

#include <httplib.h>
#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <thread>

#include "gateways/outside/call_deadline.h"

namespace chopmark::keyport {
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

/// The connection was never made, so nothing can have been read from it.
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

std::unique_ptr<httplib::SSLClient> client_to(const LinkOptions& options, const Address& address,
                                              const std::string& host) {
    const std::string name = options.node.hex();
    auto client = std::make_unique<httplib::SSLClient>(
        name, address.port, options.files.certificate, options.files.key);
    client->set_hostname_addr_map({{name, host}});
    client->set_ca_cert_path(options.files.authority);
    client->enable_server_certificate_verification(true);
    client->set_follow_location(false);
    client->set_decompress(false);
    client->set_tcp_nodelay(true);
    client->set_connection_timeout(options.connect);
    client->set_read_timeout(options.answer);
    client->set_write_timeout(options.answer);
    return client;
}

Error error_of_status(int status) {
    const std::string text = "status " + std::to_string(status);
    switch (status) {
        case 401:
        case 403:
            return {not_admitted, text};
        case 429:
        case 503:
            return {busy, text};
        case 404:
            return {bad_answer, text};
        default:
            return {unreachable, text};
    }
}

}  // namespace

Link::Outcome Link::try_once(const char* path, const Bytes& question) const {
    const auto address = address_of(options_.address);
    const auto host = address ? numeric_host(address->host) : std::nullopt;
    if (!host) {
        return {Error(unreachable, "no address: " + options_.address), true, false};
    }
    const auto client = client_to(options_, *address, *host);
    if (!client->is_valid()) {
        return {Error(unreachable, "our own certificate cannot be used"), true, false};
    }
    std::string body;
    bool too_long = false;
    outside::CallDeadline deadline(options_.connect + options_.answer);
    client->set_socket_options([&deadline](socket_t socket) { deadline.watch(socket); });
    httplib::Request request;
    request.method = "POST";
    request.path = path;
    request.headers = {{"Content-Type", "application/octet-stream"}};
    request.body = question;
    request.content_receiver = [&](const char* data, std::size_t bytes, std::uint64_t,
                                   std::uint64_t) {
        too_long = body.size() + bytes > message_bytes;
        if (!too_long) {
            body.append(data, bytes);
        }
        return !too_long;
    };
    const auto answer = client->send(request);
    client->stop();  // before the deadline goes, whom its sockets would call
    if (!answer) {
        const std::string why = too_long             ? "the answer is too long"
                                : deadline.is_over() ? "the time was over"
                                                     : httplib::to_string(answer.error());
        return {Error(unreachable, why), !deadline.is_over() && certainly_not_sent(answer.error()),
                false};
    }
    constexpr int ok = 200;
    if (answer->status != ok) {
        const Error error = error_of_status(answer->status);
        return {error, error == busy, error == not_admitted || error == bad_answer};
    }
    return {decode_answer(body), false, true};
}

bool Link::take_turn() {
    std::unique_lock lock(mutex_);
    const bool free = free_.wait_for(lock, options_.connect + options_.answer,
                                     [this] { return in_flight_ < options_.calls; });
    in_flight_ += free ? 1 : 0;
    return free;
}

void Link::give_turn_back() {
    {
        const std::lock_guard lock(mutex_);
        --in_flight_;
    }
    free_.notify_one();
}

Result<Bytes> Link::ask(const char* path, const Bytes& question, Repeat repeat) {
    calls_.fetch_add(1, std::memory_order_relaxed);
    if (!take_turn()) {
        failed_.fetch_add(1, std::memory_order_relaxed);
        return Error(busy, "too many calls wait for the key port");
    }
    Duration pause = options_.pause;
    Outcome outcome = try_once(path, question);
    for (unsigned made = 1; made < options_.tries && !outcome.is_final; ++made) {
        if (repeat == Repeat::only_if_not_sent && !outcome.certainly_not_done) {
            break;
        }
        retries_.fetch_add(1, std::memory_order_relaxed);
        std::this_thread::sleep_for(pause);
        pause *= 2;
        outcome = try_once(path, question);
    }
    give_turn_back();
    if (!outcome.is_final) {
        failed_.fetch_add(1, std::memory_order_relaxed);
    }
    return std::move(outcome.answer);
}

Link::Probe Link::probe() const {
    const std::lock_guard lock(mutex_);
    return {calls_.load(), retries_.load(), failed_.load(), in_flight_};
}

}  // namespace chopmark::keyport
