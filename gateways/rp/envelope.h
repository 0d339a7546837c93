// The envelope of every answer and POST callback of the wire protocol (facts/iamsmart-api.md 3):
// txID, code, message, and content where there is any. CorpID calls the message msg and leaves it
// empty on success; its clients get both, for some read either. Business errors come with HTTP 200;
// only what the same bytes may outlive – a bound reached, a part that is down – has its own status,
// with the same body. Pure but for the drawn txID.
#pragma once

#include <httplib.h>

#include <nlohmann/json.hpp>
#include <string>

#include "events/core/entropy.h"
#include "gateways/rp/codes.h"

namespace chopmark::rp {

/// "<T=" 32 hex digits ">", random: for troubleshooting, it names nobody.
std::string new_tx_id(Entropy& entropy);

/// Without content when `content` is null; an object only for getKey, else the encrypted text.
nlohmann::ordered_json envelope(std::string_view tx_id, Family family, const ReturnCode& code,
                                const nlohmann::ordered_json& content);

/// Code D00000 or M00000, message SUCCESS.
httplib::Response success(Entropy& entropy, Family family, const nlohmann::ordered_json& content);
httplib::Response failure(Entropy& entropy, Family family, const Error& error, Operation operation);
/// Of an outcome that is no error: status 200.
httplib::Response failure(Entropy& entropy, Family family, const ReturnCode& code);

}  // namespace chopmark::rp
