// One call by an HTTP client that ends in time and takes no more than it was told, whatever the
// other side sends. The client is stopped when it returns: what was kept of its connection is gone.
// SIGPIPE MUST be ignored by the process.
#pragma once

#include <httplib.h>

#include <string>

#include "events/core/instant.h"
#include "gateways/outside/call_watch.h"

namespace chopmark::outside {

struct BoundedAnswer {
    int status = 0;
    std::string body;
    std::string failed;  // why there is no whole answer; or empty
    httplib::Error error =
        httplib::Error::Success;  // of the client; Canceled: too long or too late
};

struct CallBounds {
    CallWatch& watch;
    Duration longest;
    std::size_t answer_bytes = 0;
};

/// Sends `request`, whose content receiver and the client's socket options are set here.
BoundedAnswer bounded_call(httplib::ClientImpl& client, httplib::Request request,
                           const CallBounds& bounds);

}  // namespace chopmark::outside
