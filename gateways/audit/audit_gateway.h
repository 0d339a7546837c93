// What auditors speak to, as JSON under /audit/v1: the log of a citizen, leaves of a partition, the
// sizes and roots of the trees, and the proof that an event is in them. Every question has a
// purpose. It is recorded before anything is read (AuditQueryAsked) and again, with count and
// digest of the answer, before that is handed out (AuditQueryAnswered): nobody has seen what the
// log does not say. A question that opens personal boxes waits for a privacy officer's approval,
// and each box opened is SubjectAccessed in the citizen's slot first (design 5, D4).
//
// A question's id follows from who asks, the Idempotency-Key and the body: to get the answer to an
// approved question, send the same request again.
//
//   query id = first 16 bytes of SHA-256("chopmark/audit-query/1" ‖ command id ‖ digest)
//
// The gateway MUST outlive its routes and every answer that is still owed. Safe from any thread.
#pragma once

#include "aggregates/control/snapshot.h"
#include "aggregates/runtime/event_finder.h"
#include "gateways/audit/audit_desk.h"
#include "gateways/service/staff_calls.h"

namespace chopmark::audit {

/// Answered before; a question is answered once.
inline constexpr Reason query_answered{"audit.query_answered", Kind::conflict};
inline constexpr Reason query_approval_over{"audit.approval_over", Kind::expired};
/// The event is about no citizen.
inline constexpr Reason event_of_nobody{"audit.event_of_nobody", Kind::not_found};

/// What stands around the gateway; all of it must outlive it.
struct Ports {
    runtime::CommandService& commands;
    const service::Queries& queries;
    const control::Snapshots& control;
    const keys::EventVault& vault;
    const runtime::EventFinder& events;
    const journal::Journal& journal;
    const AuditDesk& desk;
    const Clock& clock;
    WorkPool& work;
    NodeId node;  // that answers
};

class AuditGateway {
  public:
    explicit AuditGateway(const Ports& ports);
    AuditGateway(const AuditGateway&) = delete;
    AuditGateway& operator=(const AuditGateway&) = delete;

    [[nodiscard]] std::vector<http::Route> routes() const;

  private:
    const Ports ports_;
    const service::StaffCalls calls_;
};

}  // namespace chopmark::audit
