#include "projections/eme_view/eme_view.h"

#include <algorithm>
#include <array>

#include "projections/citizen_rows.h"
#include "projections/event_cases.h"
#include "projections/record_row.h"

namespace chopmark::eme_view {
namespace {

constexpr std::array<std::string_view, 6> card_fields = {"idNo",           "enName",    "chName",
                                                         "chNameVerified", "birthDate", "gender"};

/// What each event does to the profile row, and whether values are to be found in its record.
struct Changes {
    ProfileRow& row;
    const EventId& event_id;
    bool is_source = false;

    void operator()(const schema::AccountRegistered&) { take_card(); }
    void operator()(const schema::AccountUpgraded&) { take_card(); }
    void operator()(const schema::AccountClosed&) { end(); }
    void operator()(const schema::ProfileEnabled&) {
        row.enabled = true;
        ++row.version;
    }
    void operator()(const schema::ProfileFieldsSet& event) {
        for (const std::string& field : event.leaf().field_names()) {
            row.field_sources[field] = event_id;
        }
        ++row.version;
        is_source = true;
    }
    void operator()(const schema::ProfileFieldsCleared& event) {
        for (const std::string& field : event.leaf().field_names()) {
            row.field_sources.erase(field);
        }
        ++row.version;
    }
    void operator()(const schema::ProfileDisabled&) { end(); }

    void take_card() {
        row.card_source = event_id;
        is_source = true;
    }
    void end() {
        row.enabled = false;
        row.field_sources.clear();
        ++row.version;
    }
};

}  // namespace

bool is_card_field(std::string_view field) {
    return std::find(card_fields.begin(), card_fields.end(), field) != card_fields.end();
}

Bytes profile_key(const AccountId& account) { return projections::account_prefix(account); }

Bytes source_key(const AccountId& account, const EventId& source) {
    return projections::account_prefix(account) + source.to_bytes();
}

bool EmeView::wants(record::TypeNumber type) const {
    return type == schema::info<schema::SubjectErased>().type ||
           projections::handles<Changes>(type);
}

Result<void> EmeView::apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const {
    if (std::holds_alternative<schema::SubjectErased>(event.event())) {
        return projections::erase_person(event, rows);
    }
    const auto account = projections::account_of(event);
    if (!account) {
        return {};
    }
    ProfileRow row;
    if (std::holds_alternative<schema::AccountRegistered>(event.event())) {
        CHOPMARK_TRY(projections::note_account(event, rows));
    } else {
        CHOPMARK_ASSIGN(const auto bytes, rows.get(profile_key(*account)));
        if (!bytes) {
            return {};  // erased
        }
        CHOPMARK_ASSIGN(row, fold::decode_row<ProfileRow>(*bytes));
    }
    Changes changes{row, event.prelude().event_id};
    projections::dispatch(changes, event.event());
    rows.put(profile_key(*account), fold::encode_row(row));
    if (changes.is_source) {
        rows.put(source_key(*account, event.prelude().event_id),
                 fold::encode_row(projections::record_row(event)));
    }
    return {};
}

}  // namespace chopmark::eme_view
