#include "aggregates/citizen/authority.h"

#include "aggregates/citizen/state.h"
#include "aggregates/control/state.h"

namespace chopmark::citizen {

Result<void> check(const State& state, const DeviceProof& proof, const Context& context) {
    return check_proof(state, proof, context.stamp.recorded_at);
}

Result<void> check(const State&, const StaffOrder& order, const Context& context) {
    const control::State& facts = context.control;
    if (!control::acting_staff(facts, context, schema::STAFF_ROLE_SUPPORT) &&
        !control::acting_staff(facts, context, schema::STAFF_ROLE_SECURITY)) {
        return staff_not_permitted;
    }
    const auto found = facts.cases->find(order.case_id);
    if (found == facts.cases->end() || found->second.closed) {
        return case_unknown;
    }
    if (order.note.reveal().size() > limits::note_bytes) {
        return note_too_long;
    }
    return {};
}

Result<void> check(const State&, const AlertOrder& order, const Context& context) {
    if (!context.control.alerts->contains(order.alert)) {
        return alert_unknown;
    }
    return {};
}

Result<void> check(const State& state, const AtTerminal& visit, const Context& context) {
    CHOPMARK_TRY(judge(evidence_of(visit), visit.card.face.reveal(), context));
    return check_card(state, context);
}

Result<void> check_card(const State& state, const Context& context) {
    if (context.holder == nullptr || context.holder->account != state.account.id) {
        return other_card;
    }
    return {};
}

IdentityEvidence evidence_of(const AtTerminal& visit) {
    return std::visit([](const auto& one) -> IdentityEvidence { return one; }, visit.identity);
}

}  // namespace chopmark::citizen
