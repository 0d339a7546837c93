#include "aggregates/runtime/idempotency.h"

namespace chopmark::runtime {

IdempotencyWindow::Fingerprint IdempotencyWindow::fingerprint(const CommandId& id) {
    return Fingerprint(to_array<16>(id.bytes()));
}

std::uint64_t IdempotencyWindow::short_digest(const Digest& digest) {
    return get_big_endian<std::uint64_t>(digest.bytes());
}

Result<std::optional<IdempotencyWindow::Outcome>> IdempotencyWindow::look_up(
    const CommandHead& command, Instant now) const {
    const auto known = table_.find(fingerprint(command.id));
    if (known != table_.end()) {
        if (known->second.digest != short_digest(command.digest)) {
            return command_id_reused;
        }
        return std::optional(known->second.outcome);
    }
    if (command.issued_at + options_.window <= now) {
        return command_too_old;
    }
    if (command.issued_at > now + options_.ahead) {
        return command_from_future;
    }
    return std::optional<Outcome>();
}

void IdempotencyWindow::accepted(const CommandId& id, const Digest& digest, Sequence sequence,
                                 Instant at) {
    remember(accepted_, id, {short_digest(digest), sequence}, at);
}

void IdempotencyWindow::refused(const CommandId& id, const Digest& digest, const Reason& reason,
                                Instant at) {
    if (refused_.size() >= options_.refusals) {
        forget_front(refused_);
    }
    remember(refused_, id, {short_digest(digest), reason}, at);
}

void IdempotencyWindow::expire(Instant now) {
    for (auto* ages : {&accepted_, &refused_}) {
        while (!ages->empty() && ages->front().at + kept() <= now) {
            forget_front(*ages);
        }
    }
}

void IdempotencyWindow::remember(std::deque<Age>& ages, const CommandId& id, Known known,
                                 Instant at) {
    const Fingerprint key = fingerprint(id);
    if (table_.emplace(key, known).second) {
        ages.push_back({at, key});
    }
}

void IdempotencyWindow::forget_front(std::deque<Age>& ages) {
    table_.erase(ages.front().id);
    ages.pop_front();
}

}  // namespace chopmark::runtime
