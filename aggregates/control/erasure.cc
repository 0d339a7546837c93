#include "aggregates/control/erasure.h"

#include <algorithm>

#include "aggregates/control/state.h"
#include "events/core/limits.h"
#include "events/crypto/digest.h"

namespace chopmark::control {
namespace {

/// What names the person, in the leaf by hash and in the link box in clear.
void name_subject(auto& event, const OrderId& order, const PersonId& person, KeyIndex key_index,
                  const ByteArray<16>& salt, const auto& classes) {
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_leaf()->set_subject_hash(subject_hash(view(salt), key_index).to_bytes());
    for (const schema::Retention retention : classes) {
        event.mutable_leaf()->add_classes(retention);
    }
    event.mutable_link()->set_order_id(order.to_bytes());
    event.mutable_link()->set_subject_salt(Bytes(view(salt)));
    event.mutable_link()->set_person_id(person.to_bytes());
    event.mutable_link()->mutable_head()->set_key_index(key_index.value());
}

Decision decide_one(const State& state, const OrderErasure& command, const Context& context) {
    CHOPMARK_TRY(acting_staff(state, context, schema::STAFF_ROLE_PRIVACY_OFFICER));
    if (command.basis.empty() || command.basis.size() > limits::purpose_bytes) {
        return erasure_no_basis;
    }
    if (command.classes.empty() ||
        !std::all_of(command.classes.begin(), command.classes.end(), is_erasable)) {
        return erasure_bad_classes;
    }
    const bool open = std::any_of(state.erasures->begin(), state.erasures->end(), [&](auto& row) {
        return row.second.key_index == command.key_index;
    });
    if (open || find_erasure(state, command.order) != nullptr) {
        return erasure_known;
    }
    schema::ErasureOrdered event;
    name_subject(event, command.order, command.person, command.key_index, command.salt,
                 command.classes);
    event.mutable_leaf()->set_epoch(command.epoch);
    event.mutable_leaf()->set_legal_basis(command.basis);
    event.mutable_link()->mutable_head()->set_account_id(command.account.to_bytes());
    event.mutable_link()->add_staff_ids(context.command.actor.id);
    event.mutable_link()->set_purpose(command.purpose);
    event.mutable_personal()->set_query(command.text.reveal());
    return event;
}

Decision decide_one(const State& state, const ApproveErasure& command, const Context& context) {
    CHOPMARK_ASSIGN(const StaffMember* actor,
                    acting_staff(state, context, schema::STAFF_ROLE_PRIVACY_OFFICER));
    const Erasure* erasure = find_erasure(state, command.order);
    if (erasure == nullptr) {
        return erasure_unknown;
    }
    if (erasure->standing != ErasureStanding::ordered) {
        return erasure_not_ordered;
    }
    if (actor->id.bytes() == erasure->ordered_by) {
        return erasure_second_person;
    }
    schema::ErasureApproved event;
    name_subject(event, erasure->id, erasure->person, erasure->key_index, command.salt,
                 erasure->classes);
    event.mutable_link()->mutable_head()->set_account_id(erasure->account.to_bytes());
    event.mutable_link()->add_staff_ids(context.command.actor.id);
    event.mutable_link()->set_purpose(command.purpose);
    return event;
}

Decision decide_one(const State& state, const CompleteErasure& command, const Context& context) {
    if (context.command.actor.kind != schema::Party::NODE) {
        return staff_not_permitted;
    }
    const Erasure* erasure = find_erasure(state, command.order);
    if (erasure == nullptr) {
        return erasure_unknown;
    }
    if (erasure->standing != ErasureStanding::approved) {
        return erasure_not_approved;
    }
    schema::ErasureCompleted event;
    name_subject(event, erasure->id, erasure->person, erasure->key_index, command.salt,
                 erasure->classes);
    auto& leaf = *event.mutable_leaf();
    leaf.set_destroyed_epoch(command.destroyed_epoch);
    leaf.set_epoch(command.epoch);
    leaf.set_nodes(command.nodes);
    leaf.set_legal_basis(erasure->basis);
    leaf.set_approvers(2);
    leaf.mutable_erased()->Add(command.erased.begin(), command.erased.end());
    leaf.mutable_kept()->Add(command.kept.begin(), command.kept.end());
    event.mutable_link()->add_staff_ids(erasure->ordered_by);
    event.mutable_link()->add_staff_ids(erasure->approved_by);
    return event;
}

}  // namespace

bool is_erasable(schema::Retention retention) {
    return retention == schema::IDENTITY || retention == schema::SIGN_IN ||
           retention == schema::EVIDENCE;
}

Digest subject_hash(ByteView salt, KeyIndex key_index) {
    Bytes index;
    append_big_endian(index, key_index.value());
    return crypto::sha256({salt, index});
}

const Erasure* find_erasure(const State& state, const OrderId& order) {
    const auto at = state.erasures->find(order);
    return at == state.erasures->end() ? nullptr : &at->second;
}

Decision decide(const State& state, const ErasureCommand& command, const Context& context) {
    return std::visit([&](const auto& one) { return decide_one(state, one, context); }, command);
}

void evolve(State& state, const schema::ErasureOrdered& event, const record::Stamp& stamp) {
    const auto& link = event.link();
    const auto id = OrderId::from_bytes(link.order_id());
    if (!id) {
        return;
    }
    Erasure erasure;
    erasure.id = *id;
    erasure.account = AccountId::from_bytes(link.head().account_id()).value_or(AccountId());
    erasure.person = PersonId::from_bytes(link.person_id()).value_or(PersonId());
    erasure.key_index = KeyIndex(link.head().key_index());
    for (const int retention : event.leaf().classes()) {
        erasure.classes.push_back(static_cast<schema::Retention>(retention));
    }
    erasure.epoch = event.leaf().epoch();
    erasure.basis = event.leaf().legal_basis();
    erasure.ordered_by = link.head().actor().id();
    erasure.ordered_at = stamp.recorded_at;
    state.erasures.edit()[*id] = std::move(erasure);
}

void evolve(State& state, const schema::ErasureApproved& event, const record::Stamp&) {
    const auto id = OrderId::from_bytes(event.link().order_id());
    if (id && find_erasure(state, *id) != nullptr) {
        Erasure& erasure = state.erasures.edit().at(*id);
        erasure.standing = ErasureStanding::approved;
        erasure.approved_by = event.link().head().actor().id();
    }
}

void evolve(State& state, const schema::ErasureCompleted& event, const record::Stamp&) {
    const auto id = OrderId::from_bytes(event.link().order_id());
    if (id && find_erasure(state, *id) != nullptr) {
        state.erasures.edit().erase(*id);
    }
}

}  // namespace chopmark::control
