// The accept rule (design 3): which of the records that lie in a partition's store count. Every
// reader applies it, the writer included, and it reads only the fixed prelude and the fixed tails
// of PartitionOpened, TermOpened and NodesWithdrawn – never a Protobuf body or a box – so that no
// two versions of the software can ever disagree about the sequence. Pure: no clock, no I/O.
//
//   PartitionOpened tail = genesis_hash:32 document_length:u32 document
//     document: control only, and genesis_hash is its SHA-256; elsewhere empty
//   TermOpened tail      = endpoint_length:u16 endpoint certificate_length:u16 certificate
//                          signature:64
//     signature = Ed25519 over "chopmark/term/1" ‖ genesis_hash ‖ partition:u16 ‖ term:u64 ‖ writer
//                 ‖ endpoint, by the key of the certificate (X.509 DER, issued by the node CA)
//   NodesWithdrawn tail  = count:u16 (node:16)*
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "events/record/record.h"

namespace chopmark::journal {

inline constexpr record::TypeNumber partition_opened{1};
inline constexpr record::TypeNumber term_opened{2};
inline constexpr record::TypeNumber nodes_withdrawn{3};

/// One of the three types above: a fixed binary tail instead of a Protobuf body, and no boxes.
constexpr bool has_fixed_tail(record::TypeNumber type) {
    return type == partition_opened || type == term_opened || type == nodes_withdrawn;
}

/// Proves that a node certificate was issued by the node CA of the genesis record and that a
/// signature is its key's. Dates are not judged. The real one is keys::NodeCa; it MUST be
/// deterministic and safe to call from any thread.
class TermAuthority {
  public:
    virtual ~TermAuthority() = default;
    /// The node named by the certificate, or nothing if certificate or signature is not good.
    [[nodiscard]] virtual std::optional<NodeId> check(ByteView certificate, ByteView message,
                                                      ByteView signature) const = 0;
};

enum class Skipped : std::uint8_t {
    malformed,  // no prelude, or a fixed tail that does not parse
    wrong_partition,
    wrong_genesis,
    stale_term,      // TermOpened that is not the next term
    bad_term_proof,  // signature, certificate, or a withdrawn node
    wrong_term,      // term or writer are not the current ones, or there is no term yet
    wrong_sequence,  // also: a record 0 that is not PartitionOpened, or a second one
    wrong_previous,
    boxes_mismatch,  // reserved for reports; never a reason to skip (design 4)
};
std::string_view to_string(Skipped why);

/// The head of a partition as the accept rule sees it.
struct Head {
    Sequence next;    // number of accepted records
    Digest previous;  // leaf hash of the last accepted record; zero when there is none
    Term term;
    WriterId writer;
    std::string endpoint;  // of the owner that opened the term
    Instant recorded_at;   // of the last accepted record; no TermOpened moves it back
    std::set<NodeId> withdrawn;

    friend bool operator==(const Head&, const Head&) = default;
};

/// Folds one partition. offer() either accepts – the head has moved by exactly one – or says why
/// the record does not count and leaves the head as it was.
class AcceptRule {
  public:
    /// `authority` must outlive the rule.
    AcceptRule(PartitionId partition, const Digest& genesis_hash, const TermAuthority& authority);
    /// Continues from a head that was folded before, e.g. one kept in a checkpoint.
    AcceptRule(PartitionId partition, const Digest& genesis_hash, const TermAuthority& authority,
               Head head);

    /// On acceptance the leaf hash of the record.
    tl::expected<Digest, Skipped> offer(ByteView leaf);
    [[nodiscard]] const Head& head() const { return head_; }
    [[nodiscard]] PartitionId partition() const { return partition_; }

  private:
    tl::expected<void, Skipped> judge(const record::Prelude& prelude, ByteView tail);
    tl::expected<void, Skipped> judge_term(const record::Prelude& prelude, ByteView tail);

    PartitionId partition_;
    Digest genesis_hash_;
    const TermAuthority* authority_;
    Head head_;
};

}  // namespace chopmark::journal
