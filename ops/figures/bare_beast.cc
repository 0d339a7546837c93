#include "ops/figures/bare_beast.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <thread>

namespace chopmark::figures {

#if defined(BOOST_ASIO_HAS_CO_AWAIT)
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Tcp = asio::ip::tcp;

asio::awaitable<void> serve(Tcp::socket socket) {
    beast::flat_buffer buffer;
    boost::system::error_code error;
    for (;;) {
        beast::http::request<beast::http::string_body> request;
        co_await beast::http::async_read(socket, buffer, request,
                                         asio::redirect_error(asio::use_awaitable, error));
        if (error) {
            co_return;
        }
        beast::http::response<beast::http::string_body> answer(beast::http::status::ok,
                                                               request.version());
        answer.set(beast::http::field::content_type, "application/json");
        answer.body() = "{}";
        answer.keep_alive(request.keep_alive());
        answer.prepare_payload();
        co_await beast::http::async_write(socket, answer,
                                          asio::redirect_error(asio::use_awaitable, error));
        if (error) {
            co_return;
        }
    }
}

asio::awaitable<void> accept(Tcp::acceptor& acceptor) {
    boost::system::error_code error;
    while (!error) {
        Tcp::socket socket =
            co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (!error) {
            boost::system::error_code ignored;
            socket.set_option(Tcp::no_delay(true), ignored);
            asio::co_spawn(acceptor.get_executor(), serve(std::move(socket)), asio::detached);
        }
    }
}

class OneThread final : public BareBeast {
  public:
    OneThread() : acceptor_(io_, {asio::ip::address_v4::loopback(), 0}) {
        asio::co_spawn(io_, accept(acceptor_), asio::detached);
        thread_ = std::thread([this] { io_.run(); });
    }
    ~OneThread() override {
        io_.stop();
        thread_.join();
    }
    [[nodiscard]] std::uint16_t port() const override { return acceptor_.local_endpoint().port(); }

  private:
    asio::io_context io_{1};
    Tcp::acceptor acceptor_;
    std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<BareBeast>> BareBeast::start() {
    try {
        return std::unique_ptr<BareBeast>(std::make_unique<OneThread>());
    } catch (const boost::system::system_error& error) {
        return Error(no_coroutines, error.what());
    }
}
#else
Result<std::unique_ptr<BareBeast>> BareBeast::start() { return no_coroutines; }
#endif

}  // namespace chopmark::figures
