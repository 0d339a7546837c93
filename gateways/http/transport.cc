#include "gateways/http/transport.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "events/crypto/digest.h"

namespace chopmark::http {
namespace {

/// OpenSSL's own socket BIO writes without MSG_NOSIGNAL: a client that leaves would end the process
/// by SIGPIPE.
int bio_write(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    const auto fd = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
    const auto sent = ::send(fd, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
        BIO_set_retry_write(bio);
    }
    return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    const auto fd = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
    const auto got = ::recv(fd, bytes, static_cast<std::size_t>(size), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        BIO_set_retry_read(bio);
    }
    return static_cast<int>(got);
}

long bio_ctrl(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* socket_method() {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "chopmark");
        if (made != nullptr) {
            BIO_meth_set_write(made, bio_write);
            BIO_meth_set_read(made, bio_read);
            BIO_meth_set_ctrl(made, bio_ctrl);
        }
        return made;
    }();
    return method;
}

BIO* socket_bio(int descriptor) {
    BIO* bio = BIO_new(socket_method());
    if (bio != nullptr) {
        BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(descriptor)));
        BIO_set_init(bio, 1);
    }
    return bio;
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
    static constexpr unsigned char ours[] = "\x08http/1.1";
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_size, ours, sizeof ours - 1, offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_NOACK;  // whoever offers h2 alone gets HTTP/1.1 all the same
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

Error setup_error(std::string what) {
    const unsigned long code = ERR_get_error();
    char text[160] = "";
    ERR_error_string_n(code, text, sizeof text);
    ERR_clear_error();
    return Error(tls_setup_failed, std::move(what) + ": " + text);
}

/// Of every certificate of a chain, the leaf's and those between.
Result<void> check_revocation(SSL_CTX* context, const std::string& file) {
    if (file.empty()) {
        return {};
    }
    X509_STORE* store = SSL_CTX_get_cert_store(context);
    X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    if (lookup == nullptr || X509_load_crl_file(lookup, file.c_str(), X509_FILETYPE_PEM) <= 0) {
        return setup_error("revocations " + file);
    }
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return {};
}

Result<void> ask_for_certificates(SSL_CTX* context, const TlsOptions& options) {
    if (options.client_certificate == ClientCertificate::none) {
        return {};
    }
    if (SSL_CTX_load_verify_locations(context, options.client_ca_file.c_str(), nullptr) != 1) {
        return setup_error("client authority " + options.client_ca_file);
    }
    CHOPMARK_TRY(check_revocation(context, options.client_crl_file));
    // Names the authority in the handshake, so that a client can choose among its certificates.
    SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(options.client_ca_file.c_str()));
    const bool required = options.client_certificate == ClientCertificate::required;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                       nullptr);
    return {};
}

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::load(const TlsOptions& options) {
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    if (context == nullptr) {
        return setup_error("context");
    }
    std::shared_ptr<TlsContext> out(new TlsContext(context));
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1) {
        return setup_error("protocol");
    }
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    static constexpr unsigned char session_name[] = "chopmark";
    SSL_CTX_set_session_id_context(context, session_name, sizeof session_name - 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets, kept by the client
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    if (SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()) != 1) {
        return setup_error("certificate " + options.certificate_file);
    }
    if (SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        return setup_error("key " + options.key_file);
    }
    CHOPMARK_TRY(ask_for_certificates(context, options));
    return out;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

Transport::~Transport() { SSL_free(ssl_); }

bool Transport::attach(int descriptor, const TlsContext* tls) {
    descriptor_ = descriptor;
    if (tls == nullptr) {
        return true;
    }
    ssl_ = SSL_new(tls->get());
    BIO* bio = socket_bio(descriptor);
    if (ssl_ == nullptr || bio == nullptr) {
        BIO_free(bio);
        return false;
    }
    SSL_set_bio(ssl_, bio, bio);
    SSL_set_accept_state(ssl_);
    return true;
}

Moved Transport::outcome_of(int result) const {
    if (result > 0) {
        return {Moved::Next::more, static_cast<std::size_t>(result)};
    }
    switch (SSL_get_error(ssl_, result)) {
        case SSL_ERROR_WANT_READ:
            return {Moved::Next::wait_read, 0};
        case SSL_ERROR_WANT_WRITE:
            return {Moved::Next::wait_write, 0};
        case SSL_ERROR_ZERO_RETURN:
            return {Moved::Next::closed, 0};
        default:
            return {Moved::Next::failed, 0};
    }
}

Moved Transport::handshake() {
    if (ssl_ == nullptr) {
        return {};
    }
    ERR_clear_error();
    return outcome_of(SSL_do_handshake(ssl_));
}

Moved Transport::read(std::span<char> into) {
    if (ssl_ != nullptr) {
        ERR_clear_error();
        return outcome_of(SSL_read(ssl_, into.data(), static_cast<int>(into.size())));
    }
    const auto got = ::recv(descriptor_, into.data(), into.size(), 0);
    if (got > 0) {
        return {Moved::Next::more, static_cast<std::size_t>(got)};
    }
    if (got == 0) {
        return {Moved::Next::closed, 0};
    }
    const bool again = errno == EAGAIN || errno == EINTR;
    return {again ? Moved::Next::wait_read : Moved::Next::failed, 0};
}

Moved Transport::write(std::string_view bytes) {
    if (ssl_ != nullptr) {
        ERR_clear_error();
        const std::size_t piece = std::min<std::size_t>(bytes.size(), 1 << 20);
        return outcome_of(SSL_write(ssl_, bytes.data(), static_cast<int>(piece)));
    }
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
        return {Moved::Next::more, static_cast<std::size_t>(sent)};
    }
    const bool again = errno == EAGAIN || errno == EINTR;
    return {again ? Moved::Next::wait_write : Moved::Next::failed, 0};
}

void Transport::finish() {
    if (ssl_ != nullptr && SSL_is_init_finished(ssl_) == 1) {
        ERR_clear_error();
        SSL_shutdown(ssl_);  // sent or not: the FIN follows
        ERR_clear_error();
    }
    ::shutdown(descriptor_, SHUT_WR);
}

bool Transport::has_buffered() const { return ssl_ != nullptr && SSL_has_pending(ssl_) == 1; }

std::shared_ptr<const PeerCertificate> Transport::peer_certificate() const {
    X509* certificate = ssl_ == nullptr ? nullptr : SSL_get0_peer_certificate(ssl_);
    if (certificate == nullptr || SSL_get_verify_result(ssl_) != X509_V_OK) {
        return nullptr;
    }
    auto out = std::make_shared<PeerCertificate>();
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    if (size <= 0) {
        return nullptr;
    }
    out->der.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    out->fingerprint = crypto::sha256(out->der);
    BIO* text = BIO_new(BIO_s_mem());
    if (text != nullptr) {
        X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
        char* begin = nullptr;
        const long length = BIO_get_mem_data(text, &begin);
        out->subject.assign(begin, static_cast<std::size_t>(length));
        BIO_free(text);
    }
    return out;
}

}  // namespace chopmark::http
