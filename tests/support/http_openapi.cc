#include "tests/support/http_openapi.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "gateways/http/json_schema.h"

namespace chopmark::http_test {
namespace {

using Json = nlohmann::json;

std::vector<std::string> split(const std::string& path) {
    std::vector<std::string> out;
    std::istringstream stream(path);
    for (std::string segment; std::getline(stream, segment, '/');) {
        out.push_back(segment);
    }
    return out;
}

bool fits(const std::string& path_template, const std::string& path) {
    const auto wanted = split(path_template);
    const auto given = split(path);
    if (wanted.size() != given.size()) {
        return false;
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (wanted[i] != given[i] && !wanted[i].starts_with('{')) {
            return false;
        }
    }
    return true;
}

/// The literal path if there is one, else the first template that fits.
const Json* path_item(const Json& document, const std::string& path) {
    const Json& paths = document.at("paths");
    if (paths.contains(path)) {
        return &paths.at(path);
    }
    for (const auto& entry : paths.items()) {
        if (fits(entry.key(), path)) {
            return &entry.value();
        }
    }
    return nullptr;
}

void hold(const std::string& schema, const Json& value, const std::string& what,
          std::vector<std::string>& found) {
    const Json parsed = Json::parse(schema, nullptr, false);
    const auto sound = http::check_schema(parsed, Json::object());
    if (!sound) {
        found.push_back(what + ": the schema: " + sound.error().detail);
        return;
    }
    for (const std::string& one : http::schema_violations(parsed, value, Json::object())) {
        found.push_back(what + " " + one);
    }
}

std::string bare_type(const std::string& content_type) {
    return content_type.substr(0, content_type.find(';'));
}

}  // namespace

std::vector<std::string> openapi_violations(const std::string& document, std::string_view method,
                                            std::string_view path, const Seen& answer) {
    const Json root = Json::parse(document, nullptr, false);
    if (root.is_discarded() || !root.contains("paths")) {
        return {"the document is not OpenAPI"};
    }
    const Json* item = path_item(root, std::string(path.substr(0, path.find('?'))));
    std::string verb(method);
    for (char& c : verb) {
        c = static_cast<char>(c | 0x20);
    }
    if (item == nullptr || !item->contains(verb)) {
        return {"no operation " + std::string(method) + " " + std::string(path)};
    }
    const Json& responses = item->at(verb).at("responses");
    const std::string status = std::to_string(answer.status);
    if (!responses.contains(status) && answer.status < 400) {
        return {"status " + status + " is not documented"};
    }
    const Json& response = responses.at(responses.contains(status) ? status : "default");
    if (!response.contains("content")) {
        return answer.body.empty() ? std::vector<std::string>()
                                   : std::vector<std::string>{"a body where none is documented"};
    }
    const std::string type = bare_type(answer.field("content-type"));
    if (!response.at("content").contains(type)) {
        return {"content type " + type + " is not documented for " + status};
    }
    const Json& media = response.at("content").at(type);
    if (!media.contains("schema")) {
        return {};
    }
    const Json body = Json::parse(answer.body, nullptr, false);
    if (body.is_discarded()) {
        return {"the body is not JSON"};
    }
    return http::schema_violations(media.at("schema"), body, root.at("components").at("schemas"));
}

std::vector<std::string> row_violations(const http::Route& row, const Json& request, int status,
                                        const Json& answer) {
    std::vector<std::string> found;
    if (status >= 400 || status == 0) {
        return found;  // problem+json, or whatever the row's own renderer says
    }
    const auto documented =
        std::find_if(row.answers.begin(), row.answers.end(),
                     [&](const http::Answer& one) { return one.status == status; });
    if (documented == row.answers.end()) {
        found.push_back("status " + std::to_string(status) + " is not documented");
    } else if (!documented->schema.empty()) {
        hold(documented->schema, answer, "answer", found);
    }
    if (!row.request_schema.empty()) {
        hold(row.request_schema, request, "request", found);
    }
    return found;
}

void expect_promised(const http::Route& row, const std::string& request, int status,
                     const Json& answer) {
    for (const std::string& one :
         row_violations(row, Json::parse(request, nullptr, false), status, answer)) {
        ADD_FAILURE() << row.name << ": " << one;
    }
}

}  // namespace chopmark::http_test
