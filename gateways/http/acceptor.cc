#include "gateways/http/acceptor.h"

#include <algorithm>

#include "gateways/http/connection.h"
#include "gateways/http/front.h"
#include "gateways/http/listen_policy.h"

namespace chopmark::http {
namespace {

/// Connections that are being turned away, beyond the bound; further ones are closed unanswered.
constexpr std::size_t turned_away_at_once = 256;
constexpr auto pause_without_descriptors = std::chrono::milliseconds(50);

PeerKey key_of(const boost::asio::ip::address& address) {
    namespace ip = boost::asio::ip;
    const auto v6 =
        address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()) : address.to_v6();
    const auto bytes = v6.to_bytes();
    ByteArray<16> out{};
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return PeerKey::of(out);
}

}  // namespace

Acceptor::Acceptor(std::shared_ptr<FrontContext> front, std::vector<std::shared_ptr<IoLoop>> loops)
    : front_(std::move(front)),
      loops_(std::move(loops)),
      acceptor_(loops_.front()->io()),
      pause_(loops_.front()->io()) {}

Result<void> Acceptor::listen() {
    const ListenOptions& options = front_->options.listen;
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(options.address, error);
    if (error) {
        return Error(listen_address_invalid, options.address);
    }
    const Tcp::endpoint endpoint(address, options.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) {
        acceptor_.set_option(Tcp::acceptor::reuse_address(true), error);
    }
    if (!error) {
        acceptor_.bind(endpoint, error);
    }
    if (!error) {
        acceptor_.listen(options.backlog, error);
    }
    if (error) {
        return Error(listen_failed, options.address + " port " + std::to_string(options.port) +
                                        ": " + error.message());
    }
    port_ = acceptor_.local_endpoint(error).port();
    return {};
}

void Acceptor::start() {
    loops_.front()->post([self = shared_from_this()] { self->accept_next(); });
}

void Acceptor::close() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
}

void Acceptor::accept_next() {
    if (!acceptor_.is_open()) {
        return;
    }
    const auto loop = loops_[next_++ % loops_.size()];
    acceptor_.async_accept(loop->io(),
                           [self = shared_from_this(), loop](const boost::system::error_code& error,
                                                             Tcp::socket socket) {
                               if (!error) {
                                   self->take(std::move(socket), loop);
                                   self->accept_next();
                               } else if (error == boost::asio::error::no_descriptors ||
                                          error == boost::asio::error::no_buffer_space ||
                                          error == boost::asio::error::no_memory) {
                                   self->pause();
                               } else if (error != boost::asio::error::operation_aborted) {
                                   self->accept_next();  // the client left before it was accepted
                               }
                           });
}

/// Out of descriptors: trying again at once would spin.
void Acceptor::pause() {
    pause_.expires_after(pause_without_descriptors);
    pause_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) {
            self->accept_next();
        }
    });
}

void Acceptor::take(Tcp::socket socket, const std::shared_ptr<IoLoop>& loop) {
    front_->counters.connections_accepted.fetch_add(1);
    boost::system::error_code error;
    const auto remote = socket.remote_endpoint(error);
    if (error) {
        return;
    }
    socket.non_blocking(true, error);
    socket.set_option(Tcp::no_delay(true), error);
    const auto admitted =
        front_->peers.open(key_of(remote.address()), std::chrono::steady_clock::now());
    const std::size_t bound = front_->options.bounds.connections;
    const std::size_t here = front_->counters.connections.load();
    // Turning somebody away takes a connection, too; and under TLS a handshake nobody asked for.
    const bool may_say_so = !front_->options.listen.tls.on() && here < bound + turned_away_at_once;
    const auto connection =
        std::make_shared<Connection>(front_, *loop, std::move(socket), admitted);
    loop->run_here_or_post([loop, connection, may_say_so, full = here >= bound,
                            admitted = admitted.has_value(), front = front_] {
        loop->adopt(connection);
        if (admitted && full && loop->evict_longest_idle()) {
            front->counters.connections_evicted.fetch_add(1);
            connection->start();
        } else if (admitted && !full) {
            connection->start();
        } else if (may_say_so) {
            connection->turn_away(admitted ? refusals::too_many_connections
                                           : refusals::too_many_requests);
        } else {
            connection->close();
        }
    });
}

}  // namespace chopmark::http
