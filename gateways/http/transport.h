// One connected, non-blocking socket, with or without TLS. It only moves bytes and says what it
// waits for; who waits is the connection. TLS reads and writes the socket directly, so an idle
// connection holds no record buffers (Asio's own stream keeps 34 KB each). One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "gateways/http/call.h"
#include "gateways/http/options.h"

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;

namespace chopmark::http {

inline constexpr Reason tls_setup_failed{"http.tls_setup_failed", Kind::invalid};

/// Certificate, key and policy of one listener: TLS 1.2 and 1.3, no renegotiation, HTTP/1.1 by
/// ALPN. Immutable; shared by all connections.
class TlsContext {
  public:
    static Result<std::shared_ptr<TlsContext>> load(const TlsOptions& options);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    [[nodiscard]] SSL_CTX* get() const { return context_; }

  private:
    explicit TlsContext(SSL_CTX* context) : context_(context) {}
    SSL_CTX* context_;
};

/// What connections to come are to use, exchanged while others are open: those keep theirs. A
/// session ticket is good only under the context that gave it, so nobody gets past a new list of
/// revocations by resuming. Safe from any thread.
class CurrentTls {
  public:
    [[nodiscard]] std::shared_ptr<const TlsContext> get() const {
        const std::lock_guard lock(mutex_);
        return context_;
    }
    void set(std::shared_ptr<const TlsContext> context) {
        const std::lock_guard lock(mutex_);
        context_.swap(context);
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const TlsContext> context_;  // null: clear text
};

struct Moved {
    enum class Next : std::uint8_t {
        more,        // `bytes` were moved
        wait_read,   // nothing moved: try again when readable
        wait_write,  // likewise, when writable
        closed,      // the peer ended its side in order
        failed,
    };
    Next next = Next::more;
    std::size_t bytes = 0;
};

class Transport {
  public:
    Transport() = default;
    ~Transport();
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;

    /// `descriptor` stays the caller's. Without a context: clear text. False: out of memory.
    [[nodiscard]] bool attach(int descriptor, const TlsContext* tls);

    /// `more` when done.
    Moved handshake();
    Moved read(std::span<char> into);
    Moved write(std::string_view bytes);
    /// Ends our side: close_notify under TLS, then FIN.
    void finish();

    /// Bytes already taken from the socket but not yet read; the socket will not say so.
    [[nodiscard]] bool has_buffered() const;
    [[nodiscard]] bool over_tls() const { return ssl_ != nullptr; }
    /// After the handshake; null if the client sent none.
    [[nodiscard]] std::shared_ptr<const PeerCertificate> peer_certificate() const;

  private:
    Moved outcome_of(int result) const;

    int descriptor_ = -1;
    SSL* ssl_ = nullptr;
};

}  // namespace chopmark::http
