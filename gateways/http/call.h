// One request as its handler sees it: complete, within all limits, its target decoded, its caller
// established. Nothing in it is safe to log but the trace and the route's name: header values,
// path, query and body may hold personal data or secrets.
#pragma once

#include <httplib.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/core/ids.h"
#include "gateways/http/principal.h"
#include "gateways/http/trace.h"

namespace chopmark::http {

struct Route;

/// The client's certificate, its chain already verified against the configured authority.
struct PeerCertificate {
    Bytes der;
    Digest fingerprint;   // SHA-256 of `der`
    std::string subject;  // RFC 2253, for comparison with what is enrolled
};

/// The `{name}` segments of a path template with their decoded values.
using PathParams = std::vector<std::pair<std::string_view, std::string>>;

struct Call {
    /// `target` as sent, `path` without query and not decoded, `params` the decoded query,
    /// `remote_addr` the socket's peer. A form body is left to the handler (parse_form).
    httplib::Request request;
    const Route* route = nullptr;
    PathParams path_params;
    TraceContext trace;
    Principal principal;
    std::shared_ptr<const PeerCertificate> peer_certificate;  // null without one
    bool over_tls = false;
    bool again = false;  // the handler has seen it before (FrontPorts::passing)

    /// The value of `{name}`; empty only if the template has no such segment.
    [[nodiscard]] std::string_view path_param(std::string_view name) const {
        for (const auto& [key, value] : path_params) {
            if (key == name) {
                return value;
            }
        }
        return {};
    }
};

/// Shared, so that a parked request can outlive the handler that took it.
using CallPtr = std::shared_ptr<const Call>;

}  // namespace chopmark::http
