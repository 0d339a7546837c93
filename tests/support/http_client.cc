#include "tests/support/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace chopmark::http_test {
namespace {

constexpr int longest_wait_seconds = 10;

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

int connect_to(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval wait{longest_wait_seconds, 0};
    const int yes = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(fd);
        return -1;
    }
    return fd;
}

void parse_head(Seen& seen) {
    std::string_view rest = seen.head;
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(line.size() + 2);
    if (line.size() < 12 || !line.starts_with("HTTP/1.1 ")) {
        return;
    }
    seen.status = std::atoi(std::string(line.substr(9, 3)).c_str());
    seen.reason_phrase = std::string(line.substr(std::min<std::size_t>(13, line.size())));
    while (!rest.empty() && !rest.starts_with("\r\n")) {
        const std::string_view field = rest.substr(0, rest.find("\r\n"));
        rest.remove_prefix(field.size() + 2);
        const std::size_t colon = field.find(": ");
        if (colon != std::string_view::npos) {
            seen.fields.emplace(lower(field.substr(0, colon)), field.substr(colon + 2));
        }
    }
}

}  // namespace

struct Client::Session {
    int fd = -1;
    SSL_CTX* context = nullptr;
    SSL* ssl = nullptr;

    ~Session() {
        SSL_free(ssl);
        SSL_CTX_free(context);
        if (fd >= 0) {
            ::close(fd);
        }
    }
    bool handshake(const ClientTls& tls) {
        context = SSL_CTX_new(TLS_client_method());
        if (tls.highest_version != 0) {
            SSL_CTX_set_security_level(context, 0);
            SSL_CTX_set_min_proto_version(context, 0);
            SSL_CTX_set_max_proto_version(context, tls.highest_version);
        }
        if (!tls.certificate_file.empty()) {
            SSL_CTX_use_certificate_file(context, tls.certificate_file.c_str(), SSL_FILETYPE_PEM);
            SSL_CTX_use_PrivateKey_file(context, tls.key_file.c_str(), SSL_FILETYPE_PEM);
        }
        ssl = SSL_new(context);
        if (!tls.server_name.empty()) {
            SSL_set_tlsext_host_name(ssl, tls.server_name.c_str());
        }
        SSL_set_fd(ssl, fd);
        return SSL_connect(ssl) == 1;
    }
    long read(char* into, std::size_t size) const {
        return ssl != nullptr ? SSL_read(ssl, into, static_cast<int>(size))
                              : ::recv(fd, into, size, 0);
    }
    long write(const char* from, std::size_t size) const {
        return ssl != nullptr ? SSL_write(ssl, from, static_cast<int>(size))
                              : ::send(fd, from, size, MSG_NOSIGNAL);
    }
};

std::string Seen::field(const std::string& lower_case_name) const {
    const auto found = fields.find(lower_case_name);
    return found == fields.end() ? std::string() : found->second;
}

Client::Client(std::uint16_t port, const ClientTls& tls) : session_(std::make_unique<Session>()) {
    session_->fd = connect_to(port);
    if (session_->fd >= 0 && tls.on && !session_->handshake(tls)) {
        ::close(session_->fd);
        session_->fd = -1;
    }
}

Client::~Client() = default;

bool Client::is_connected() const { return session_->fd >= 0; }

std::string Client::server_subject() const {
    X509* shown = session_->ssl == nullptr ? nullptr : SSL_get0_peer_certificate(session_->ssl);
    char line[256] = "";
    if (shown != nullptr) {
        X509_NAME_oneline(X509_get_subject_name(shown), line, sizeof line);
    }
    return line;
}

bool Client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const long sent = session_->write(bytes.data(), bytes.size());
        if (sent <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool Client::fill() {
    std::array<char, 16384> bytes{};
    const long got = session_->read(bytes.data(), bytes.size());
    if (got <= 0) {
        return false;
    }
    buffer_.append(bytes.data(), static_cast<std::size_t>(got));
    return true;
}

std::string Client::receive_bytes(std::size_t bytes) {
    while (buffer_.size() < bytes && fill()) {
    }
    const std::size_t size = std::min(bytes, buffer_.size());
    std::string out = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return out;
}

std::string Client::receive_until(std::string_view tail) {
    std::size_t found = buffer_.find(tail);
    while (found == std::string::npos && fill()) {
        found = buffer_.find(tail);
    }
    const std::size_t end = found == std::string::npos ? buffer_.size() : found + tail.size();
    std::string out = buffer_.substr(0, end);
    buffer_.erase(0, end);
    return out;
}

Seen Client::receive(bool to_head) {
    Seen seen;
    seen.head = receive_until("\r\n\r\n");
    if (!seen.head.ends_with("\r\n\r\n")) {
        return seen;
    }
    parse_head(seen);
    if (to_head) {
        return seen;
    }
    if (seen.field("transfer-encoding") == "chunked") {
        for (;;) {
            const std::string line = receive_until("\r\n");
            const auto size = std::strtoul(line.c_str(), nullptr, 16);
            const std::string piece = receive_bytes(size + 2);
            if (size == 0 || piece.size() != size + 2) {
                break;
            }
            seen.body.append(piece, 0, size);
        }
    } else if (const std::string length = seen.field("content-length"); !length.empty()) {
        const auto size = static_cast<std::size_t>(std::atol(length.c_str()));
        seen.body = receive_bytes(size);
        seen.status = seen.body.size() == size ? seen.status : 0;
    }
    return seen;
}

bool Client::ends() {
    if (!buffer_.empty()) {
        return false;
    }
    char byte = 0;
    const long got = session_->read(&byte, 1);
    return got == 0 || (got < 0 && errno != EAGAIN);
}

void Client::finish_sending() { ::shutdown(session_->fd, SHUT_WR); }

void Client::close() { session_ = std::make_unique<Session>(); }

}  // namespace chopmark::http_test
