// Citizens' phones over the wire: each with its device key and the session that it opened, the
// calls it signs and those under the session's MAC. Calls of one phone are for one thread at a
// time.
#pragma once

#include "events/crypto/p256.h"
#include "ops/figures/people.h"
#include "ops/figures/wire.h"

namespace chopmark::figures {

struct Phone {
    Person person;
    crypto::P256PrivateKey key;
    std::string session;  // as the header has it
    Bytes session_key;
};

/// What a signed call binds beside its body.
struct SignedCall {
    std::string_view target;
    std::string_view command;
    std::string_view body;
    std::string_view client{};
    std::string_view text_digest{};
};

/// Registers so many citizens and opens their phones' sessions at `app`.
Result<std::vector<Phone>> register_phones(NodeHome& node, People& people, const Origin& app,
                                           std::size_t number, schema::Grade grade);
/// With a challenge fetched for it: two requests.
Result<std::string> signed_call(Wire& wire, const Phone& phone, const SignedCall& call);
/// Under the session: figures.answer_bad unless 200.
Result<WireAnswer> session_call(NodeHome& node, Wire& wire, const Phone& phone,
                                std::string_view method, std::string_view target,
                                std::string_view body);

}  // namespace chopmark::figures
