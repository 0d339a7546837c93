#include "projections/eme_view/query.h"

#include "projections/record_row.h"

namespace chopmark::eme_view {
namespace {

/// Empty for a field that this card does not have.
std::string card_value(const schema::CardFacts& card, std::string_view field) {
    if (field == "idNo") {
        return card.number();
    }
    if (field == "enName") {
        return card.english_name();
    }
    if (field == "chName") {
        return card.chinese_name();
    }
    if (field == "chNameVerified") {
        return card.chinese_name_verified() ? card.chinese_name() : "";
    }
    if (field == "birthDate") {
        return card.birth_date();
    }
    return field == "gender" ? card.sex() : "";
}

const schema::CardFacts* card_of(const schema::Event& event) {
    if (const auto* registered = std::get_if<schema::AccountRegistered>(&event)) {
        return &registered->personal().card();
    }
    const auto* upgraded = std::get_if<schema::AccountUpgraded>(&event);
    return upgraded != nullptr ? &upgraded->personal().card() : nullptr;
}

/// The value that `event` gave the field, if it gave one.
std::optional<Value> value_in(const schema::Event& event, const Pin& pin, Instant recorded_at) {
    if (const schema::CardFacts* card = card_of(event)) {
        std::string text = is_card_field(pin.field) ? card_value(*card, pin.field) : "";
        if (text.empty()) {
            return std::nullopt;
        }
        return Value{pin.field,
                     pin.source,
                     Shape::text,
                     Sensitive(std::move(text)),
                     schema::FieldValue::SOURCE_CARD,
                     recorded_at};
    }
    if (const auto* set = std::get_if<schema::ProfileFieldsSet>(&event)) {
        for (const schema::FieldValue& value : set->personal().values()) {
            if (value.name() == pin.field) {
                const bool blob = !value.blob_digest().empty();
                return Value{
                    pin.field,
                    pin.source,
                    blob ? Shape::blob : Shape::json,
                    Sensitive(blob ? value.blob_digest() : value.json()),
                    value.source(),
                    value.set_at_us() != 0 ? Instant::from_micros(value.set_at_us()) : recorded_at};
            }
        }
    }
    return std::nullopt;
}

}  // namespace

Result<ProfileRow> read_profile(const fold::Reading& rows, const AccountId& account) {
    CHOPMARK_ASSIGN(const auto bytes, rows.get(profile_key(account)));
    if (!bytes) {
        return no_such_profile;
    }
    return fold::decode_row<ProfileRow>(*bytes);
}

std::vector<Pin> pins_of(const ProfileRow& profile, std::span<const std::string> fields) {
    std::vector<Pin> pins;
    for (const std::string& field : fields) {
        if (is_card_field(field)) {
            pins.push_back({field, profile.card_source});
        } else if (const auto source = profile.field_sources.find(field);
                   source != profile.field_sources.end()) {
            pins.push_back({field, source->second});
        }
    }
    return pins;
}

Result<std::vector<Value>> read_values(const fold::Reading& rows, const keys::EventVault& vault,
                                       const AccountId& account, std::span<const Pin> pins) {
    std::map<EventId, std::pair<record::Prelude, schema::Event>> opened;  // each source once
    std::vector<Value> values;
    for (const Pin& pin : pins) {
        auto source = opened.find(pin.source);
        if (source == opened.end()) {
            CHOPMARK_ASSIGN(const auto bytes, rows.get(source_key(account, pin.source)));
            if (!bytes) {
                return no_such_source;
            }
            CHOPMARK_ASSIGN(const auto row, fold::decode_row<projections::RecordRow>(*bytes));
            CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(row.record.leaf));
            CHOPMARK_ASSIGN(auto event, vault.open_personal(row.record));
            source = opened.emplace(pin.source, std::pair(prelude, std::move(event))).first;
        }
        auto value = value_in(source->second.second, pin, source->second.first.recorded_at);
        if (value) {
            values.push_back(*std::move(value));
        }
    }
    return values;
}

}  // namespace chopmark::eme_view
