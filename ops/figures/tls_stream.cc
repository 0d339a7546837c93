// The TLS end of the lean client: Asio's stream, used synchronously.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>

#include "ops/figures/wire.h"

namespace chopmark::figures {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

struct Client {
    asio::io_context io;
    asio::ssl::context tls{asio::ssl::context::tls_client};
};

/// Nothing is verified: the peer is this process, and what is measured is what it costs.
Client& client() {
    static Client one;
    return one;
}

class TlsStream final : public ByteStream {
  public:
    TlsStream() : stream_(client().io, client().tls) {}

    bool connect(std::uint16_t port) {
        boost::system::error_code error;
        auto& socket = stream_.next_layer();
        if (socket.connect({asio::ip::address_v4::loopback(), port}, error) ||
            socket.set_option(tcp::no_delay(true), error)) {
            return false;
        }
        return !stream_.handshake(asio::ssl::stream_base::client, error);
    }
    bool write(std::string_view bytes) override {
        boost::system::error_code error;
        asio::write(stream_, asio::buffer(bytes.data(), bytes.size()), error);
        return !error;
    }
    std::size_t read(char* into, std::size_t room) override {
        boost::system::error_code error;
        const std::size_t got = stream_.read_some(asio::buffer(into, room), error);
        return error ? 0 : got;
    }

  private:
    asio::ssl::stream<tcp::socket> stream_;
};

}  // namespace

Result<std::unique_ptr<ByteStream>> connect_tls(std::uint16_t port) {
    auto stream = std::make_unique<TlsStream>();
    if (!stream->connect(port)) {
        return Error(wire_broken, "TLS to port " + std::to_string(port));
    }
    return std::unique_ptr<ByteStream>(std::move(stream));
}

}  // namespace chopmark::figures
