// Parameters of a request by name, with the three refusals that the wire protocol tells apart –
// missing, empty, invalid – each naming the parameter. Booleans come as booleans or as text in
// either case (facts/iamsmart-api.md 2.1.8). Pure.
#pragma once

#include <string>
#include <vector>

#include "events/core/bytes.h"
#include "gateways/rp/codes.h"
#include "gateways/service/json_body.h"

namespace chopmark::rp {

inline constexpr std::size_t open_id_bytes = 96;  // 44 characters, maybe URL-encoded

/// At most `longest` bytes, else invalid.
Result<std::string> text_parameter(const service::Json& content, const char* name,
                                   std::size_t longest = SIZE_MAX);
/// Empty if absent or null.
Result<std::string> optional_text(const service::Json& content, const char* name,
                                  std::size_t longest);
/// Absent, null and empty lists alike give nothing.
Result<std::vector<std::string>> optional_texts(const service::Json& content, const char* name);
/// Standard Base64 with padding.
Result<Bytes> bytes_parameter(const service::Json& content, const char* name, std::size_t longest);

/// What single spaces part, each once.
std::vector<std::string> words_in(std::string_view text);

/// At most 36 characters of [A-Za-z0-9_-]; may be empty.
bool is_state(std::string_view text);
/// At most 36 visible ASCII characters.
bool is_business_id(std::string_view text);
/// facts/iamsmart-api.md 5.4.
bool is_source(std::string_view text);
/// A browser or app on the phone that has the app, which is opened by a link then.
bool is_on_phone(std::string_view source);
/// Of these there is no page to be looked at from elsewhere: another app asks.
bool is_app(std::string_view source);

}  // namespace chopmark::rp
