#include "ops/sandbox/caller.h"

#include <fmt/format.h>

namespace chopmark::sandbox {
namespace {

constexpr const char* loopback = "127.0.0.1";
constexpr std::chrono::seconds longest_wait{40};  // longer than the page's question may park
constexpr const char* json_type = "application/json";

}  // namespace

std::string Answer::header(const std::string& name) const {
    const auto at = headers.find(name);
    return at == headers.end() ? std::string() : at->second;
}

std::string Answer::text(const char* name) const {
    if (!json.is_object() || !json.contains(name) || !json.at(name).is_string()) {
        return {};
    }
    return json.at(name).get<std::string>();
}

std::string Answer::reason() const { return text("reason"); }

std::string Answer::summary() const {
    const std::string detail = text("detail");
    return fmt::format("{} {}{}{}", status, reason(), detail.empty() ? "" : ": ", detail);
}

Result<Json> expect_success(const Result<Answer>& answer) {
    if (!answer) {
        return answer.error();
    }
    if (!answer->good()) {
        return Error(call_refused, answer->summary());
    }
    return answer->json;
}

Result<Answer> Caller::get(const std::string& target, const httplib::Headers& headers) const {
    return send("GET", target, {}, headers);
}

Result<Answer> Caller::post(const std::string& target, const std::string& body,
                            const httplib::Headers& headers) const {
    return send("POST", target, body, headers);
}

Result<Answer> Caller::send(const std::string& method, const std::string& target,
                            const std::string& body, const httplib::Headers& headers) const {
    httplib::Client client(loopback, port_);
    client.set_connection_timeout(std::chrono::seconds(5));
    client.set_read_timeout(longest_wait);
    client.set_write_timeout(longest_wait);
    client.set_follow_location(false);
    client.set_url_encode(false);  // targets come encoded: they are under signatures
    if (!from_address_.empty()) {
        client.set_interface(from_address_);
    }
    httplib::Request request;
    request.method = method;
    request.path = target;
    request.headers = headers;
    request.headers.emplace("User-Agent", agent_);
    request.body = body;
    if (method == "POST") {
        request.headers.emplace("Content-Type", json_type);
    }
    const auto response = client.send(request);
    if (!response) {
        return Error(unreachable,
                     fmt::format("port {}: {}", port_, httplib::to_string(response.error())));
    }
    Answer answer;
    answer.status = response->status;
    answer.body = response->body;
    answer.headers = response->headers;
    answer.json = Json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
    if (answer.json.is_discarded()) {
        answer.json = Json();
    }
    return answer;
}

std::string url_encode(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
        if (plain) {
            out.push_back(c);
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

}  // namespace chopmark::sandbox
