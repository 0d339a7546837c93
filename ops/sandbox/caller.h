// How the sandbox's clients speak HTTP: one call, one connection, a bounded wait, and the answer as
// it came. A caller may stand at any loopback address, because the sandbox deals 127.0.0.0/8 out
// among places of the world (gateways/service/network.h). An answer that refuses is an answer, not
// an error: who expected something else says so with expect_success(). Safe from any thread.
#pragma once

#include <httplib.h>

#include <string>

#include "events/core/result.h"
#include "gateways/service/json_body.h"

namespace chopmark::sandbox {

using service::Json;

/// Nobody answers at that port.
inline constexpr Reason unreachable{"sandbox.unreachable", Kind::unavailable};
/// The platform refused; the detail is its status and its reason's name.
inline constexpr Reason call_refused{"sandbox.call_refused", Kind::refused};
/// The answer is not what the wire specification says.
inline constexpr Reason bad_answer{"sandbox.bad_answer", Kind::damaged};
/// A file of a client's state that is missing or not one.
inline constexpr Reason bad_state{"sandbox.bad_state", Kind::invalid};

/// Where a sandbox listens: six gateways, one port each, from `base` on. With two nodes, phones and
/// terminals may speak to one and relying parties, auditors and security teams to the other.
struct Gateways {
    static constexpr int default_base = 8101;
    int base = default_base;
    int services = 0;  // first port of the other node; 0: there is none

    [[nodiscard]] int other() const { return services == 0 ? base : services; }
    [[nodiscard]] int rp() const { return other(); }
    [[nodiscard]] int app() const { return base + 1; }
    [[nodiscard]] int channel() const { return base + 2; }
    [[nodiscard]] int audit() const { return other() + 3; }
    [[nodiscard]] int security() const { return other() + 4; }
    [[nodiscard]] int admin() const { return base + 5; }
};

struct Answer {
    int status = 0;
    std::string body;
    httplib::Headers headers;
    Json json;  // null if the body is none

    [[nodiscard]] bool good() const { return status >= 200 && status < 300; }
    [[nodiscard]] std::string header(const std::string& name) const;
    /// The stable name in a problem; empty if there is none.
    [[nodiscard]] std::string reason() const;
    /// "422 account.too_young", for people.
    [[nodiscard]] std::string summary() const;
    /// A text member; empty if there is none.
    [[nodiscard]] std::string text(const char* name) const;
};

/// The answer's JSON, or sandbox.call_refused.
Result<Json> expect_success(const Result<Answer>& answer);

class Caller {
  public:
    Caller(int port, std::string from_address, std::string agent)
        : port_(port), from_address_(std::move(from_address)), agent_(std::move(agent)) {}

    [[nodiscard]] Result<Answer> get(const std::string& target,
                                     const httplib::Headers& headers = {}) const;
    [[nodiscard]] Result<Answer> post(const std::string& target, const std::string& body,
                                      const httplib::Headers& headers = {}) const;
    [[nodiscard]] const std::string& address() const { return from_address_; }

  private:
    [[nodiscard]] Result<Answer> send(const std::string& method, const std::string& target,
                                      const std::string& body,
                                      const httplib::Headers& headers) const;

    int port_;
    std::string from_address_;
    std::string agent_;
};

/// What httplib gives for a URL parameter or a form's value.
std::string url_encode(std::string_view text);

}  // namespace chopmark::sandbox
