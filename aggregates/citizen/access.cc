#include "aggregates/citizen/access.h"

#include <algorithm>

#include "aggregates/citizen/draft.h"
#include "aggregates/citizen/state.h"
#include "aggregates/control/state.h"
#include "events/core/limits.h"

namespace chopmark::citizen {
namespace {

Result<const control::AuditQuery*> approved_query(const RecordAccess& command,
                                                  const Context& context) {
    const auto actor = control::acting_staff(context.control, context, schema::STAFF_ROLE_AUDITOR);
    if (!actor) {
        return access_not_permitted;
    }
    const control::AuditQuery* query = control::find_query(context.control, command.query);
    if (query == nullptr || query->standing != control::QueryStanding::approved || !query->boxes ||
        query->asked_by != (*actor)->id.bytes() || context.stamp.recorded_at >= query->until) {
        return access_query_not_approved;
    }
    return query;
}

Result<void> check_delay(const RecordAccess& command, const Context& context) {
    const Instant now = context.stamp.recorded_at;
    if (command.visible_from <= now) {
        return {};
    }
    if (command.visible_from > now + limits::access_hidden_at_most) {
        return access_delay_too_long;
    }
    const auto id = control::CaseId::from_bytes(command.case_id);
    const auto found = id ? context.control.cases->find(*id) : context.control.cases->end();
    if (found == context.control.cases->end() || found->second.closed) {
        return access_delay_without_case;
    }
    return {};
}

Decision decide_one(const State& state, const RecordAccess& command, const Context& context) {
    if (state.account.status == AccountStatus::none) {
        return account_unknown;
    }
    if (state.account.status == AccountStatus::erased) {
        return account_erased;
    }
    CHOPMARK_ASSIGN(const control::AuditQuery* query, approved_query(command, context));
    if (command.opened.empty()) {
        return access_nothing_opened;
    }
    if (command.opened.size() > limits::query_page_rows) {
        return access_too_many;
    }
    if (!schema::Retention_IsValid(command.opened_class) ||
        command.opened_class == schema::RETENTION_UNSPECIFIED) {
        return access_bad_class;
    }
    CHOPMARK_TRY(check_delay(command, context));
    auto event = draft<schema::SubjectAccessed>(context, schema::DONE);
    event.mutable_leaf()->set_opened_class(command.opened_class);
    event.mutable_leaf()->set_opened(static_cast<std::uint32_t>(command.opened.size()));
    auto& link = *event.mutable_link();
    link.set_query_id(command.query.to_bytes());
    link.set_purpose(query->purpose);
    link.set_case_id(command.case_id);
    for (const EventId& opened : command.opened) {
        link.add_opened_event_ids(opened.to_bytes());
    }
    link.set_visible_from_us(std::max(command.visible_from, context.stamp.recorded_at).micros());
    event.mutable_personal()->set_query(command.text.reveal());
    return schema::Event(std::move(event));
}

}  // namespace

Decision decide(const State& state, const AccessCommand& command, const Context& context) {
    return std::visit([&](const auto& one) { return decide_one(state, one, context); }, command);
}

std::vector<EventId> sources(const State&, const AccessCommand&) { return {}; }

}  // namespace chopmark::citizen
