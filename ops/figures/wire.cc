#include "ops/figures/wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>

namespace chopmark::figures {
namespace {

constexpr std::size_t answer_bytes_at_most = 1 << 20;

class ClearStream final : public ByteStream {
  public:
    explicit ClearStream(int socket) : socket_(socket) {}
    ~ClearStream() override { ::close(socket_); }

    bool write(std::string_view bytes) override {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) {
                return false;
            }
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    std::size_t read(char* into, std::size_t room) override {
        const ssize_t got = ::recv(socket_, into, room, 0);
        return got > 0 ? static_cast<std::size_t>(got) : 0;
    }

  private:
    int socket_;
};

/// The front writes its headers with capitals; anything else is no answer of it.
std::size_t content_length(std::string_view head) {
    const std::string_view text = between(head, "\r\nContent-Length: ", "\r\n");
    std::size_t length = 0;
    std::from_chars(text.data(), text.data() + text.size(), length);
    return length;
}

}  // namespace

Result<std::unique_ptr<ByteStream>> connect_clear(std::uint16_t port) {
    const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0) {
        return Error(wire_broken, "no socket");
    }
    auto stream = std::make_unique<ClearStream>(made);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return Error(wire_broken, "port " + std::to_string(port));
    }
    const int on = 1;
    ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return std::unique_ptr<ByteStream>(std::move(stream));
}

Result<Wire> Wire::connect(const Origin& origin) {
    auto stream = origin.tls ? connect_tls(origin.port) : connect_clear(origin.port);
    if (!stream) {
        return stream.error();
    }
    return Wire(*std::move(stream));
}

Result<void> Wire::send(std::string_view method, std::string_view target, std::string_view headers,
                        std::string_view body) {
    out_.clear();
    out_.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
    out_.append(headers);
    if (method != "GET") {
        out_.append("Content-Type: application/json\r\nContent-Length: ");
        out_.append(std::to_string(body.size())).append("\r\n");
    }
    out_.append("\r\n").append(body);
    return stream_->write(out_) ? Result<void>() : Result<void>(Error(wire_broken, "write"));
}

Result<WireAnswer> Wire::receive() {
    std::array<char, 16 * 1024> buffer;  // filled by read
    std::size_t head_bytes = std::string::npos;
    std::size_t whole = answer_bytes_at_most;
    while (in_.size() < whole) {
        const std::size_t got = stream_->read(buffer.data(), buffer.size());
        if (got == 0 || in_.size() + got > answer_bytes_at_most) {
            return Error(wire_broken, "read");
        }
        in_.append(buffer.data(), got);
        if (head_bytes == std::string::npos) {
            const std::size_t end = in_.find("\r\n\r\n");
            if (end != std::string::npos) {
                head_bytes = end + 4;
                whole = head_bytes + content_length(std::string_view(in_).substr(0, head_bytes));
            }
        }
    }
    WireAnswer out;
    out.head = in_.substr(0, head_bytes);
    out.body = in_.substr(head_bytes, whole - head_bytes);
    in_.erase(0, whole);
    constexpr std::size_t status_at = 9;  // behind "HTTP/1.1 "
    if (out.head.size() > status_at + 3) {
        std::from_chars(out.head.data() + status_at, out.head.data() + status_at + 3, out.status);
    }
    return out;
}

Result<WireAnswer> Wire::call(std::string_view method, std::string_view target,
                              std::string_view headers, std::string_view body) {
    CHOPMARK_TRY(send(method, target, headers, body));
    CHOPMARK_ASSIGN(WireAnswer answer, receive());
    if (answer.status != 200) {
        return Error(answer_bad, std::string(method) + " " + std::string(target) + ": " +
                                     answer.head.substr(0, 200) + answer.body.substr(0, 300));
    }
    return answer;
}

std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
    const std::size_t at = text.find(before);
    if (at == std::string_view::npos) {
        return {};
    }
    text.remove_prefix(at + before.size());
    return text.substr(0, std::min(text.find(after), text.size()));
}

std::string_view member(std::string_view json, std::string_view name) {
    const std::string key = "\"" + std::string(name) + "\":\"";
    return between(json, key, "\"");
}

}  // namespace chopmark::figures
