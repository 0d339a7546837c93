#include "gateways/http/schema_words.h"

#include <algorithm>

#include "events/core/limits.h"

namespace chopmark::http::words {
namespace {

Json object_of(const Members& members, bool with_others) {
    Json properties = Json::object();
    Json required = Json::array();
    for (const auto& [name, value] : members) {
        const bool optional = name.ends_with('?');
        const std::string bare = optional ? name.substr(0, name.size() - 1) : name;
        properties[bare] = value;
        if (!optional) {
            required.push_back(bare);
        }
    }
    Json out = {{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) {
        out["required"] = std::move(required);
    }
    if (!with_others) {
        out["additionalProperties"] = false;
    }
    return out;
}

}  // namespace

Json open(const Members& members) { return object_of(members, true); }
Json closed(const Members& members) { return object_of(members, false); }

Json hex(std::size_t bytes) {
    return {{"type", "string"}, {"pattern", "^[0-9a-f]{" + std::to_string(2 * bytes) + "}$"}};
}

Json hex_text() { return {{"type", "string"}, {"pattern", "^([0-9a-f]{2})*$"}}; }

Json base64(std::size_t most_bytes) {
    Json out = base64();
    out["maxLength"] = (most_bytes + 2) / 3 * 4;
    return out;
}

Json base64() { return {{"type", "string"}, {"contentEncoding", "base64"}}; }

Json millis() {
    Json out = number();
    out["description"] = "milliseconds since 1970";
    return out;
}

Json text(std::size_t longest) {
    return {{"type", "string"}, {"minLength", 1U}, {"maxLength", longest}};
}

Json text() { return {{"type", "string"}}; }

Json number(std::int64_t least, std::int64_t most) {
    return {{"type", "integer"}, {"minimum", least}, {"maximum", most}};
}

Json number() { return {{"type", "integer"}, {"minimum", 0}}; }

Json flag() { return {{"type", "boolean"}}; }

Json one_of(std::initializer_list<const char*> names) {
    Json out = {{"type", "string"}, {"enum", Json::array()}};
    for (const char* name : names) {
        out["enum"].push_back(name);
    }
    return out;
}

Json list(Json item) { return {{"type", "array"}, {"items", std::move(item)}}; }

Json maybe(Json schema) {
    schema["type"] = Json::array({schema.at("type"), "null"});
    if (schema.contains("enum")) {
        schema["enum"].push_back(nullptr);
    }
    return schema;
}

Json anything() { return Json::object(); }

Json map_of(Json value) { return {{"type", "object"}, {"additionalProperties", std::move(value)}}; }

Json receipt(Members members) {
    members.emplace_back("event", id());
    members.emplace_back("recorded_at", millis());
    return closed(members);
}

Json page(Json item) { return closed({{"items", list(std::move(item))}, {"next", maybe(text())}}); }

Json nothing() { return open({}); }

QueryParam parameter(const char* name, const Json& schema, const char* description) {
    return {name, false, schema.dump(), description};
}

std::vector<QueryParam> paged(std::vector<QueryParam> more) {
    const std::size_t longest = 2 * limits::query_cursor_bytes;
    more.push_back(parameter("cursor", {{"type", "string"}, {"maxLength", longest}},
                             "`next` of the page before; empty: the first page"));
    // No maximum: to ask for more than a page holds is no mistake, and is answered with a page.
    const std::string most = std::to_string(limits::query_page_rows);
    more.push_back(parameter("limit", {{"type", "integer"}, {"minimum", 1}},
                             ("of items; " + most + " unless given, and never more").c_str()));
    return more;
}

void describe(std::vector<Route>& rows, const std::vector<RowSchema>& table) {
    for (Route& row : rows) {
        const auto at = std::find_if(table.begin(), table.end(), [&](const RowSchema& entry) {
            return row.name == entry.name;
        });
        if (at == table.end()) {
            continue;
        }
        row.request_schema = at->request.is_null() ? std::string() : at->request.dump();
        if (!at->query.empty()) {
            row.query = at->query;
        }
        if (at->answer.is_null()) {
            continue;
        }
        if (row.answers.empty()) {
            row.answers.push_back({200, "", "application/json", ""});
        }
        row.answers.front().schema = at->answer.dump();
    }
}

}  // namespace chopmark::http::words
