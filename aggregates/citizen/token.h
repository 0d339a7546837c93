// Access tokens: the bearer value of a LoginRedeemed event, so nothing secret is kept. Reads and
// requests of a relying party name the event id that the bearer block decoded to; whether the open
// id beside it is the citizen's is for the gateway to compare. Unobserved expiry is computed, never
// recorded (design-notes A17). Pure.
#pragma once

#include <string>
#include <vector>

#include "events/core/ids.h"
#include "events/core/instant.h"
#include "events/core/result.h"
#include "events/schema/login.pb.h"

namespace chopmark::citizen {

struct State;

/// Never issued to this client, or forgotten: the client learns no more.
inline constexpr Reason token_unknown{"token.unknown", Kind::unauthenticated};
inline constexpr Reason token_expired{"token.expired", Kind::expired};
inline constexpr Reason token_revoked{"token.revoked", Kind::expired};

/// What a good token stands for.
struct TokenFacts {
    RequestId login;   // of an anonymous request: the request
    EventId approved;  // whose record pins the fields of profile scopes; zero if anonymous
    schema::Flow flow = schema::FLOW_UNSPECIFIED;
    std::vector<std::string> scopes;
    DeviceId device;
    std::uint32_t step_up_level = 0;
    Instant issued_at;
    Instant until;
};

/// token.unknown, token.expired, token.revoked, or account.not_active.
Result<TokenFacts> token(const State& state, const EventId& redeemed, const ClientId& client,
                         Instant now);

}  // namespace chopmark::citizen
