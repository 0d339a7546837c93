#include "gateways/node/routes.h"

#include <map>

#include "events/journal/tails.h"

namespace chopmark::node {
namespace {

Result<record::Prelude> prelude_at(const journal::Journal& journal, PartitionId partition,
                                   Sequence at, journal::EntryPtr* kept = nullptr) {
    CHOPMARK_ASSIGN(const journal::EntryPtr entry, journal::read_one(journal, partition, at));
    if (kept != nullptr) {
        *kept = entry;
    }
    return record::decode_prelude(entry->record.leaf);
}

}  // namespace

LogRoutes::LogRoutes(const journal::Journal& journal, const journal::TermAuthority& authority,
                     const control::Snapshots& control, const NodeId& self)
    : journal_(journal),
      authority_(authority),
      control_(control),
      self_(self),
      holdings_(journal.partitions() + std::size_t{1}) {}

/// Terms never fall within a partition, so the record that opened one is found by halving.
Result<Peer> LogRoutes::opener(PartitionId partition, const journal::Head& head) const {
    std::uint64_t low = 0;
    std::uint64_t high = head.next.value();
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        CHOPMARK_ASSIGN(const auto prelude, prelude_at(journal_, partition, Sequence(middle)));
        if (prelude.term < head.term) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    journal::EntryPtr entry;
    CHOPMARK_ASSIGN(const auto prelude, prelude_at(journal_, partition, Sequence(low), &entry));
    const ByteView leaf = entry->record.leaf;
    const auto tail = journal::decode_term_opened(leaf.substr(record::prelude_bytes));
    if (prelude.type != journal::term_opened || prelude.writer != head.writer || !tail) {
        return Error(unreachable, "the term was not opened where it begins");
    }
    const auto node =
        authority_.check(tail->certificate,
                         journal::term_message(journal_.genesis_hash(), partition, prelude.term,
                                               prelude.writer, tail->endpoint),
                         tail->signature);
    if (!node) {
        return Error(unreachable, "the term was opened by no node of ours");
    }
    return Peer{*node, std::string(tail->endpoint)};
}

void LogRoutes::refresh() {
    for (std::uint16_t number = 0; number <= journal_.partitions(); ++number) {
        const PartitionId partition(number);
        const auto head = journal_.head(partition);
        if (!head || head->term == Term(0)) {
            continue;
        }
        {
            const std::lock_guard lock(mutex_);
            const Holding& known = holdings_[number];
            if (known.term == head->term && known.writer == head->writer) {
                continue;
            }
        }
        auto owner = opener(partition, *head);
        if (owner) {  // else tried again at the next poll
            const std::lock_guard lock(mutex_);
            holdings_[number] = {head->term, head->writer, *std::move(owner)};
        }
    }
}

Owner LogRoutes::owner(PartitionId partition) const {
    const std::lock_guard lock(mutex_);
    if (partition.value() >= holdings_.size()) {
        return NoOwner();
    }
    const Holding& holding = holdings_[partition.value()];
    if (holding.term == Term(0)) {
        return NoOwner();
    }
    if (holding.owner.node == self_) {
        return ThisNode();
    }
    return holding.owner.endpoint.empty() ? Owner(NoOwner()) : Owner(holding.owner);
}

std::optional<Peer> LogRoutes::holder(PartitionId partition) const {
    const std::lock_guard lock(mutex_);
    if (partition.value() >= holdings_.size() || holdings_[partition.value()].term == Term(0)) {
        return std::nullopt;
    }
    return holdings_[partition.value()].owner;
}

/// Where a node says that it is when it opens a term is newer than where it was enrolled.
std::vector<Peer> LogRoutes::others() const {
    std::map<NodeId, std::string> endpoints;
    const auto control = control_.latest();
    const control::Nodes& nodes = *control->state->nodes;
    for (const auto& [id, node] : nodes) {
        endpoints[id] = node.endpoint;
    }
    {
        const std::lock_guard lock(mutex_);
        for (const Holding& holding : holdings_) {
            if (holding.term != Term(0) && !holding.owner.endpoint.empty()) {
                endpoints[holding.owner.node] = holding.owner.endpoint;
            }
        }
    }
    std::vector<Peer> out;
    for (const auto& [id, endpoint] : endpoints) {
        const auto known = nodes.find(id);
        const bool barred =
            known != nodes.end() && known->second.standing != control::Enrolment::active;
        if (id != self_ && !barred && !endpoint.empty()) {
            out.push_back({id, endpoint});
        }
    }
    return out;
}

std::vector<Peer> LogRoutes::numbered(std::uint16_t number) const {
    std::vector<Peer> out = others();
    std::erase_if(out, [number](const Peer& peer) { return number_of(peer.node) != number; });
    return out;
}

}  // namespace chopmark::node
