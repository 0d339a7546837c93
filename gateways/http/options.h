// What an operator decides about one listener. A field says its default, its unit, and what follows
// from it.
#pragma once

#include <cstdint>
#include <string>

#include "events/core/instant.h"
#include "gateways/http/request_reader.h"

namespace chopmark::http {

enum class ClientCertificate : std::uint8_t {
    none,      // never asked for
    optional,  // asked for; handlers see it if one came and its chain verified
    required,  // the handshake fails without
};

/// TLS 1.2 and 1.3. One certificate, so clients without SNI are served. All files are read again by
/// Front::renew_tls().
struct TlsOptions {
    std::string certificate_file;  // PEM: the certificate, then its chain. Empty: no TLS
    std::string key_file;          // PEM, not encrypted
    std::string client_ca_file;    // PEM; needed unless `client_certificate` is none
    /// PEM, a list of revoked certificates from every authority of a client's chain. Behind the
    /// next update of one, nobody whom it is about is let in. Empty: revocation is not looked at.
    std::string client_crl_file;
    ClientCertificate client_certificate = ClientCertificate::none;

    [[nodiscard]] bool on() const { return !certificate_file.empty(); }
};

struct ListenOptions {
    std::string address = "127.0.0.1";  // numeric; a name could mean several
    std::uint16_t port = 0;             // 0: the system chooses, Front::port() tells
    TlsOptions tls;
    /// Without TLS, an address off loopback is refused unless this is set: then everything that
    /// passes, personal data included, can be read on the way.
    bool allow_clear_text_off_loopback = false;
    int backlog = 1024;
};

struct TimeOptions {
    Duration handshake = std::chrono::seconds(10);  // TLS, whole
    Duration idle = std::chrono::seconds(75);       // between requests; then closed
    Duration header = std::chrono::seconds(10);     // first byte to empty line; then 408
    Duration request = std::chrono::seconds(30);    // first byte to end of body; then 408
    Duration answer = std::chrono::seconds(30);     // handler, unless parked; then 504
    Duration passing = std::chrono::seconds(2);     // handler, run again (FrontPorts::passing)
    Duration write = std::chrono::seconds(20);      // answer, plus its size / min_write_rate
    Duration heartbeat = std::chrono::seconds(15);  // comment into a silent event stream
    Duration linger = std::chrono::seconds(2);      // reading what a refused client still sends
    std::size_t min_write_bytes_per_second = 32 * 1024;
};

struct BoundOptions {
    RequestLimits request;
    /// Request bodies in memory at once, announced or allowed; beyond: 503 `http.overloaded`.
    std::size_t body_bytes = 256 * 1024 * 1024;
    std::size_t connections = 20'000;  // beyond: the longest idle is closed, or 503
    std::size_t parked = 10'000;       // waiting requests; beyond: 503 `http.too_many_waiting`
    std::size_t streams = 1'000;
    std::size_t stream_queue_bytes = 256 * 1024;  // a stream; beyond: Sent::full
    std::size_t worker_queue = 4096;              // requests; commands beyond: 503
    std::size_t worker_queue_for_queries = 2048;  // queries give way first
};

/// By peer address; IPv6 by /64. Token buckets.
struct PeerOptions {
    std::size_t connections = 256;
    double requests_per_second = 200;
    double burst = 400;
    /// Of all peers together, so that a flood from everywhere is refused for next to nothing before
    /// it takes workers and memory. Half of the burst is left to those who ask for less than an
    /// even share, the last quarter to addresses where somebody has proved lately who they are.
    double all_requests_per_second = 20'000;
    double all_burst = 40'000;
    std::size_t table_entries = 65'536;  // addresses remembered; beyond, newcomers share one
    /// Peers on this machine (a proxy, the bench) are not limited.
    bool exempt_loopback = true;
};

struct FrontOptions {
    ListenOptions listen;
    TimeOptions time;
    BoundOptions bounds;
    PeerOptions peers;
    std::size_t io_threads = 1;  // sockets, TLS and framing; one carries about 50,000 requests/s
    std::size_t workers = 2;     // handlers; more than cores only if handlers block
};

}  // namespace chopmark::http
