// Where the values of a citizen's profile are: for each field the event that set it, and those
// events' records, sealed. The six card fields come from the registration or the last upgrade,
// the e-ME fields from what the citizen set. Records that are no longer current stay: a consent
// pins its sources, and what was granted is what is released (design 12, A18). All of it is of
// class identity, so nothing here expires. Values are in no row: query.h opens them.
//
//   profile row = slot:u16 account:16 → ProfileRow
//   source row  = slot:u16 account:16 event_id:16 → record row              (record_row.h)
//   person row                                                        (citizen_rows.h)
//
// SubjectErased removes all three; nothing stays.
#pragma once

#include <map>

#include "events/fold/row_codec.h"
#include "events/fold/view.h"

namespace chopmark::eme_view {

struct ProfileRow {
    bool enabled = false;       // the e-ME part; card fields need no consent to be kept
    std::uint64_t version = 0;  // changes so far; consents name it
    EventId card_source;        // AccountRegistered, or the last AccountUpgraded
    std::map<std::string, EventId> field_sources;  // e-ME field → its ProfileFieldsSet

    static void fields(auto& archive, ProfileRow& row) {
        archive(row.enabled, row.version, row.card_source, row.field_sources);
    }
    friend bool operator==(const ProfileRow&, const ProfileRow&) = default;
};

/// idNo, enName, chName, chNameVerified, birthDate, gender (facts/iamsmart-api.md 6.2).
bool is_card_field(std::string_view field);

Bytes profile_key(const AccountId& account);
Bytes source_key(const AccountId& account, const EventId& source);

class EmeView final : public fold::View {
  public:
    static constexpr std::string_view view_name = "eme_view";

    [[nodiscard]] std::string_view name() const override { return view_name; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] fold::Scope scope() const override { return fold::Scope::slots; }
    [[nodiscard]] bool wants(record::TypeNumber type) const override;
    Result<void> apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const override;
};

}  // namespace chopmark::eme_view
