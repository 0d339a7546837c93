#include "gateways/audit/inquiry.h"

#include "aggregates/control/state.h"
#include "events/crypto/digest.h"

namespace chopmark::audit {
namespace {

using service::Json;

constexpr std::string_view query_domain = "chopmark/audit-query/1";

void send_pending(const Inquiry& inquiry) {
    inquiry.reply->send(
        service::json_response({{"query", inquiry.ask.query.hex()}, {"standing", "asked"}}, 202));
}

/// Records what was answered, then hands it out.
void settle(const InquiryPtr& inquiry, const Ports& ports, const service::StaffCalls& calls,
            Result<Answered> outcome) {
    if (!outcome) {
        inquiry->reply->fail(outcome.error());
        return;
    }
    const auto answered = std::make_shared<Answered>(*std::move(outcome));
    answered->body["query"] = inquiry->ask.query.hex();
    control::AnswerAuditQuery command;
    command.query = inquiry->ask.query;
    command.count = answered->count;
    command.subjects = answered->subjects;
    command.result_digest = crypto::sha256(answered->body.dump());
    CommandHead head = service::dependent_head(inquiry->head, "answer");
    head.caller = head.actor = {schema::Party::NODE, ports.node.to_bytes()};
    head.digest = command.result_digest;
    calls.commands().submit(
        control::Command(control::AuditQueryCommand(command)), head,
        [inquiry, answered, &calls](Result<runtime::Receipt> recorded) {
            if (!recorded) {
                inquiry->reply->fail(recorded.error());
                return;
            }
            inquiry->reply->send(calls.receipt_response(*recorded, std::move(answered->body)));
        });
}

void answer(const InquiryPtr& inquiry, const Ports& ports, const service::StaffCalls& calls) {
    calls.on_worker(inquiry->reply, [inquiry, &ports, &calls] {
        inquiry->answer(inquiry, [inquiry, &ports, &calls](Result<Answered> outcome) {
            settle(inquiry, ports, calls, std::move(outcome));
        });
    });
}

/// A question that control has: what becomes of it now.
void resume(const control::AuditQuery& query, const InquiryPtr& inquiry, const Ports& ports,
            const service::StaffCalls& calls) {
    if (query.standing == control::QueryStanding::refused) {
        inquiry->reply->fail(control::query_not_open);
    } else if (!query.boxes) {
        answer(inquiry, ports, calls);  // asked before, but the answer never came
    } else if (query.standing == control::QueryStanding::asked) {
        send_pending(*inquiry);
    } else if (ports.clock.now() >= query.until) {
        inquiry->reply->fail(query_approval_over);
    } else {
        answer(inquiry, ports, calls);
    }
}

}  // namespace

Result<Inquiry> inquiry_of(const http::CallPtr& call, const Json& body, schema::QueryKind kind,
                           bool boxes, const Ports& ports) {
    Inquiry inquiry;
    inquiry.call = call;
    CHOPMARK_ASSIGN(inquiry.head, service::staff_head(*call, ports.clock));
    inquiry.ask.kind = kind;
    inquiry.ask.boxes = boxes;
    CHOPMARK_ASSIGN(inquiry.ask.purpose, service::text_or_empty(body, "purpose"));
    CHOPMARK_ASSIGN(inquiry.ask.case_id, service::id_or_none<control::CaseId>(body, "case"));
    inquiry.ask.as_of_cut = ports.control.latest()->state->cuts.number;
    inquiry.ask.query_digest = crypto::sha256(call->request.body);
    inquiry.ask.text = Sensitive<std::string>(call->request.body);
    const Digest name =
        crypto::sha256({query_domain, inquiry.head.id.bytes(), inquiry.head.digest.bytes()});
    inquiry.ask.query = control::QueryId(to_array<control::QueryId::size>(name.bytes()));
    return inquiry;
}

void pursue(const InquiryPtr& inquiry, const Ports& ports, const service::StaffCalls& calls) {
    const control::SnapshotPtr now = ports.control.latest();
    if (const auto* known = control::find_query(*now->state, inquiry->ask.query)) {
        resume(*known, inquiry, ports, calls);
        return;
    }
    calls.commands().submit(
        control::Command(control::AuditQueryCommand(inquiry->ask)), inquiry->head,
        [inquiry, &ports, &calls](Result<runtime::Receipt> recorded) {
            if (!recorded) {
                inquiry->reply->fail(recorded.error());
            } else if (recorded->replayed) {
                // Recorded, and no longer open: unless it is another's view of control that lags.
                const control::SnapshotPtr later = ports.control.latest();
                const auto* known = control::find_query(*later->state, inquiry->ask.query);
                known != nullptr ? resume(*known, inquiry, ports, calls)
                                 : inquiry->reply->fail(query_answered);
            } else if (inquiry->ask.boxes) {
                send_pending(*inquiry);
            } else {
                answer(inquiry, ports, calls);
            }
        });
}

}  // namespace chopmark::audit
