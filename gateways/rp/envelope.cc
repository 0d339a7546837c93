#include "gateways/rp/envelope.h"

#include "gateways/http/problem.h"

namespace chopmark::rp {
namespace {

constexpr std::string_view json_type = "application/json";

}  // namespace

std::string new_tx_id(Entropy& entropy) {
    ByteArray<16> drawn{};
    entropy.fill(drawn);
    return "<T=" + to_hex(view(drawn)) + ">";
}

std::string envelope(std::string_view tx_id, const ReturnCode& code,
                     const nlohmann::ordered_json& content) {
    nlohmann::ordered_json body;
    body["txID"] = tx_id;
    body["code"] = code_text(code.number);
    body["message"] = code.message;
    if (!content.is_null()) {
        body["content"] = content;
    }
    return body.dump();
}

httplib::Response success(Entropy& entropy, const nlohmann::ordered_json& content) {
    httplib::Response response;
    response.status = 200;
    response.set_content(envelope(new_tx_id(entropy), success_code(), content),
                         std::string(json_type));
    return response;
}

httplib::Response failure(Entropy& entropy, const Error& error, Operation operation) {
    httplib::Response response;
    response.status = http_status_of(error);
    if (const auto seconds = http::retry_after_seconds(error.kind());
        seconds && response.status != 200) {
        response.set_header("Retry-After", std::to_string(*seconds));
    }
    response.set_content(envelope(new_tx_id(entropy), return_code(error, operation), nullptr),
                         std::string(json_type));
    return response;
}

}  // namespace chopmark::rp
