#include "gateways/rp/profile_values.h"

#include "gateways/service/queries.h"

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

eme_view::Pin pin_of(const schema::FieldSource& source) {
    return {source.field(), EventId::from_bytes(source.event_id()).value_or(EventId())};
}

Result<void> add_values(nlohmann::ordered_json& content, const Ports& ports,
                        const AccountId& account, std::span<const eme_view::Pin> pins) {
    CHOPMARK_ASSIGN(const fold::Reading rows, ports.queries.any(eme_view::EmeView::view_name));
    CHOPMARK_ASSIGN(const auto values, eme_view::read_values(rows, ports.vault, account, pins));
    for (const eme_view::Value& value : values) {
        add_field(content, value);
    }
    return {};
}

}  // namespace chopmark::rp
