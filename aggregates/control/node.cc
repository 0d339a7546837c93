#include "aggregates/control/node.h"

#include "aggregates/control/state.h"
#include "events/crypto/digest.h"

namespace chopmark::control {
namespace {

Decision decide_one(const State& state, const EnrolNode& command, const Context& context) {
    CHOPMARK_TRY(acting_staff(state, context, schema::STAFF_ROLE_ADMINISTRATOR));
    if (state.nodes->contains(command.node)) {
        return node_exists;
    }
    if (command.certificate.empty()) {
        return node_bad_certificate;
    }
    schema::NodeEnrolled event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_leaf()->set_node_id(command.node.to_bytes());
    event.mutable_leaf()->set_endpoint(command.endpoint);
    event.mutable_leaf()->set_certificate_digest(crypto::sha256(command.certificate).to_bytes());
    event.mutable_link()->set_certificate(command.certificate);
    return event;
}

Decision decide_one(const State& state, const WithdrawNode& command, const Context& context) {
    CHOPMARK_TRY(acting_staff(state, context, schema::STAFF_ROLE_ADMINISTRATOR));
    const auto at = state.nodes->find(command.node);
    if (at == state.nodes->end() || at->second.standing == Enrolment::withdrawn) {
        return node_unknown;
    }
    schema::NodeWithdrawalOrdered event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_leaf()->set_node_id(command.node.to_bytes());
    event.mutable_link()->set_case_id(command.case_id);
    event.mutable_personal()->set_note(command.note.reveal());
    return event;
}

Decision decide_one(const State& state, const ActivateTypes& command, const Context& context) {
    CHOPMARK_TRY(acting_staff(state, context, schema::STAFF_ROLE_ADMINISTRATOR));
    if (command.types.empty() || command.types.size() > most_types_at_once) {
        return types_unknown;
    }
    bool any_new = false;
    for (const std::uint32_t type : command.types) {
        if (schema::find_event(record::TypeNumber(type)) == nullptr) {
            return Error(types_unknown, std::to_string(type));
        }
        any_new = any_new || !state.types->contains(type);
    }
    if (!any_new) {
        return types_active;
    }
    std::set<NodeId> asked;
    schema::TypesActivated event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    for (const NodeVersion& one : command.nodes) {
        const auto at = state.nodes->find(one.node);
        if (at == state.nodes->end() || at->second.standing != Enrolment::active) {
            return Error(node_unknown, one.node.hex());
        }
        asked.insert(one.node);
        auto& node = *event.mutable_leaf()->add_nodes();
        node.set_node_id(one.node.to_bytes());
        node.set_version(one.version);
    }
    for (const auto& [id, node] : *state.nodes) {
        if (node.standing == Enrolment::active && !asked.contains(id)) {
            return Error(types_not_everywhere, id.hex());
        }
    }
    for (const std::uint32_t type : command.types) {
        event.mutable_leaf()->add_types(type);
    }
    return event;
}

}  // namespace

Decision decide(const State& state, const NodeCommand& command, const Context& context) {
    return std::visit([&](const auto& one) { return decide_one(state, one, context); }, command);
}

void evolve(State& state, const schema::NodeEnrolled& event, const record::Stamp& stamp) {
    const auto id = NodeId::from_bytes(event.leaf().node_id());
    if (id) {
        const auto digest = Digest::from_bytes(event.leaf().certificate_digest());
        state.nodes.edit()[*id] = {*id, Enrolment::active, event.leaf().endpoint(),
                                   digest.value_or(Digest()), stamp.recorded_at};
    }
}

void evolve(State& state, const schema::NodeWithdrawalOrdered& event, const record::Stamp& stamp) {
    const auto id = NodeId::from_bytes(event.leaf().node_id());
    if (id && state.nodes->contains(*id)) {
        Node& node = state.nodes.edit().at(*id);
        node.standing = Enrolment::withdrawn;
        node.changed_at = stamp.recorded_at;
    }
}

void evolve(State& state, const schema::TypesActivated& event, const record::Stamp&) {
    const auto& types = event.leaf().types();
    state.types.edit().insert(types.begin(), types.end());
}

}  // namespace chopmark::control
