#include "aggregates/citizen/step_up.h"

#include <algorithm>
#include <set>

#include "aggregates/citizen/draft.h"
#include "aggregates/citizen/request_head.h"
#include "aggregates/citizen/state.h"
#include "aggregates/citizen/testimony.h"

namespace chopmark::citizen {
namespace {

/// Face, chip or both, each once.
Result<void> check_methods(const std::vector<schema::StepUpMethod>& methods) {
    std::set<schema::StepUpMethod> seen;
    for (const schema::StepUpMethod method : methods) {
        const bool known =
            method == schema::STEP_UP_METHOD_FACE || method == schema::STEP_UP_METHOD_NFC;
        if (!known || !seen.insert(method).second) {
            return step_up_method_unknown;
        }
    }
    if (methods.empty()) {
        return step_up_methods_missing;
    }
    return {};
}

std::vector<schema::StepUpMethod> methods_of(const schema::StepUpAsked& asked) {
    std::vector<schema::StepUpMethod> out;
    for (const int method : asked.leaf().methods()) {
        out.push_back(static_cast<schema::StepUpMethod>(method));
    }
    return out;
}

Decision decide(const State& state, const AskStepUp& command, const Context& context) {
    CHOPMARK_TRY(check_methods(command.methods));
    CHOPMARK_ASSIGN(const Admission admission, admit(state, command.head, scope::face, context));
    auto event = draft<schema::StepUpAsked>(context, schema::DONE);
    event.mutable_leaf()->set_client_id(command.head.client.to_bytes());
    for (const schema::StepUpMethod method : command.methods) {
        event.mutable_leaf()->add_methods(method);
    }
    put_request(event, command.head, admission, command.delivery.reveal());
    event.mutable_personal()->set_text_digest(command.text_digest.to_bytes());
    return schema::Event(std::move(event));
}

/// What both answers begin with: who answers, what was asked, and that its text was signed.
struct Asked {
    const Request* request;
    const schema::StepUpAsked* event;
};
Result<Asked> find_asked(const State& state, const RequestId& id, const DeviceProof& proof,
                         const Context& context) {
    CHOPMARK_TRY(check_active(state));
    CHOPMARK_TRY(check_proof(state, proof, context.stamp.recorded_at));
    CHOPMARK_ASSIGN(const Request* request, find_open(state, id, RequestSubject::step_up));
    const auto* asked = context.opened.find<schema::StepUpAsked>(request->asked);
    if (asked == nullptr) {
        return evidence_stale;
    }
    if (asked->personal().text_digest() != proof.text_digest.bytes()) {
        return step_up_text_mismatch;
    }
    return Asked{request, asked};
}

template <class E>
E answer(const RequestId& id, const Asked& asked, const DeviceProof& proof,
         const schema::Endpoint& phone, const Context& context, schema::Outcome outcome,
         const Reason* reason = nullptr) {
    auto event = draft<E>(context, outcome, reason);
    event.mutable_leaf()->set_client_id(asked.request->client.to_bytes());
    *event.mutable_leaf()->mutable_methods() = asked.event->leaf().methods();
    event.mutable_link()->set_request_id(id.to_bytes());
    *event.mutable_link()->mutable_phone() = phone;
    testify(event, proof, context);
    return event;
}

Decision decide(const State& state, const PassStepUp& command, const Context& context) {
    CHOPMARK_ASSIGN(const Asked asked, find_asked(state, command.request, command.proof, context));
    if (asked.request->is_due(context.stamp.recorded_at)) {
        return expired(command.request, *asked.request, context);
    }
    CHOPMARK_TRY(check_step_up(state, methods_of(*asked.event), command.checks, context));
    auto event = answer<schema::StepUpPassed>(command.request, asked, command.proof, command.phone,
                                              context, schema::DONE);
    *event.mutable_personal()->mutable_checks() = to_schema(command.checks);
    return schema::Event(std::move(event));
}

Decision decide(const State& state, const RefuseStepUp& command, const Context& context) {
    CHOPMARK_ASSIGN(const Asked asked, find_asked(state, command.request, command.proof, context));
    if (asked.request->is_due(context.stamp.recorded_at)) {
        return expired(command.request, *asked.request, context);
    }
    const bool failed = command.failed.has_value();
    auto event = answer<schema::StepUpRefused>(command.request, asked, command.proof, command.phone,
                                               context, failed ? schema::FAILED : schema::REFUSED,
                                               failed ? &step_up_failed : &step_up_declined);
    if (failed) {
        *event.mutable_personal()->mutable_checks() = to_schema(*command.failed);
    }
    return schema::Event(std::move(event));
}

std::vector<EventId> asked_by(const State& state, const RequestId& id) {
    const auto at = state.requests.requests.find(id);
    return at == state.requests.requests.end() ? std::vector<EventId>()
                                               : std::vector{at->second.asked};
}

std::vector<EventId> sources_of(const State&, const AskStepUp&) { return {}; }
std::vector<EventId> sources_of(const State& state, const PassStepUp& command) {
    return asked_by(state, command.request);
}
std::vector<EventId> sources_of(const State& state, const RefuseStepUp& command) {
    return asked_by(state, command.request);
}

}  // namespace

Decision decide(const State& state, const StepUpCommand& command, const Context& context) {
    return std::visit([&](const auto& one) { return decide(state, one, context); }, command);
}

std::vector<EventId> sources(const State& state, const StepUpCommand& command) {
    return std::visit([&](const auto& one) { return sources_of(state, one); }, command);
}

}  // namespace chopmark::citizen
