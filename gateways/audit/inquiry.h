// One question of an auditor on its way: recorded, approved where it opens boxes, answered by a
// worker, the answer recorded, handed out. The order is the contract (design-notes D4); what is
// asked and how it is answered are the routes'.
#pragma once

#include "gateways/audit/audit_gateway.h"

namespace chopmark::audit {

/// What an answer came to.
struct Answered {
    service::Json body;
    std::uint64_t count = 0;     // records
    std::uint64_t subjects = 0;  // citizens whose boxes were opened
};

struct Inquiry {
    http::CallPtr call;
    service::ReplyPtr reply;
    CommandHead head;
    control::AskAuditQuery ask;

    using Done = std::function<void(Result<Answered>)>;
    /// Called on a worker once the question is recorded; calls `done` once, on any thread.
    using Answer = std::function<void(const std::shared_ptr<const Inquiry>&, Done done)>;
    Answer answer;
};
using InquiryPtr = std::shared_ptr<const Inquiry>;

/// From the request; `boxes` is the body's member of that name where the route has boxes to open.
Result<Inquiry> inquiry_of(const http::CallPtr& call, const service::Json& body,
                           schema::QueryKind kind, bool boxes, const Ports& ports);

/// 202 with the question's id when it has to be approved first.
void pursue(const InquiryPtr& inquiry, const Ports& ports, const service::StaffCalls& calls);

}  // namespace chopmark::audit
