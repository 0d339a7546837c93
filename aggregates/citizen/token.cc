#include "aggregates/citizen/token.h"

#include <algorithm>

#include "aggregates/citizen/state.h"

namespace chopmark::citizen {

Result<TokenFacts> token(const State& state, const EventId& redeemed, const ClientId& client,
                         Instant now) {
    CHOPMARK_TRY(check_active(state));
    const auto& logins = state.logins.logins;
    const auto at = std::find_if(logins.begin(), logins.end(), [&](const auto& entry) {
        return !redeemed.is_zero() && entry.second.redeemed == redeemed;
    });
    if (at == logins.end() || at->second.client != client) {
        return token_unknown;
    }
    const Login& login = at->second;
    if (login.ended) {
        return token_revoked;
    }
    if (now >= login.token_until) {
        return token_expired;
    }
    return TokenFacts{at->first,    login.approved,      login.flow,        login.scopes,
                      login.device, login.step_up_level, login.redeemed_at, login.token_until};
}

}  // namespace chopmark::citizen
