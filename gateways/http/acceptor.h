// Takes connections off the listening socket and deals them to the loops in turn. At the bound of
// connections the longest idle one makes room; if none is idle, or a peer has too many, the
// newcomer is told so. Runs on the first loop's thread.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateways/http/io_loop.h"

namespace chopmark::http {

class Acceptor : public std::enable_shared_from_this<Acceptor> {
  public:
    Acceptor(std::shared_ptr<FrontContext> front, std::vector<std::shared_ptr<IoLoop>> loops);

    Result<void> listen();
    void start();
    void close();
    [[nodiscard]] std::uint16_t port() const { return port_; }

  private:
    using Tcp = boost::asio::ip::tcp;

    void accept_next();
    void take(Tcp::socket socket, const std::shared_ptr<IoLoop>& loop);
    void pause();

    const std::shared_ptr<FrontContext> front_;
    const std::vector<std::shared_ptr<IoLoop>> loops_;
    Tcp::acceptor acceptor_;
    boost::asio::steady_timer pause_;
    std::size_t next_ = 0;
    std::uint16_t port_ = 0;
};

}  // namespace chopmark::http
