// An auditor's question to the log, with its purpose: recorded before the first byte is answered,
// and again after the last (design 5, D4). A question that opens personal boxes may need a second
// person's approval; each box opened is SubjectAccessed in the citizen's own slot. A look of staff
// at a page of people, alerts or cases is such a question too, without the ceremony.
#pragma once

#include <map>
#include <string>
#include <variant>

#include "aggregates/decision.h"

namespace chopmark::control {

using QueryId = OpaqueId<struct QueryIdTag, 16>;
enum class QueryStanding : std::uint8_t { asked = 1, approved = 2, refused = 3, answered = 4 };

struct AuditQuery {
    QueryId id;
    schema::QueryKind kind = schema::QUERY_KIND_UNSPECIFIED;
    QueryStanding standing = QueryStanding::asked;
    Bytes asked_by;
    bool boxes = false;  // opens personal boxes
    std::string purpose;
    Instant asked_at;
    Instant until;  // an approval ends

    static void fields(auto& archive, AuditQuery& row) {
        archive(row.id, row.kind, row.standing, row.asked_by, row.boxes, row.purpose, row.asked_at,
                row.until);
    }
    friend bool operator==(const AuditQuery&, const AuditQuery&) = default;
};
using AuditQueries = std::map<QueryId, AuditQuery>;

inline constexpr Reason query_no_purpose{"audit.no_purpose", Kind::invalid};
inline constexpr Reason query_known{"audit.query_known", Kind::conflict};
inline constexpr Reason query_unknown{"audit.query_unknown", Kind::not_found};
inline constexpr Reason query_not_open{"audit.query_not_open", Kind::refused};
inline constexpr Reason query_second_person{"audit.second_person", Kind::forbidden};
inline constexpr Reason query_too_many{"audit.too_many_open", Kind::busy};

struct AskAuditQuery {
    QueryId query;
    schema::QueryKind kind = schema::QUERY_KIND_UNSPECIFIED;
    std::string purpose;
    Bytes case_id;
    bool boxes = false;
    std::uint64_t as_of_cut = 0;
    Digest query_digest;
    Sensitive<std::string> text;
};
struct ApproveAuditQuery {
    QueryId query;
    Duration life = std::chrono::hours(24);
    Sensitive<std::string> note;
};
struct RefuseAuditQuery {
    QueryId query;
    Sensitive<std::string> note;
};
/// By the node that answered it.
struct AnswerAuditQuery {
    QueryId query;
    std::uint64_t count = 0;
    std::uint64_t subjects = 0;
    Digest result_digest;
};
/// A page of staff that opens boxes of class staff or platform: names, explanations, notes. By
/// whoever looks, before the page is shown; nobody has to approve or answer it, so it has no id.
struct RecordLook {
    std::string page;  // the route's name
    Digest query_digest;
    Sensitive<std::string> text;
};
using AuditQueryCommand =
    std::variant<AskAuditQuery, ApproveAuditQuery, RefuseAuditQuery, AnswerAuditQuery, RecordLook>;

const AuditQuery* find_query(const State& state, const QueryId& query);

Decision decide(const State& state, const AuditQueryCommand& command, const Context& context);
void evolve(State& state, const schema::AuditQueryAsked& event, const record::Stamp& stamp);
void evolve(State& state, const schema::AuditQueryApproved& event, const record::Stamp& stamp);
void evolve(State& state, const schema::AuditQueryRefused& event, const record::Stamp& stamp);
void evolve(State& state, const schema::AuditQueryAnswered& event, const record::Stamp& stamp);

}  // namespace chopmark::control
