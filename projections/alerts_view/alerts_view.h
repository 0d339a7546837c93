// What detection raised and people made of it: alerts and cases with all that is recorded about
// them, and which rules are switched on. Every alert and case event is kept as a sealed record, in
// the history of its alert or case, and pointed to by a row in the order of time; how an alert
// stands is told from its history (query.h). So PeriodExpired takes exactly the rows of its period
// and what is left is what a rebuild would make. Rules are of class platform: one row each.
//
//   alert row  = "a" alert:32 sequence:u64 → record row                     (record_row.h)
//   alert time = "n" newest_first:u64 → retention:u8 period:u32 alert       ; alert: length:u32
//   bytes case row   = "c" case:16 sequence:u64 → record row case time  = "m" newest_first:u64 →
//   retention:u8 period:u32 case rule row   = "r" name → RuleRow
//
// An alert may name an account by its pseudonym. That stays after the person's erasure, as link
// boxes do (design 12), until the staff period is over; what the alert's explanation said of her is
// a personal box, and opens as long as its key is there.
#pragma once

#include <map>

#include "events/fold/row_codec.h"
#include "events/fold/view.h"
#include "events/keys/period.h"

namespace chopmark::alerts_view {

using CaseId = OpaqueId<struct CaseIdTag, 16>;

/// Points to the history that grew.
struct TimeRow {
    schema::Retention retention{};
    keys::Period period;
    Bytes id;  // of the alert or case

    static void fields(auto& archive, TimeRow& row) { archive(row.retention, row.period, row.id); }
    friend bool operator==(const TimeRow&, const TimeRow&) = default;
};

struct RuleRow {
    bool on = false;
    std::uint32_t version = 0;
    std::map<std::string, std::string> settings;
    Instant changed_at;

    static void fields(auto& archive, RuleRow& row) {
        archive(row.on, row.version, row.settings, row.changed_at);
    }
    friend bool operator==(const RuleRow&, const RuleRow&) = default;
};

inline constexpr char alert_tag = 'a';
inline constexpr char alert_time_tag = 'n';
inline constexpr char case_tag = 'c';
inline constexpr char case_time_tag = 'm';
inline constexpr char rule_tag = 'r';

class AlertsView final : public fold::View {
  public:
    static constexpr std::string_view view_name = "alerts_view";

    [[nodiscard]] std::string_view name() const override { return view_name; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] fold::Scope scope() const override { return fold::Scope::control; }
    [[nodiscard]] bool wants(record::TypeNumber type) const override;
    Result<void> apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const override;
};

}  // namespace chopmark::alerts_view
