// Words to write a gateway's schemas with, and the table that puts them to its rows. A schema says
// what a handler reads and answers, with the bounds it holds callers to; a test holds every answer
// of the gateways' own tests against them. Objects in answers are closed, so that a member nobody
// documented is found; objects in requests are open, since unknown members are read over. Pure.
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "gateways/http/route.h"

namespace chopmark::http::words {

using Json = nlohmann::json;

/// A name that ends in '?' may be absent.
using Member = std::pair<std::string, Json>;
using Members = std::vector<Member>;

Json open(const Members& members);
Json closed(const Members& members);

/// `bytes` in lower-case hexadecimal; ids have 16, digests 32.
Json hex(std::size_t bytes);
inline Json id() { return hex(16); }
inline Json digest() { return hex(32); }
/// Hexadecimal of any length, perhaps empty.
Json hex_text();
/// Standard Base64 with padding of at most so many bytes.
Json base64(std::size_t most_bytes);
Json base64();
/// Milliseconds since 1970.
Json millis();
/// Not empty, and at most so many characters.
Json text(std::size_t longest);
/// Any text.
Json text();
Json number(std::int64_t least, std::int64_t most);
/// Not negative.
Json number();
Json flag();
Json one_of(std::initializer_list<const char*> names);
Json list(Json item);
/// Or null.
Json maybe(Json schema);
Json anything();
/// Members of any name.
Json map_of(Json value);

/// What every command answers: `event`, `recorded_at`, and these.
Json receipt(Members members = {});
/// {"items": […], "next": cursor or null}
Json page(Json item);

struct RowSchema {
    const char* name;  // of the row
    Json request;      // null: no body
    Json answer;       // null: the row says it by itself
    std::vector<QueryParam> query{};
};
/// Of a request without members.
Json nothing();
QueryParam parameter(const char* name, const Json& schema, const char* description);
/// `cursor` and `limit`, and these.
std::vector<QueryParam> paged(std::vector<QueryParam> more = {});

/// Puts the table to the rows of the same names.
void describe(std::vector<Route>& rows, const std::vector<RowSchema>& table);

}  // namespace chopmark::http::words
