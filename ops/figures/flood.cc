#include "ops/figures/flood.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>

namespace chopmark::figures {
namespace {

constexpr int events_at_once = 256;
constexpr int look_ms = 20;
constexpr std::size_t room = 64 * 1024;

struct Stranger {
    int socket = -1;
    std::string head;           // of the answer, until it is whole
    std::size_t body_left = 0;  // to be thrown away
    int status = 0;             // of an answer whose body is under way
};

int connect_from(unsigned address, std::uint16_t port) {
    const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in self{};
    self.sin_family = AF_INET;
    self.sin_addr.s_addr = htonl((127U << 24) + (7U << 16) + address);
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(port);
    peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* to = reinterpret_cast<const sockaddr*>(&peer);
    if (made < 0 || ::bind(made, reinterpret_cast<const sockaddr*>(&self), sizeof self) != 0 ||
        (::connect(made, to, sizeof peer) != 0 && errno != EINPROGRESS)) {
        if (made >= 0) {
            ::close(made);
        }
        return -1;
    }
    return made;
}

int status_of(std::string_view head) {
    constexpr std::size_t at = std::string_view("HTTP/1.1 ").size();
    int status = 0;
    if (head.size() > at + 3) {
        std::from_chars(head.data() + at, head.data() + at + 3, status);
    }
    return status;
}

/// Takes what came; whether that ended an answer.
bool take(Stranger& one, std::string_view bytes) {
    if (one.status == 0) {
        one.head += bytes;
        const std::size_t end = one.head.find("\r\n\r\n");
        if (end == std::string::npos) {
            return false;
        }
        one.status = status_of(one.head);
        const std::string_view digits = between(one.head, "\r\nContent-Length: ", "\r\n");
        std::from_chars(digits.data(), digits.data() + digits.size(), one.body_left);
        bytes = std::string_view(one.head).substr(end + 4);
    }
    one.body_left -= std::min(one.body_left, bytes.size());
    return one.body_left == 0;
}

}  // namespace

Flood::Flood(Options options) : options_(std::move(options)), thread_([this] { run(); }) {}

Flood::~Flood() { (void)stop(); }

std::map<int, std::uint64_t> Flood::stop() {
    over_ = true;
    if (thread_.joinable()) {
        thread_.join();
    }
    return answers_;
}

void Flood::run() {
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    std::vector<Stranger> strangers(options_.connections);
    const auto open = [&](std::uint32_t number) {
        Stranger& one = strangers[number];
        one = {connect_from(1 + number % options_.addresses, options_.port), {}, 0, 0};
        epoll_event interest{};
        interest.events = EPOLLIN | EPOLLOUT | EPOLLET;
        interest.data.u32 = number;
        if (one.socket >= 0) {
            ::epoll_ctl(epoll, EPOLL_CTL_ADD, one.socket, &interest);
        }
    };
    const auto lose = [&](std::uint32_t number) {
        ++answers_[0];
        ::close(strangers[number].socket);
        open(number);
    };
    const auto ask = [&](std::uint32_t number) {
        Stranger& one = strangers[number];
        one.head.clear();
        one.status = 0;
        one.body_left = 0;
        const std::string& request = options_.request;
        if (::send(one.socket, request.data(), request.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(request.size())) {
            lose(number);
        }
    };
    std::vector<bool> asked(options_.connections);
    std::string bytes(room, '\0');
    const auto hear = [&](std::uint32_t number) {
        for (;;) {
            Stranger& one = strangers[number];
            const ssize_t got = ::recv(one.socket, bytes.data(), bytes.size(), 0);
            if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
                return;
            }
            if (got <= 0) {
                asked[number] = false;
                lose(number);
                return;
            }
            if (take(one, std::string_view(bytes).substr(0, static_cast<std::size_t>(got)))) {
                ++answers_[one.status];
                ask(number);
            }
        }
    };
    for (std::uint32_t i = 0; i < options_.connections; ++i) {
        open(i);
    }
    std::array<epoll_event, events_at_once> ready{};
    while (!over_) {
        const int count = ::epoll_wait(epoll, ready.data(), events_at_once, look_ms);
        for (int i = 0; i < count; ++i) {
            const auto& event = ready[static_cast<std::size_t>(i)];
            const std::uint32_t number = event.data.u32;
            if ((event.events & EPOLLOUT) != 0 && !asked[number]) {
                asked[number] = true;
                ask(number);
            }
            if ((event.events & EPOLLIN) != 0) {
                hear(number);
            }
        }
    }
    for (const Stranger& one : strangers) {
        ::close(one.socket);
    }
    ::close(epoll);
}

}  // namespace chopmark::figures
