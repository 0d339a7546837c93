// One line a request, without personal data: the route's name stands for the path, there is no
// address, no query, no header. The adapter that writes it is in ops.
#pragma once

#include <string_view>

#include "events/core/instant.h"
#include "gateways/http/trace.h"

namespace chopmark::http {

struct RequestLine {
    std::string_view method;    // "-" unless one the front knows
    std::string_view route;     // Route::name, "-" if none was found
    int status = 0;             // 0: the client left before an answer
    std::string_view reason;    // of a refusal by the front or an Error, else empty
    Duration took{};            // first byte to the last byte handed to the system
    std::size_t bytes_in = 0;   // body
    std::size_t bytes_out = 0;  // header and body
    TraceContext trace;
};

class RequestLog {
  public:
    virtual ~RequestLog() = default;
    /// On an I/O thread, and so MUST NOT block. Views live for the call only.
    virtual void note(const RequestLine& line) = 0;
};

}  // namespace chopmark::http
