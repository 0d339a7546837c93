#include "ops/figures/front_load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>

namespace chopmark::figures {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int events_at_once = 256;
constexpr int patience_ms = 5000;
constexpr std::size_t answer_room = 4096;

class Descriptor {
  public:
    explicit Descriptor(int value) : value_(value) {}
    Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor() {
        if (value_ >= 0) {
            ::close(value_);
        }
    }
    [[nodiscard]] int get() const { return value_; }

  private:
    int value_;
};

struct Caller {
    Descriptor socket;
    SteadyClock::time_point asked;
    std::array<char, answer_room> answer{};
    std::size_t got = 0;
};

Result<Descriptor> connect_to(std::uint16_t port) {
    Descriptor made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (made.get() < 0 ||
        ::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return Error(wire_broken, "port " + std::to_string(port));
    }
    const int on = 1;
    ::setsockopt(made.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return made;
}

/// Length of the whole answer at the front of `text`; 0: not all of its head is there.
std::size_t answer_length(std::string_view text) {
    const std::size_t end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) {
        return 0;
    }
    const std::string_view digits =
        between(text.substr(0, end + 2), "\r\nContent-Length: ", "\r\n");
    std::size_t length = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), length);
    return end + 4 + length;
}

class Load {
  public:
    explicit Load(std::string_view request)
        : request_(request), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

    Result<void> connect(std::uint16_t port, unsigned connections) {
        callers_.reserve(connections);
        for (unsigned i = 0; i < connections; ++i) {
            CHOPMARK_ASSIGN(Descriptor socket, connect_to(port));
            epoll_event interest{};
            interest.events = EPOLLIN;
            interest.data.u32 = i;
            if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket.get(), &interest) != 0) {
                return Error(wire_broken, "epoll");
            }
            callers_.push_back({std::move(socket), {}, {}, 0});
        }
        for (Caller& caller : callers_) {
            CHOPMARK_TRY(ask(caller));
        }
        return {};
    }

    /// Until then; waits are kept only if `waits_us` is there.
    Result<std::uint64_t> run(SteadyClock::time_point until, std::vector<std::uint32_t>* waits_us) {
        std::uint64_t answered = 0;
        std::array<epoll_event, events_at_once> ready{};
        while (SteadyClock::now() < until) {
            const int count = ::epoll_wait(epoll_.get(), ready.data(), events_at_once, patience_ms);
            if (count <= 0) {
                return Error(wire_broken, "no answer");
            }
            for (int i = 0; i < count; ++i) {
                Caller& caller = callers_[ready[static_cast<std::size_t>(i)].data.u32];
                CHOPMARK_ASSIGN(const bool whole, take(caller));
                if (!whole) {
                    continue;
                }
                ++answered;
                if (waits_us != nullptr) {
                    const auto wait = SteadyClock::now() - caller.asked;
                    waits_us->push_back(static_cast<std::uint32_t>(
                        std::chrono::duration_cast<std::chrono::microseconds>(wait).count()));
                }
                CHOPMARK_TRY(ask(caller));
            }
        }
        return answered;
    }

  private:
    Result<void> ask(Caller& caller) {
        caller.asked = SteadyClock::now();
        const ssize_t sent =
            ::send(caller.socket.get(), request_.data(), request_.size(), MSG_NOSIGNAL);
        return sent == static_cast<ssize_t>(request_.size())
                   ? Result<void>()
                   : Result<void>(Error(wire_broken, "write"));
    }

    /// Whether the answer is whole; it must then be all there is.
    Result<bool> take(Caller& caller) {
        const ssize_t got = ::recv(caller.socket.get(), caller.answer.data() + caller.got,
                                   caller.answer.size() - caller.got, 0);
        if (got <= 0) {
            return Error(wire_broken, "read");
        }
        caller.got += static_cast<std::size_t>(got);
        const std::string_view text(caller.answer.data(), caller.got);
        const std::size_t length = answer_length(text);
        if (length == 0 || length > text.size()) {
            return false;
        }
        if (length != text.size() || !text.starts_with("HTTP/1.1 200 ")) {
            return Error(answer_bad, std::string(text.substr(0, 200)));
        }
        caller.got = 0;
        return true;
    }

    const std::string_view request_;
    Descriptor epoll_;
    std::vector<Caller> callers_;
};

}  // namespace

Result<LoadOutcome> load_front(std::uint16_t port, unsigned connections, std::string_view request,
                               std::chrono::milliseconds warm, std::chrono::milliseconds span) {
    Load load(request);
    CHOPMARK_TRY(load.connect(port, connections));
    const auto begin = SteadyClock::now();
    CHOPMARK_TRY(load.run(begin + warm, nullptr));
    std::vector<std::uint32_t> waits_us;
    waits_us.reserve(1 << 20);
    const auto counted = SteadyClock::now();
    CHOPMARK_ASSIGN(const std::uint64_t answered, load.run(counted + span, &waits_us));
    const double seconds = std::chrono::duration<double>(SteadyClock::now() - counted).count();
    return LoadOutcome{static_cast<double>(answered) / seconds, percentiles(std::move(waits_us))};
}

}  // namespace chopmark::figures
