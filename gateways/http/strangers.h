// Who is told of calls that ended in an error before anybody was authenticated (design-notes E7):
// such a failure is no event by itself, or strangers could fill the log, yet detection must know
// that it was. Counted are errors of kind unauthenticated, and not_found of a GET; what the front
// itself refuses – bad framing, limits – is in its own counters.
#pragma once

#include "events/core/error.h"
#include "gateways/http/call.h"

namespace chopmark::http {

class Strangers {
  public:
    virtual ~Strangers() = default;
    /// Called once a failed call, on whatever thread ended it: MUST NOT throw and MUST NOT block
    /// for more than a short lock.
    virtual void failed(const Call& call, const Reason& reason) = 0;
};

/// Whether a failure of this call is to be counted.
inline bool is_strangers_failure(const Call& call, Kind kind) {
    const bool nobody = std::holds_alternative<std::monostate>(call.principal.who);
    return nobody && (kind == Kind::unauthenticated ||
                      (kind == Kind::not_found && call.request.method == "GET"));
}

}  // namespace chopmark::http
