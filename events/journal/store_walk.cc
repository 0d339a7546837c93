#include "events/journal/store_walk.h"

#include <algorithm>

#include "events/core/limits.h"
#include "events/journal/tails.h"

namespace chopmark::journal {
namespace {

Error damaged_at(PartitionId partition, Sequence at, std::string_view what) {
    return {damaged, "partition " + std::to_string(partition.value()) + ", sequence " +
                         std::to_string(at.value()) + ": " + std::string(what)};
}

Result<void> check_genesis(const EmbeddedStore& store, PartitionId partition,
                           const Digest& genesis_hash) {
    const auto first = store.read(partition, Sequence(0), Sequence(1), {});
    if (!first) {
        return first.error();
    }
    const ByteView leaf = first->front()->record.leaf;
    const auto tail = leaf.size() < record::prelude_bytes
                          ? std::nullopt
                          : decode_partition_opened(leaf.substr(record::prelude_bytes));
    if (!tail) {
        return damaged_at(partition, Sequence(0), "no PartitionOpened");
    }
    if (tail->genesis_hash != genesis_hash) {
        return Error(foreign_log, "the log stands on genesis " + tail->genesis_hash.hex());
    }
    return {};
}

}  // namespace

Result<AcceptRule> walk_end(const EmbeddedStore& store, PartitionId partition,
                            const Digest& genesis_hash, const TermAuthority& authority,
                            std::uint64_t& walked) {
    const auto end = store.end(partition);
    if (!end) {
        return end.error();
    }
    if (*end == Sequence(0)) {
        return AcceptRule(partition, genesis_hash, authority);
    }
    CHOPMARK_TRY(check_genesis(store, partition, genesis_hash));
    const std::uint64_t some_more =
        end->value() - std::min<std::uint64_t>(end->value(), limits::recovery_walk_records);
    Sequence at(std::min(some_more, store.settled(partition).value()));
    auto head = store.head_before(partition, at);
    if (!head) {
        return head.error();
    }
    AcceptRule rule(partition, genesis_hash, authority, std::move(*head));
    while (at < *end) {
        const auto page = store.read(partition, at, *end, {});
        if (!page) {
            return page.error();
        }
        for (const EntryPtr& entry : *page) {
            const auto verdict = rule.offer(entry->record.leaf);
            if (!verdict) {
                return damaged_at(partition, entry->sequence, to_string(verdict.error()));
            }
        }
        at = rule.head().next;
        walked += page->size();
    }
    return rule;
}

}  // namespace chopmark::journal
