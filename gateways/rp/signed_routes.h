// What all signed routes of the gateway share: the parts that check and encrypt, and how a row of
// theirs looks. Handlers run in the pool, where opening a record or a key is fair; they end in a
// command, and the answer is rendered on the strand that accepted it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "aggregates/citizen/token.h"
#include "aggregates/runtime/event_finder.h"
#include "gateways/http/route.h"
#include "gateways/rp/business_ids.h"
#include "gateways/rp/call_checks.h"
#include "gateways/rp/content_keys.h"
#include "gateways/rp/envelope.h"
#include "gateways/rp/error_tally.h"
#include "gateways/rp/ports.h"

namespace chopmark::rp {

struct Parts {
    Parts(const Ports& with, const Options& how)
        : ports(with), options(how), checks(with, how), keys(with.secrets, with.entropy) {}

    const Ports ports;
    const Options options;
    CallChecks checks;
    ContentKeys keys;
    ErrorTally errors;
};

using ReplyPtr = std::shared_ptr<http::Reply>;

/// By the client that the call's header names, whether or not it is that client.
Family family_of(const Ports& ports, const http::Call& call);

/// A POST whose errors are envelopes with the codes of `operation`.
http::Route signed_route(Parts& parts, Operation operation, std::string path, std::string name,
                         std::string summary, http::AsyncHandler handler);

/// An authentic request with its content, from the route's handler until its answer.
struct Request {
    http::CallPtr call;
    ReplyPtr reply;
    CheckedCall checked;
    OpenedContent opened;

    [[nodiscard]] const control::RelyingParty& party() const { return *checked.party; }
    [[nodiscard]] Family family() const { return family_of(&party()); }
    [[nodiscard]] const service::Json& content() const { return opened.content; }
};
using RequestPtr = std::shared_ptr<Request>;

/// Checks and decrypts; on a refusal the reply has been given and the pointer is null.
RequestPtr take_request(Parts& parts, const http::CallPtr& call, http::Reply reply);

/// Encrypted with the key that the request came under.
void answer(Parts& parts, Request& request, const nlohmann::ordered_json& content);

/// A receipt that came before for the same nonce: rp.request_repeated (design-notes E2).
Result<runtime::Receipt> first_time(Result<runtime::Receipt> receipt);

/// The event behind an access token and whose it is; whether the token is still good is for the
/// citizen's slot to say. token.unknown.
Result<runtime::FoundEvent> find_token(const Parts& parts, std::string_view text, Instant now);

/// On the citizen's strand, with a token that is good: takes what it needs, or says why not.
using Admit = std::function<Result<void>(const citizen::State&, const citizen::TokenFacts&)>;
/// Asks the citizen's slot about the token, then runs `go_on` in the pool; where that fails the
/// reply has been given.
void look_up_token(Parts& parts, const RequestPtr& request, const runtime::FoundEvent& token,
                   Admit admit, Task go_on);

}  // namespace chopmark::rp
