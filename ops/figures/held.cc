#include "ops/figures/held.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace chopmark::figures {

struct Held::Order {
    enum class What : std::uint8_t { hold, count_dropped, let_go };
    What what = What::hold;
    std::uint32_t number = 0;
    std::uint16_t port = 0;
    bool tls = false;
};

namespace {

template <class Value>
bool read_value(int socket, Value& value) {
    return ::recv(socket, &value, sizeof value, MSG_WAITALL) == static_cast<ssize_t>(sizeof value);
}

template <class Value>
bool write_value(int socket, const Value& value) {
    return ::send(socket, &value, sizeof value, MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof value);
}

bool alive(Wire& wire) { return wire.call("POST", "/app/v1/challenge", "", "{}").has_value(); }

void raise_descriptors() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

}  // namespace

std::uint32_t Held::carry_out(const Order& order, std::vector<Wire>& wires) {
    switch (order.what) {
        case Order::What::hold:
            while (wires.size() < order.number) {
                auto wire = Wire::connect({order.port, order.tls});
                if (!wire || !alive(*wire)) {
                    break;
                }
                wires.push_back(*std::move(wire));
            }
            break;
        case Order::What::count_dropped: {
            std::uint32_t gone = 0;
            for (Wire& wire : wires) {
                gone += alive(wire) ? 0 : 1;
            }
            return gone;
        }
        case Order::What::let_go:
            wires.clear();
            break;
    }
    return static_cast<std::uint32_t>(wires.size());
}

Result<std::unique_ptr<Held>> Held::fork() {
    raise_descriptors();
    int pair[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return Error(wire_broken, "no socket pair");
    }
    const int child = ::fork();
    if (child == 0) {
        ::close(pair[0]);
        std::vector<Wire> wires;
        for (Order order; read_value(pair[1], order);) {
            if (!write_value(pair[1], carry_out(order, wires))) {
                break;
            }
        }
        ::_exit(0);
    }
    ::close(pair[1]);
    auto held = std::unique_ptr<Held>(new Held(pair[0], child));
    return child > 0 ? Result<std::unique_ptr<Held>>(std::move(held))
                     : Result<std::unique_ptr<Held>>(Error(wire_broken, "no child"));
}

Held::~Held() {
    ::close(socket_);
    if (child_ > 0) {
        ::waitpid(child_, nullptr, 0);
    }
}

Result<std::uint32_t> Held::ask(const Order& order) {
    std::uint32_t answer = 0;
    if (!write_value(socket_, order) || !read_value(socket_, answer)) {
        return Error(wire_broken, "the process that holds connections is gone");
    }
    return answer;
}

Result<std::uint32_t> Held::hold(const Origin& origin, std::uint32_t number) {
    CHOPMARK_ASSIGN(const std::uint32_t made,
                    ask({Order::What::hold, number, origin.port, origin.tls}));
    if (made != number) {
        return Error(wire_broken, std::to_string(made) + " connections, then no more");
    }
    return made;
}

Result<std::uint32_t> Held::count_dropped() { return ask({Order::What::count_dropped}); }

Result<void> Held::let_go() {
    CHOPMARK_TRY(ask({Order::What::let_go}));
    return {};
}

}  // namespace chopmark::figures
