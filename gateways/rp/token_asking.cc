#include "gateways/rp/token_asking.h"

namespace chopmark::rp {

void look_up_asking(Parts& parts, const std::shared_ptr<TokenAsking>& asking, Task ask) {
    const RequestPtr request = asking->request;
    const auto token = find_token(parts, asking->head.access_token, request->checked.now);
    if (!token) {
        request->reply->fail(token.error());
        return;
    }
    asking->token = *token;
    asking->business_id =
        business_id_token(parts.ports.secrets, request->party().id, asking->head.business_id);
    look_up_token(
        parts, request, *token,
        [asking](const citizen::State& state, const citizen::TokenFacts& facts) -> Result<void> {
            // Whoever asks from an app is on the citizen's own phone, however the login began.
            asking->by_qr = facts.flow == schema::QR && asking->side == Side::web;
            asking->person = sources_of(state.account);
            return {};
        },
        std::move(ask));
}

}  // namespace chopmark::rp
