#include "aggregates/control/state.h"
#include "gateways/audit/audit_routes.h"

namespace chopmark::audit {
namespace {

using service::Json;

constexpr std::uint32_t longest_approval_hours = 24 * 7;  // as long as a question stays open

std::string_view name_of(control::QueryStanding standing) {
    switch (standing) {
        case control::QueryStanding::asked:
            return "asked";
        case control::QueryStanding::approved:
            return "approved";
        case control::QueryStanding::refused:
            return "refused";
        case control::QueryStanding::answered:
            return "answered";
    }
    return {};
}

std::string_view name_of(schema::QueryKind kind) {
    switch (kind) {
        case schema::QUERY_KIND_RECORDS:
            return "records";
        case schema::QUERY_KIND_SUBJECT:
            return "subject";
        case schema::QUERY_KIND_RELYING_PARTY:
            return "relying_party";
        case schema::QUERY_KIND_STATISTICS:
            return "statistics";
        case schema::QUERY_KIND_EXPORT:
            return "export";
        default:
            return {};
    }
}

Json query_to_json(const control::AuditQuery& query) {
    const bool approved = query.standing == control::QueryStanding::approved;
    return {{"query", query.id.hex()},
            {"kind", name_of(query.kind)},
            {"standing", name_of(query.standing)},
            {"asked_by", to_hex(query.asked_by)},
            {"boxes", query.boxes},
            {"purpose", query.purpose},
            {"asked_at", query.asked_at.millis()},
            {"until_at", approved ? Json(query.until.millis()) : Json()}};
}

Result<control::Command> approve(const http::Call& call, const Json& body) {
    control::ApproveAuditQuery command;
    CHOPMARK_ASSIGN(command.query, service::path_id<control::QueryId>(call, "query"));
    if (service::has(body, "hours")) {
        CHOPMARK_ASSIGN(const std::uint32_t hours, service::count_or_zero(body, "hours"));
        if (hours == 0 || hours > longest_approval_hours) {
            return Error(service::json_member, "hours");
        }
        command.life = std::chrono::hours(hours);
    }
    CHOPMARK_ASSIGN(command.note, service::note_of(body));
    return control::Command(control::AuditQueryCommand(std::move(command)));
}

Result<control::Command> refuse(const http::Call& call, const Json& body) {
    control::RefuseAuditQuery command;
    CHOPMARK_ASSIGN(command.query, service::path_id<control::QueryId>(call, "query"));
    CHOPMARK_ASSIGN(command.note, service::note_of(body));
    return control::Command(control::AuditQueryCommand(std::move(command)));
}

}  // namespace

Routes judgement_routes(const Ports& ports, const service::StaffCalls& calls) {
    const std::string all = "/audit/v1/queries";
    Routes rows;
    rows.push_back(service::staff_route(
        "GET", all, "audit.query.list", "audit.queries.read",
        "Questions that are asked or approved and not answered.",
        [&control = ports.control](const http::CallPtr&, http::Reply reply) {
            const control::SnapshotPtr now = control.latest();
            Json items = Json::array();
            for (const auto& [id, query] : *now->state->queries) {
                items.push_back(query_to_json(query));
            }
            reply.send(service::json_response({{"items", std::move(items)}, {"next", Json()}}));
        }));
    rows.push_back(calls.command_row(
        all + "/{query}/approve", "audit.query.approve", "audit.queries.judge",
        "Approves a question that opens personal boxes, asked by somebody else.", approve));
    rows.push_back(calls.command_row(all + "/{query}/refuse", "audit.query.refuse",
                                     "audit.queries.judge", "Refuses a question.", refuse));
    return rows;
}

}  // namespace chopmark::audit
