#include "gateways/http/listen_policy.h"

#include <arpa/inet.h>

#include <optional>

#include "gateways/http/peer_limiter.h"

namespace chopmark::http {
namespace {

std::optional<ByteArray<16>> address_bytes(const std::string& address) {
    ByteArray<16> out{};
    if (inet_pton(AF_INET6, address.c_str(), out.data()) == 1) {
        return out;
    }
    out[10] = out[11] = 0xFF;
    if (inet_pton(AF_INET, address.c_str(), out.data() + 12) == 1) {
        return out;
    }
    return std::nullopt;
}

}  // namespace

bool is_loopback(const std::string& address) {
    const auto bytes = address_bytes(address);
    return bytes && PeerKey::of(*bytes).loopback;
}

Result<void> check_listen(const ListenOptions& options) {
    if (!address_bytes(options.address)) {
        return Error(listen_address_invalid, "not a numeric address: " + options.address);
    }
    const TlsOptions& tls = options.tls;
    if (tls.on() && tls.key_file.empty()) {
        return Error(tls_incomplete, "a certificate without a key");
    }
    if (!tls.client_crl_file.empty() && tls.client_ca_file.empty()) {
        return Error(tls_incomplete, "revocations without the authority they are from");
    }
    if (!tls.on() && (!tls.key_file.empty() || !tls.client_ca_file.empty() ||
                      tls.client_certificate != ClientCertificate::none)) {
        return Error(tls_incomplete, "TLS settings without a certificate");
    }
    if ((tls.client_certificate != ClientCertificate::none) != !tls.client_ca_file.empty()) {
        return Error(tls_incomplete, "client certificates need an authority, and it them");
    }
    if (!tls.on() && !options.allow_clear_text_off_loopback && !is_loopback(options.address)) {
        return Error(clear_text_refused, options.address + " needs TLS");
    }
    return {};
}

}  // namespace chopmark::http
