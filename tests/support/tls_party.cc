#include "tests/support/tls_party.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>

namespace chopmark::test {

PartyCertificates::PartyCertificates() {
    folder_ =
        std::filesystem::temp_directory_path() / ("chopmark_party_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    const std::string newkey = " -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes ";
    const std::string here = " -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' ";
    run("req -x509 -days 2 -subj '/CN=Test CA'" + newkey + "-keyout ca.key -out ca.pem");
    run("req -x509 -days 2 -subj '/CN=localhost'" + newkey + here +
        "-keyout stranger.key -out stranger.pem");
    issue("server", "DNS:localhost,IP:127.0.0.1", "-days 2");
    issue("elsewhere", "DNS:party.example", "-days 2");
    issue("expired", "DNS:localhost,IP:127.0.0.1", "-days -1");
    issue("client", "DNS:node.example", "-days 2");
}

PartyCertificates::~PartyCertificates() { std::filesystem::remove_all(folder_); }

void PartyCertificates::issue(const std::string& name, const std::string& names,
                              const std::string& life) const {
    std::ofstream(folder_ / (name + ".ext")) << "subjectAltName=" << names << "\n";
    run("req -subj '/CN=" + name + "' -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " +
        name + ".key -out " + name + ".csr");
    run("x509 -req " + life + " -in " + name +
        ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile " + name + ".ext -out " + name +
        ".pem");
}

void PartyCertificates::run(const std::string& arguments) const {
    const std::string command =
        "cd " + folder_.string() + " && openssl " + arguments + " 2>>log >>log";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

class TlsParty::Connection final : public PartyConnection {
  public:
    Connection(int socket, SSL_CTX* context, const std::atomic<bool>& ending)
        : socket_(socket), ending_(ending) {
        if (context != nullptr) {
            ssl_ = SSL_new(context);
            SSL_set_fd(ssl_, socket);
            good_ = SSL_accept(ssl_) == 1;
        }
        read();
    }
    ~Connection() override {
        if (ssl_ != nullptr) {
            SSL_shutdown(ssl_);
            SSL_free(ssl_);
        }
    }
    [[nodiscard]] const std::string& request() const override { return request_; }
    bool send(const std::string& bytes) override {
        if (!good_ || bytes.empty()) {
            return good_;
        }
        const auto sent =
            ssl_ != nullptr
                ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                : static_cast<int>(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
        good_ = sent == static_cast<int>(bytes.size());
        return good_;
    }
    bool pause(std::chrono::milliseconds time) override {
        const auto end = std::chrono::steady_clock::now() + time;
        while (!ending_.load() && std::chrono::steady_clock::now() < end) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return !ending_.load();
    }

  private:
    void read() {
        std::array<char, 16 * 1024> buffer{};
        std::string all;
        while (good_ && !is_whole(all)) {
            const int size = static_cast<int>(buffer.size());
            const int got =
                ssl_ != nullptr
                    ? SSL_read(ssl_, buffer.data(), size)
                    : static_cast<int>(::recv(socket_, buffer.data(), buffer.size(), 0));
            good_ = got > 0;
            all.append(buffer.data(), static_cast<std::size_t>(std::max(got, 0)));
        }
        request_ = good_ ? all : std::string();
    }
    static bool is_whole(const std::string& text) {
        const auto end = text.find("\r\n\r\n");
        const auto length = text.find("Content-Length: ");
        if (end == std::string::npos || length == std::string::npos) {
            return false;
        }
        return text.size() >=
               end + 4 + static_cast<std::size_t>(std::atoi(text.c_str() + length + 16));
    }

    const int socket_;
    const std::atomic<bool>& ending_;
    SSL* ssl_ = nullptr;
    bool good_ = true;
    std::string request_;
};

TlsParty::TlsParty(const PartyCertificates& certificates, const Options& options, Script script)
    : script_(std::move(script)) {
    if (options.tls) {
        context_ = SSL_CTX_new(TLS_server_method());
        const std::string name = certificates.file(options.certificate);
        EXPECT_EQ(SSL_CTX_use_certificate_file(context_, (name + ".pem").c_str(), SSL_FILETYPE_PEM),
                  1);
        EXPECT_EQ(SSL_CTX_use_PrivateKey_file(context_, (name + ".key").c_str(), SSL_FILETYPE_PEM),
                  1);
        if (options.asks_for_certificate) {
            SSL_CTX_load_verify_locations(context_, certificates.file("ca.pem").c_str(), nullptr);
            SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                               nullptr);
        }
    }
    listen();
}

TlsParty::TlsParty(Script script) : script_(std::move(script)) { listen(); }

void TlsParty::listen() {
    std::signal(SIGPIPE, SIG_IGN);  // as the daemon does
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
}

TlsParty::~TlsParty() {
    ending_.store(true);
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
        const std::lock_guard lock(mutex_);
        for (const int socket : open_) {
            ::shutdown(socket, SHUT_RDWR);
        }
    }
    for (std::thread& thread : threads_) {
        thread.join();
    }
    ::close(listener_);
    SSL_CTX_free(context_);
}

void TlsParty::accept() {
    while (!ending_.load()) {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) {
            return;
        }
        const std::lock_guard lock(mutex_);
        open_.insert(socket);
        threads_.emplace_back([this, socket] { serve(socket); });
    }
}

void TlsParty::serve(int socket) {
    {
        Connection connection(socket, context_, ending_);
        if (!connection.request().empty()) {
            requests_.fetch_add(1);
            script_(connection);
        }
    }
    const std::lock_guard lock(mutex_);
    open_.erase(socket);
    ::close(socket);
}

std::string http_answer(const std::string& body, int status) {
    return "HTTP/1.1 " + std::to_string(status) +
           " X\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

}  // namespace chopmark::test
