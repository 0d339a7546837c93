#include "aggregates/control/audit_query.h"

#include "aggregates/control/state.h"
#include "events/core/limits.h"

namespace chopmark::control {
namespace {

Decision decide_one(const State& state, const AskAuditQuery& command, const Context& context) {
    CHOPMARK_TRY(acting_staff(state, context, schema::STAFF_ROLE_AUDITOR));
    if (command.purpose.empty() || command.purpose.size() > limits::purpose_bytes) {
        return query_no_purpose;
    }
    if (find_query(state, command.query) != nullptr) {
        return query_known;
    }
    if (state.queries->size() >= limits::open_audit_queries) {
        return query_too_many;
    }
    schema::AuditQueryAsked event;
    auto& leaf = *event.mutable_leaf();
    leaf.mutable_head()->set_outcome(schema::DONE);
    leaf.set_kind(command.kind);
    leaf.set_as_of_cut(command.as_of_cut);
    leaf.set_boxes(command.boxes);
    auto& link = *event.mutable_link();
    link.set_query_id(command.query.to_bytes());
    link.set_purpose(command.purpose);
    link.set_case_id(command.case_id);
    link.set_query_digest(command.query_digest.to_bytes());
    event.mutable_personal()->set_query(command.text.reveal());
    return event;
}

/// A question that another member of staff may judge.
Result<const AuditQuery*> judged_by_another(const State& state, const QueryId& query,
                                            const Context& context) {
    CHOPMARK_ASSIGN(const StaffMember* actor,
                    acting_staff(state, context, schema::STAFF_ROLE_PRIVACY_OFFICER));
    const AuditQuery* found = find_query(state, query);
    if (found == nullptr) {
        return query_unknown;
    }
    if (found->standing != QueryStanding::asked) {
        return query_not_open;
    }
    if (actor->id.bytes() == found->asked_by) {
        return query_second_person;
    }
    return found;
}

Decision decide_one(const State& state, const ApproveAuditQuery& command, const Context& context) {
    CHOPMARK_ASSIGN(const AuditQuery* query, judged_by_another(state, command.query, context));
    schema::AuditQueryApproved event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_leaf()->set_kind(query->kind);
    event.mutable_link()->set_query_id(command.query.to_bytes());
    event.mutable_link()->set_until_us((context.stamp.recorded_at + command.life).micros());
    event.mutable_personal()->set_note(command.note.reveal());
    return event;
}

Decision decide_one(const State& state, const RefuseAuditQuery& command, const Context& context) {
    CHOPMARK_ASSIGN(const AuditQuery* query, judged_by_another(state, command.query, context));
    schema::AuditQueryRefused event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::REFUSED);
    event.mutable_leaf()->set_kind(query->kind);
    event.mutable_link()->set_query_id(command.query.to_bytes());
    event.mutable_personal()->set_note(command.note.reveal());
    return event;
}

Decision decide_one(const State& state, const AnswerAuditQuery& command, const Context& context) {
    if (context.command.actor.kind != schema::Party::NODE) {
        return staff_not_permitted;
    }
    const AuditQuery* query = find_query(state, command.query);
    if (query == nullptr) {
        return query_unknown;
    }
    if (query->standing == QueryStanding::refused || query->standing == QueryStanding::answered) {
        return query_not_open;
    }
    schema::AuditQueryAnswered event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_leaf()->set_kind(query->kind);
    event.mutable_leaf()->set_count(command.count);
    event.mutable_link()->set_query_id(command.query.to_bytes());
    event.mutable_link()->set_result_digest(command.result_digest.to_bytes());
    event.mutable_link()->set_subjects(command.subjects);
    return event;
}

/// Which page needs which role is the route's permission; here it matters that somebody stands
/// behind the look who still works here.
Decision decide_one(const State& state, const RecordLook& command, const Context& context) {
    const auto id = StaffId::from_bytes(context.command.actor.id);
    const auto at = id ? state.staff->find(*id) : state.staff->end();
    if (at == state.staff->end() || at->second.roles.empty()) {
        return staff_not_permitted;
    }
    CHOPMARK_TRY(acting_staff(state, context, *at->second.roles.begin()));
    if (command.page.empty() || command.page.size() > limits::purpose_bytes) {
        return query_no_purpose;
    }
    schema::AuditQueryAsked event;
    auto& leaf = *event.mutable_leaf();
    leaf.mutable_head()->set_outcome(schema::DONE);
    leaf.set_kind(schema::QUERY_KIND_SUBJECT);
    leaf.set_boxes(true);
    event.mutable_link()->set_purpose(command.page);
    event.mutable_link()->set_query_digest(command.query_digest.to_bytes());
    event.mutable_personal()->set_query(command.text.reveal());
    return event;
}

}  // namespace

const AuditQuery* find_query(const State& state, const QueryId& query) {
    const auto at = state.queries->find(query);
    return at == state.queries->end() ? nullptr : &at->second;
}

Decision decide(const State& state, const AuditQueryCommand& command, const Context& context) {
    return std::visit([&](const auto& one) { return decide_one(state, one, context); }, command);
}

void evolve(State& state, const schema::AuditQueryAsked& event, const record::Stamp& stamp) {
    const auto id = QueryId::from_bytes(event.link().query_id());
    if (!id) {
        return;  // a look: nothing is owed
    }
    AuditQueries& queries = state.queries.edit();
    // One that nobody answered ends with the time in which it could have been.
    std::erase_if(queries, [&](const auto& row) {
        return row.second.asked_at + limits::audit_query_life < stamp.recorded_at;
    });
    queries[*id] = {*id,
                    event.leaf().kind(),
                    QueryStanding::asked,
                    event.link().head().actor().id(),
                    event.leaf().boxes(),
                    event.link().purpose(),
                    stamp.recorded_at,
                    Instant()};
}

void evolve(State& state, const schema::AuditQueryApproved& event, const record::Stamp&) {
    const auto id = QueryId::from_bytes(event.link().query_id());
    if (id && find_query(state, *id) != nullptr) {
        AuditQuery& query = state.queries.edit().at(*id);
        query.standing = QueryStanding::approved;
        query.until = Instant::from_micros(event.link().until_us());
    }
}

void evolve(State& state, const schema::AuditQueryRefused& event, const record::Stamp&) {
    const auto id = QueryId::from_bytes(event.link().query_id());
    if (id && find_query(state, *id) != nullptr) {
        state.queries.edit().at(*id).standing = QueryStanding::refused;
    }
}

void evolve(State& state, const schema::AuditQueryAnswered& event, const record::Stamp&) {
    const auto id = QueryId::from_bytes(event.link().query_id());
    if (id && find_query(state, *id) != nullptr) {
        state.queries.edit().erase(*id);
    }
}

}  // namespace chopmark::control
