#include "projections/alerts_view/alerts_view.h"

#include "projections/event_cases.h"
#include "projections/history.h"
#include "projections/newest_first.h"

namespace chopmark::alerts_view {
namespace {

/// Where each event belongs.
struct Cases {
    const fold::OpenedEvent& event;
    fold::RowBatch& rows;
    Result<void> done{};

    void operator()(const schema::AlertRaised& message) { alert(message); }
    void operator()(const schema::AlertAcknowledged& message) { alert(message); }
    void operator()(const schema::AlertClosed& message) { alert(message); }
    void operator()(const schema::CaseOpened& message) { add_to_case(message); }
    void operator()(const schema::CaseNoted& message) { add_to_case(message); }
    void operator()(const schema::CaseClosed& message) { add_to_case(message); }
    void operator()(const schema::RuleSwitchedOn& message) { rule(message, true); }
    void operator()(const schema::RuleSwitchedOff& message) { rule(message, false); }
    void operator()(const schema::PeriodExpired& message) {
        for (const char tag : {alert_tag, alert_time_tag, case_tag, case_time_tag}) {
            const auto erased = projections::erase_period(
                rows, fold::KeyRange::prefix(ByteView(&tag, 1)), message.leaf().expired_class(),
                keys::Period(message.leaf().expired_period()));
            if (!erased) {
                done = erased.error();
                return;
            }
        }
    }

    void alert(const auto& message) {
        if (const auto id = AlertId::from_bytes(message.link().alert_id())) {
            add(alert_tag, alert_time_tag, id->bytes(), message.leaf().head());
        }
    }
    void add_to_case(const auto& message) {
        if (const auto id = CaseId::from_bytes(message.link().case_id())) {
            add(case_tag, case_time_tag, id->bytes(), message.leaf().head());
        }
    }
    void add(char history_tag, char time_tag, ByteView id, const schema::LeafHead& head) {
        projections::put_history(history_tag, id, event, rows);
        Bytes key(1, time_tag);
        projections::append_newest_first(key, event.prelude().sequence);
        rows.put(std::move(key), fold::encode_row(TimeRow{head.retention(),
                                                          keys::Period(head.period()), Bytes(id)}));
    }
    void rule(const auto& message, bool on) {
        RuleRow row;
        row.on = on;
        row.version = message.leaf().rule_version();
        row.changed_at = event.prelude().recorded_at;
        if constexpr (requires { message.leaf().settings(); }) {
            for (const schema::Setting& setting : message.leaf().settings()) {
                row.settings[setting.name()] = setting.value();
            }
        }
        rows.put(rule_tag + message.leaf().rule(), fold::encode_row(row));
    }
};

}  // namespace

bool AlertsView::wants(record::TypeNumber type) const { return projections::handles<Cases>(type); }

Result<void> AlertsView::apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const {
    Cases cases{event, rows};
    projections::dispatch(cases, event.event());
    return cases.done;
}

}  // namespace chopmark::alerts_view
