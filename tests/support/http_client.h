// A client that sends exactly the bytes it is told to, for tests of the front: blocking, with a
// bound on every wait (a test that waits longer has failed). With TLS it verifies nothing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace chopmark::http_test {

struct Seen {
    int status = 0;  // 0: the connection ended before a whole answer
    std::string reason_phrase;
    std::multimap<std::string, std::string> fields;  // names in lower case
    std::string head;                                // as received
    std::string body;                                // without chunking

    /// The first value, empty without one.
    [[nodiscard]] std::string field(const std::string& lower_case_name) const;
};

struct ClientTls {
    bool on = false;
    std::string certificate_file;  // PEM; empty: no client certificate
    std::string key_file;
    std::string server_name;  // SNI; empty: none sent
    int highest_version = 0;  // an OpenSSL TLS1_x_VERSION; 0: whatever both know
};

class Client {
  public:
    explicit Client(std::uint16_t port, const ClientTls& tls = {});
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// False if connecting or the handshake failed.
    [[nodiscard]] bool is_connected() const;
    /// Of the certificate that the other side showed; empty without TLS.
    [[nodiscard]] std::string server_subject() const;
    /// False once the other side has gone.
    bool send(std::string_view bytes);
    /// One whole answer; `to_head`: the request was HEAD.
    Seen receive(bool to_head = false);
    /// At least `bytes` more, or what came before the end.
    std::string receive_bytes(std::size_t bytes);
    /// Until text ending in `tail` has arrived, or the end.
    std::string receive_until(std::string_view tail);
    /// True if the other side ends the connection before it sends another byte.
    bool ends();
    /// Ends our sending side only.
    void finish_sending();
    void close();

    Seen ask(std::string_view request) {
        send(request);
        return receive();
    }

  private:
    bool fill();

    struct Session;
    std::unique_ptr<Session> session_;
    std::string buffer_;
};

}  // namespace chopmark::http_test
