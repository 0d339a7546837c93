#include "ops/erasure_confirmations.h"

#include "events/crypto/digest.h"
#include "events/schema/event.h"

namespace chopmark::ops {
namespace {

constexpr unsigned pages_at_once = 64;
/// Two a node and order; more than erasures under way can have.
constexpr std::size_t remembered = 65'536;
/// Behind by more, the start is searched for anew instead of reading all of it.
constexpr std::uint64_t far_behind_records = 16 * 1024;

}  // namespace

CommandId confirmation_of(ErasureStep step, const control::OrderId& order, const NodeId& node) {
    const char number = static_cast<char>(step);
    return CommandId(crypto::sha256({"chopmark/erasure/confirmed/1", ByteView(&number, 1),
                                     order.bytes(), node.bytes()})
                         .array());
}

Result<Sequence> ErasureConfirmations::begin(Instant oldest, Sequence end) const {
    if (next_ && end.value() - next_->value() <= far_behind_records) {
        return *next_;
    }
    CHOPMARK_ASSIGN(const Sequence from,
                    journal::first_recorded_at_or_after(journal_, control_partition, oldest, end));
    return next_ ? std::max(*next_, from) : from;
}

Result<void> ErasureConfirmations::read(Instant oldest) {
    CHOPMARK_ASSIGN(const auto head, journal_.head(control_partition));
    CHOPMARK_ASSIGN(next_, begin(oldest, head.next));
    for (unsigned pages = 0; pages < pages_at_once; ++pages) {
        CHOPMARK_ASSIGN(const auto page, journal_.read(control_partition, *next_, {}));
        for (const auto& entry : page) {
            take(*entry);
            next_ = Sequence(entry->sequence.value() + 1);
        }
        if (page.empty()) {
            break;
        }
    }
    return {};
}

/// A node speaks for itself alone: what names another is nobody's word.
void ErasureConfirmations::take(const journal::Entry& entry) {
    const auto prelude = record::decode_prelude(entry.record.leaf);
    if (!prelude || prelude->type != schema::info<schema::KeyEpochOpened>().type) {
        return;
    }
    const auto event = vault_.open(entry.record);
    const auto* opened = event ? std::get_if<schema::KeyEpochOpened>(&*event) : nullptr;
    if (opened == nullptr || opened->link().node_ids_size() != 1 ||
        opened->link().node_ids(0) != opened->link().head().actor().id()) {
        return;
    }
    if (const auto id = CommandId::from_bytes(opened->link().head().command_id())) {
        note(*id);
    }
}

void ErasureConfirmations::note(const CommandId& confirmation) {
    if (!seen_.insert(confirmation).second) {
        return;
    }
    order_of_arrival_.push_back(confirmation);
    if (order_of_arrival_.size() > remembered) {
        seen_.erase(order_of_arrival_.front());
        order_of_arrival_.pop_front();
    }
}

bool ErasureConfirmations::has(ErasureStep step, const control::OrderId& order,
                               const NodeId& node) const {
    return seen_.contains(confirmation_of(step, order, node));
}

}  // namespace chopmark::ops
