// Who calls, and the port that finds out. The front asks the Authorizer once for every request
// whose route names a permission, after the body has arrived and before the handler runs; how a
// token, a signature or a certificate is checked is the adapter's affair.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "events/core/ids.h"
#include "events/core/result.h"

namespace chopmark::http {

struct Call;

/// A citizen's phone: the account and the device its session or signature speaks for.
struct AppCaller {
    AccountId account;
    DeviceId device;
    friend bool operator==(const AppCaller&, const AppCaller&) = default;
};

struct Principal {
    /// monostate: nobody in particular (a public route).
    std::variant<std::monostate, ClientId, AppCaller, TerminalId, OperatorId, StaffId, NodeId> who;
    std::vector<std::string> roles;

    template <class Who>
    [[nodiscard]] const Who* as() const {
        return std::get_if<Who>(&who);
    }
};

/// The permission of a route that anybody may call. It MUST be written: a row without a permission
/// is refused by the table.
inline constexpr std::string_view public_access = "public";

class Authorizer {
  public:
    virtual ~Authorizer() = default;
    /// Who makes this call, provided that `permission` is theirs; otherwise an Error of kind
    /// unauthenticated or forbidden. Called from any worker, for routes with Run::on_loop from an
    /// I/O thread; MUST NOT throw and MUST NOT block on the network.
    [[nodiscard]] virtual Result<Principal> authorize(const Call& call,
                                                      std::string_view permission) = 0;
};

}  // namespace chopmark::http
