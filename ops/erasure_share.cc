#include "ops/erasure_share.h"

#include <algorithm>

#include "ops/deciding.h"
#include "projections/views.h"

namespace chopmark::ops {
namespace {

constexpr Reason view_behind{"erasure.view_behind", Kind::unavailable};

std::vector<control::Erasure> approved(const control::State& control) {
    std::vector<control::Erasure> out;
    for (const auto& [id, order] : *control.erasures) {
        if (order.standing == control::ErasureStanding::approved) {
            out.push_back(order);
        }
    }
    return out;
}

Instant oldest_of(const std::vector<control::Erasure>& orders) {
    return std::min_element(
               orders.begin(), orders.end(),
               [](const auto& a, const auto& b) { return a.ordered_at < b.ordered_at; })
        ->ordered_at;
}

/// A view that has not folded SubjectErased yet still has the rows: it is waited for, a second at a
/// time.
Result<void> scrub_views(const control::Erasure& order, fold::LiveTables& tables,
                         const journal::Journal& journal) {
    const Slot slot = slot_of(order.key_index);
    const PartitionId partition = partition_of(slot, journal.partitions());
    CHOPMARK_ASSIGN(const journal::Head head, journal.head(partition));
    Bytes prefix;
    append_big_endian(prefix, slot.value());
    const projections::Views views;
    for (const fold::View* view : views.all()) {
        if (view->scope() != fold::Scope::slots) {
            continue;
        }
        CHOPMARK_ASSIGN(const auto rows, tables.read(view->name()));
        if (rows.positions().at(partition) < head.next) {
            return view_behind;
        }
        CHOPMARK_TRY(tables.store().scrub(*rows.table(), fold::KeyRange::prefix(prefix)));
    }
    return {};
}

}  // namespace

std::set<NodeId> erasure_members(const control::State& control, const NodeId& self) {
    std::set<NodeId> members{self};
    for (const auto& [id, node] : *control.nodes) {
        if (node.standing == control::Enrolment::active) {
            members.insert(id);
        }
    }
    return members;
}

Result<keys::Epoch> forget(const control::Erasure& order, keys::KeyRing& ring,
                           fold::LiveTables& tables, const journal::Journal& journal,
                           const DiscardCopies& discard) {
    std::vector<keys::Erasure> leaves;
    for (const schema::Retention retention : order.classes) {
        leaves.push_back({retention, order.key_index});
    }
    CHOPMARK_ASSIGN(const keys::Epoch epoch, ring.erase(leaves));
    CHOPMARK_TRY(scrub_views(order, tables, journal));
    if (discard) {
        CHOPMARK_TRY(discard());
    }
    return epoch;
}

bool ErasureShare::all_have(ErasureStep step, const control::OrderId& order,
                            const std::set<NodeId>& members) const {
    return std::all_of(members.begin(), members.end(),
                       [&](const NodeId& node) { return confirmations_.has(step, order, node); });
}

ErasureShare::Debt ErasureShare::debt_of(const control::OrderId& order,
                                         const std::set<NodeId>& members) const {
    const std::lock_guard lock(mutex_);
    if (!confirmations_.has(ErasureStep::covered, order, around_.node)) {
        return Debt::cover;
    }
    const bool owes = !confirmations_.has(ErasureStep::destroyed, order, around_.node);
    return owes && all_have(ErasureStep::covered, order, members) ? Debt::destruction : Debt::none;
}

Result<bool> ErasureShare::all_destroyed(const control::Erasure& order) {
    const auto members = erasure_members(*around_.control.latest()->state, around_.node);
    const std::lock_guard lock(mutex_);
    CHOPMARK_TRY(confirmations_.read(order.ordered_at));
    return all_have(ErasureStep::destroyed, order.id, members);
}

void ErasureShare::tick() {
    const control::SnapshotPtr control = around_.control.latest();
    if (erasure_members(*control->state, around_.node).size() < 2 ||
        approved(*control->state).empty() || busy_.exchange(true)) {
        return;
    }
    postponed_.clear();
    post([this] { turn(); });
}

/// One debt a turn; the answer to its confirmation begins the next.
void ErasureShare::turn() {
    const control::SnapshotPtr control = around_.control.latest();
    const auto orders = approved(*control->state);
    if (!orders.empty()) {
        const std::lock_guard lock(mutex_);
        if (!confirmations_.read(oldest_of(orders))) {
            failed_.fetch_add(1);
            busy_.store(false);
            return;
        }
    }
    const auto members = erasure_members(*control->state, around_.node);
    for (const control::Erasure& order : orders) {
        const Debt debt = postponed_.contains(order.id) ? Debt::none : debt_of(order.id, members);
        if (debt == Debt::cover) {
            look(order);
            return;
        }
        if (debt == Debt::destruction) {
            destroy(order);
            return;
        }
    }
    busy_.store(false);
}

/// Before SubjectErased the citizen's executor may still have something to seal.
void ErasureShare::look(const control::Erasure& order) {
    around_.commands.look(order.account, [this, order](const auto& seen) {
        const bool erased =
            seen && (*seen == nullptr || (*seen)->account.status == citizen::AccountStatus::erased);
        post([this, order, erased] {
            if (erased) {
                cover(order);
            } else {
                postpone(order.id, {});
                turn();
            }
        });
    });
}

void ErasureShare::cover(const control::Erasure& order) {
    const auto epoch =
        forget(order, around_.ring, around_.tables, around_.journal, around_.discard);
    if (!epoch) {
        postpone(order.id, epoch.error());
        turn();
        return;
    }
    confirm(ErasureStep::covered, order.id, *epoch);
}

void ErasureShare::destroy(const control::Erasure& order) {
    const auto destroyed = around_.ring.destroy_old_epochs();
    if (!destroyed) {
        postpone(order.id, destroyed);
        turn();
        return;
    }
    confirm(ErasureStep::destroyed, order.id, around_.ring.epoch());
}

void ErasureShare::confirm(ErasureStep step, const control::OrderId& order, keys::Epoch epoch) {
    const CommandId id = confirmation_of(step, order, around_.node);
    const std::uint64_t gone = step == ErasureStep::destroyed ? epoch.value() - 1 : 0;
    const control::OpenKeyEpoch command{epoch.value(), gone, {around_.node}};
    CommandHead head = timer_command(id, around_.clock.now());
    head.caller = head.actor = {schema::Party::NODE, around_.node.to_bytes()};
    around_.commands.submit(
        control::Command(control::PlatformCommand(command)), head,
        [this, id, order](const Result<runtime::Receipt>& done) {
            post([this, id, order, why = done ? Result<void>() : Result<void>(done.error())] {
                if (why) {
                    confirmed_.fetch_add(1);
                    const std::lock_guard lock(mutex_);
                    confirmations_.note(id);
                } else {
                    postpone(order, why);
                }
                turn();
            });
        });
}

void ErasureShare::postpone(const control::OrderId& order, const Result<void>& why) {
    failed_.fetch_add(why ? 0 : 1);
    postponed_.insert(order);
}

void ErasureShare::post(Task task) {
    if (!around_.work.try_post(std::move(task))) {
        failed_.fetch_add(1);
        busy_.store(false);
    }
}

}  // namespace chopmark::ops
