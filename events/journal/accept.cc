#include "events/journal/accept.h"

#include <algorithm>

#include "events/crypto/digest.h"
#include "events/journal/tails.h"

namespace chopmark::journal {
namespace {

using Verdict = tl::expected<void, Skipped>;

Verdict skip(Skipped why) { return tl::make_unexpected(why); }

/// Record 0: it belongs to no term, and names the genesis that everything else stands on.
Verdict judge_opening(const record::Prelude& prelude, ByteView tail, const Digest& genesis_hash) {
    if (prelude.type != partition_opened || prelude.sequence != Sequence(0)) {
        return skip(Skipped::wrong_sequence);
    }
    const auto opened = decode_partition_opened(tail);
    const bool control = prelude.partition == control_partition;
    if (!opened || (!control && !opened->document.empty())) {
        return skip(Skipped::malformed);
    }
    if (prelude.term != Term(0) || !prelude.writer.is_zero()) {
        return skip(Skipped::wrong_term);
    }
    if (!prelude.previous.is_zero()) {
        return skip(Skipped::wrong_previous);
    }
    if (opened->genesis_hash != genesis_hash ||
        (control && crypto::sha256(opened->document) != genesis_hash)) {
        return skip(Skipped::wrong_genesis);
    }
    return {};
}

}  // namespace

std::string_view to_string(Skipped why) {
    switch (why) {
        case Skipped::malformed:
            return "malformed";
        case Skipped::wrong_partition:
            return "wrong_partition";
        case Skipped::wrong_genesis:
            return "wrong_genesis";
        case Skipped::stale_term:
            return "stale_term";
        case Skipped::bad_term_proof:
            return "bad_term_proof";
        case Skipped::wrong_term:
            return "wrong_term";
        case Skipped::wrong_sequence:
            return "wrong_sequence";
        case Skipped::wrong_previous:
            return "wrong_previous";
        case Skipped::boxes_mismatch:
            return "boxes_mismatch";
    }
    return "unknown";
}

AcceptRule::AcceptRule(PartitionId partition, const Digest& genesis_hash,
                       const TermAuthority& authority)
    : AcceptRule(partition, genesis_hash, authority, Head()) {}

AcceptRule::AcceptRule(PartitionId partition, const Digest& genesis_hash,
                       const TermAuthority& authority, Head head)
    : partition_(partition),
      genesis_hash_(genesis_hash),
      authority_(&authority),
      head_(std::move(head)) {}

tl::expected<Digest, Skipped> AcceptRule::offer(ByteView leaf) {
    const auto prelude = record::decode_prelude(leaf);
    if (!prelude) {
        return tl::make_unexpected(Skipped::malformed);
    }
    const ByteView tail = leaf.substr(record::prelude_bytes);
    if (const auto verdict = judge(*prelude, tail); !verdict) {
        return tl::make_unexpected(verdict.error());
    }
    if (prelude->type == term_opened) {
        head_.term = prelude->term;
        head_.writer = prelude->writer;
        head_.endpoint = std::string(decode_term_opened(tail)->endpoint);
    } else if (prelude->type == nodes_withdrawn) {
        const auto nodes = decode_nodes_withdrawn(tail);
        head_.withdrawn.insert(nodes->begin(), nodes->end());
    }
    head_.next = Sequence(head_.next.value() + 1);
    head_.previous = record::leaf_hash(leaf);
    // A term may be dated before the record that it follows (ops/decisions/0006).
    head_.recorded_at = prelude->type == term_opened
                            ? std::max(head_.recorded_at, prelude->recorded_at)
                            : prelude->recorded_at;
    return head_.previous;
}

tl::expected<void, Skipped> AcceptRule::judge(const record::Prelude& prelude, ByteView tail) {
    if (prelude.partition != partition_) {
        return skip(Skipped::wrong_partition);
    }
    if (head_.next == Sequence(0)) {
        return judge_opening(prelude, tail, genesis_hash_);
    }
    if (prelude.type == partition_opened) {
        return skip(Skipped::wrong_sequence);
    }
    if (prelude.type == term_opened) {
        return judge_term(prelude, tail);
    }
    // Before the first term nobody may write: the zero writer of record 0 is no one's proof.
    if (head_.term == Term(0) || prelude.term != head_.term || prelude.writer != head_.writer) {
        return skip(Skipped::wrong_term);
    }
    if (prelude.sequence != head_.next) {
        return skip(Skipped::wrong_sequence);
    }
    if (prelude.previous != head_.previous) {
        return skip(Skipped::wrong_previous);
    }
    if (prelude.type == nodes_withdrawn && !decode_nodes_withdrawn(tail)) {
        return skip(Skipped::malformed);
    }
    return {};
}

tl::expected<void, Skipped> AcceptRule::judge_term(const record::Prelude& prelude, ByteView tail) {
    const auto opened = decode_term_opened(tail);
    if (!opened) {
        return skip(Skipped::malformed);
    }
    // Written so that it cannot wrap: after term 2⁶⁴−1 there is none.
    if (prelude.term == Term(0) || Term(prelude.term.value() - 1) != head_.term) {
        return skip(Skipped::stale_term);
    }
    if (prelude.sequence != Sequence(0)) {
        return skip(Skipped::wrong_sequence);
    }
    if (!prelude.previous.is_zero()) {
        return skip(Skipped::wrong_previous);
    }
    const auto node = authority_->check(
        opened->certificate,
        term_message(genesis_hash_, partition_, prelude.term, prelude.writer, opened->endpoint),
        opened->signature);
    if (!node || head_.withdrawn.contains(*node)) {
        return skip(Skipped::bad_term_proof);
    }
    return {};
}

}  // namespace chopmark::journal
