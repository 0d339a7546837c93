// How an event ends an anonymous request, and what its page is told then: a code made from the
// event that granted it, or why there is none. By the gateway that had it recorded, and by who
// reads the log for a desk elsewhere; telling it twice is harmless. Safe from any thread; does not
// block.
#pragma once

#include <optional>
#include <string>

#include "events/keys/bearer.h"
#include "gateways/service/login_desk.h"

namespace chopmark::service {

struct RequestEnd {
    RequestId request;
    AccountId account;  // whose phone has scanned the page
    std::string code;   // empty unless granted
    std::string error;  // as LoginSettled's
};
/// Nothing when the event ends no request: it is something else, or a claim that was let through.
/// Of requests under a token as well, whose code nobody is told.
std::optional<RequestEnd> request_end(const keys::Bearer& bearer, const schema::Event& event,
                                      const EventId& id, Instant recorded_at);

/// Tells the page; whether there was an end to tell of.
bool settle_request(LoginDesk& desk, const keys::Bearer& bearer, const schema::Event& event,
                    const EventId& id, Instant recorded_at);

}  // namespace chopmark::service
