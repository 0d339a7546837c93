#include "gateways/rp/profile_values.h"

namespace chopmark::rp {
namespace {

using Json = nlohmann::ordered_json;

Json card_field(std::string_view name, const std::string& text) {
    Json value;
    if (name == "idNo") {
        const std::size_t digits = text.empty() ? 0 : text.size() - 1;
        value["Identification"] = text.substr(0, digits);
        value["CheckDigit"] = text.substr(digits);
    } else if (name == "enName") {
        value["UnstructuredName"] = text;
    } else if (name == "chName") {
        value["ChineseName"] = text;
    } else {
        value = text;
    }
    return value;
}

}  // namespace

void add_field(nlohmann::ordered_json& content, const eme_view::Value& value) {
    switch (value.shape) {
        case eme_view::Shape::text:
            content[value.field] = card_field(value.field, value.value.reveal());
            return;
        case eme_view::Shape::json:
            if (Json parsed = Json::parse(value.value.reveal(), nullptr, false);
                !parsed.is_discarded()) {
                content[value.field] = std::move(parsed);
            }
            return;
        case eme_view::Shape::blob:
            return;
    }
}

}  // namespace chopmark::rp
