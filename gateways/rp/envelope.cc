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

nlohmann::ordered_json envelope(std::string_view tx_id, Family family, const ReturnCode& code,
                                const nlohmann::ordered_json& content) {
    nlohmann::ordered_json body;
    body["txID"] = tx_id;
    body["code"] = code_text(family, code.number);
    if (family == Family::corp_id) {
        body["msg"] = code.number == 0 ? std::string() : code.message;
    }
    body["message"] = code.message;
    if (!content.is_null()) {
        body["content"] = content;
    }
    return body;
}

httplib::Response success(Entropy& entropy, Family family, const nlohmann::ordered_json& content) {
    httplib::Response response;
    response.status = 200;
    response.set_content(envelope(new_tx_id(entropy), family, success_code(), content).dump(),
                         std::string(json_type));
    return response;
}

httplib::Response failure(Entropy& entropy, Family family, const Error& error,
                          Operation operation) {
    httplib::Response response;
    response.status = http_status_of(error);
    if (const auto seconds = http::retry_after_seconds(error.kind());
        seconds && response.status != 200) {
        response.set_header("Retry-After", std::to_string(*seconds));
    }
    const auto code = return_code(error, operation);
    response.set_content(envelope(new_tx_id(entropy), family, code, nullptr).dump(),
                         std::string(json_type));
    return response;
}

httplib::Response failure(Entropy& entropy, Family family, const ReturnCode& code) {
    httplib::Response response;
    response.status = 200;
    response.set_content(envelope(new_tx_id(entropy), family, code, nullptr).dump(),
                         std::string(json_type));
    return response;
}

}  // namespace chopmark::rp
