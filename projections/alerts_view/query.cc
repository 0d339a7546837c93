#include "projections/alerts_view/query.h"

#include "projections/alerts_view/story.h"
#include "projections/history.h"
#include "projections/newest_first.h"

namespace chopmark::alerts_view {
namespace {

using projections::OpenedRecord;
using projections::Walk;

ByteView prefix_of(const char& tag) { return {&tag, 1}; }

Result<AlertStory> read_story(const fold::Reading& rows, const keys::EventVault& vault,
                              const AlertId& id, projections::Personal personal) {
    AlertStory story(id);
    CHOPMARK_TRY(
        projections::read_history(rows, vault, alert_tag, id.bytes(), personal,
                                  [&](OpenedRecord&& record) { story.add(std::move(record)); }));
    return story;
}

Result<CaseStory> read_story(const fold::Reading& rows, const keys::EventVault& vault,
                             const CaseId& id, projections::Personal personal) {
    CaseStory story(id);
    CHOPMARK_TRY(
        projections::read_history(rows, vault, case_tag, id.bytes(), personal,
                                  [&](OpenedRecord&& record) { story.add(std::move(record)); }));
    return story;
}

bool answers(const Alert& alert, const AlertQuestion& question) {
    const auto& entity = alert.raised.link().entity();
    return (question.standings.empty() || question.standings.contains(alert.standing)) &&
           alert.raised.leaf().severity() >= question.at_least &&
           (question.rule.empty() || alert.raised.leaf().rule() == question.rule) &&
           (!question.entity ||
            (question.entity->kind() == entity.kind() && question.entity->id() == entity.id())) &&
           (!question.until || alert.changed_at < *question.until);
}

bool answers(const Case& one, const CaseQuestion& question) {
    return (!question.closed || one.closed == *question.closed) &&
           (question.kind.empty() || one.opened.leaf().kind() == question.kind) &&
           (!question.alert || one.opened.link().alert_id() == question.alert->bytes());
}

}  // namespace

Result<projections::Page<Alert>> read_alerts(const fold::Reading& rows,
                                             const keys::EventVault& vault,
                                             const AlertQuestion& question,
                                             const projections::PageRequest& page) {
    const auto look = [&](ByteView key, ByteView value, std::vector<Alert>& items) -> Result<Walk> {
        CHOPMARK_ASSIGN(const auto time, fold::decode_row<TimeRow>(value));
        CHOPMARK_ASSIGN(const auto story,
                        read_story(rows, vault, AlertId::from_bytes(time.id).value_or(AlertId()),
                                   question.personal));
        const Alert* alert = story.told();
        // An alert is shown once, where its newest record stands.
        if (alert == nullptr || alert->changed != projections::sequence_of_newest_first(key)) {
            return Walk::on;
        }
        if (question.from && alert->changed_at < *question.from) {
            return Walk::end;
        }
        if (answers(*alert, question)) {
            items.push_back(*alert);
        }
        return Walk::on;
    };
    return projections::read_page<Alert>(rows, "alerts", prefix_of(alert_time_tag), page, look);
}

Result<AlertHistory> read_alert(const fold::Reading& rows, const keys::EventVault& vault,
                                const AlertId& id, projections::Personal personal) {
    CHOPMARK_ASSIGN(auto story, read_story(rows, vault, id, personal));
    if (story.told() == nullptr) {
        return no_such_alert;
    }
    Alert alert = *story.told();
    return AlertHistory{std::move(alert), std::move(story).take_records()};
}

Result<std::vector<AlertChange>> read_changes(const fold::Reading& rows,
                                              const keys::EventVault& vault,
                                              std::optional<Sequence> after,
                                              projections::Personal personal) {
    fold::KeyRange range = fold::KeyRange::prefix(prefix_of(alert_time_tag));
    if (after) {
        range.end = Bytes(1, alert_time_tag);
        projections::append_newest_first(range.end, *after);
    }
    std::vector<AlertChange> changes;
    const auto row = rows.scan(range, fold::Direction::backward);
    for (; row->valid() && changes.size() < limits::query_page_rows; row->next()) {
        CHOPMARK_ASSIGN(const auto time, fold::decode_row<TimeRow>(row->value()));
        const Sequence at = projections::sequence_of_newest_first(row->key());
        CHOPMARK_ASSIGN(
            auto story,
            read_story(rows, vault, AlertId::from_bytes(time.id).value_or(AlertId()), personal));
        if (story.told() == nullptr) {
            continue;
        }
        const Alert alert = *story.told();
        for (OpenedRecord& record : std::move(story).take_records()) {
            if (record.prelude.sequence == at) {
                changes.push_back({at, alert, std::move(record)});
            }
        }
    }
    CHOPMARK_TRY(row->status());
    return changes;
}

Result<projections::Page<Case>> read_cases(const fold::Reading& rows, const keys::EventVault& vault,
                                           const CaseQuestion& question,
                                           const projections::PageRequest& page) {
    const auto look = [&](ByteView key, ByteView value, std::vector<Case>& items) -> Result<Walk> {
        CHOPMARK_ASSIGN(const auto time, fold::decode_row<TimeRow>(value));
        CHOPMARK_ASSIGN(const auto story,
                        read_story(rows, vault, CaseId::from_bytes(time.id).value_or(CaseId()),
                                   question.personal));
        const Case* one = story.told();
        if (one != nullptr && one->changed == projections::sequence_of_newest_first(key) &&
            answers(*one, question)) {
            items.push_back(*one);
        }
        return Walk::on;
    };
    return projections::read_page<Case>(rows, "cases", prefix_of(case_time_tag), page, look);
}

Result<CaseHistory> read_case(const fold::Reading& rows, const keys::EventVault& vault,
                              const CaseId& id, projections::Personal personal) {
    CHOPMARK_ASSIGN(auto story, read_story(rows, vault, id, personal));
    if (story.told() == nullptr) {
        return no_such_case;
    }
    Case told = *story.told();
    return CaseHistory{std::move(told), std::move(story).take_records()};
}

Result<projections::Page<Rule>> read_rules(const fold::Reading& rows,
                                           const projections::PageRequest& page) {
    const auto look = [](ByteView key, ByteView value, std::vector<Rule>& items) -> Result<Walk> {
        CHOPMARK_ASSIGN(auto row, fold::decode_row<RuleRow>(value));
        items.push_back({std::string(key.substr(1)), std::move(row)});
        return Walk::on;
    };
    return projections::read_page<Rule>(rows, "rules", prefix_of(rule_tag), page, look);
}

}  // namespace chopmark::alerts_view
