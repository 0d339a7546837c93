// A party outside that may misbehave: a server on loopback, with TLS by OpenSSL or without, which
// reads one request a connection and then does what its script says. Certificates come from the
// openssl command. The script runs on the connection's thread; the destructor ends every
// connection and joins.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace chopmark::test {

/// A folder with an authority (ca), its server (server, for localhost and 127.0.0.1), one whose
/// time is over (expired), one for another name (elsewhere), its client (client), and a stranger
/// who signed for himself (stranger); each as name.pem and name.key.
class PartyCertificates {
  public:
    PartyCertificates();
    ~PartyCertificates();
    PartyCertificates(const PartyCertificates&) = delete;
    PartyCertificates& operator=(const PartyCertificates&) = delete;

    [[nodiscard]] std::string file(const std::string& name) const {
        return (folder_ / name).string();
    }

  private:
    void run(const std::string& arguments) const;
    void issue(const std::string& name, const std::string& names, const std::string& life) const;
    std::filesystem::path folder_;
};

/// What a script sees of one connection.
class PartyConnection {
  public:
    virtual ~PartyConnection() = default;
    /// Head and body; empty when the peer went away, or TLS was not agreed on.
    [[nodiscard]] virtual const std::string& request() const = 0;
    /// False when the peer is gone.
    virtual bool send(const std::string& bytes) = 0;
    /// Sleeps in short steps; false when the party ends.
    virtual bool pause(std::chrono::milliseconds time) = 0;
};

class TlsParty {
  public:
    using Script = std::function<void(PartyConnection&)>;
    struct Options {
        bool tls = true;
        std::string certificate = "server";
        bool asks_for_certificate = true;  // and refuses who has none of the authority
    };

    TlsParty(const PartyCertificates& certificates, const Options& options, Script script);
    explicit TlsParty(Script script);  // without TLS
    ~TlsParty();
    TlsParty(const TlsParty&) = delete;
    TlsParty& operator=(const TlsParty&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    /// Requests that came whole.
    [[nodiscard]] unsigned requests() const { return requests_.load(); }

  private:
    class Connection;
    void listen();
    void accept();
    void serve(int socket);

    const Script script_;
    SSL_CTX* context_ = nullptr;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<bool> ending_{false};
    std::atomic<unsigned> requests_{0};
    std::thread acceptor_;
    std::mutex mutex_;
    std::set<int> open_;
    std::vector<std::thread> threads_;
};

/// An answer of status 200, or another, with its length.
std::string http_answer(const std::string& body, int status = 200);

}  // namespace chopmark::test
