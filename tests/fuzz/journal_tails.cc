// Any bytes as the fixed tails of the journal's own records, and as leaves offered to the accept
// rule: one encoding each, and a leaf that is refused leaves the head as it was.
#include "events/crypto/digest.h"
#include "events/journal/accept.h"
#include "events/journal/tails.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using chopmark::Bytes;
using chopmark::ByteView;
using chopmark::ensure;
namespace journal = chopmark::journal;

/// Takes whatever is signed by its own certificate's first bytes: signatures are another's affair.
class Lenient final : public journal::TermAuthority {
  public:
    [[nodiscard]] std::optional<chopmark::NodeId> check(ByteView certificate, ByteView,
                                                        ByteView signature) const override {
        return certificate.size() >= 16 && signature.starts_with(certificate.substr(0, 16))
                   ? chopmark::NodeId::from_bytes(certificate.substr(0, 16))
                   : std::nullopt;
    }
};

void check_tails(ByteView input) {
    if (const auto tail = journal::decode_partition_opened(input)) {
        ensure(journal::encode(*tail) == input, "one encoding");
    }
    if (const auto tail = journal::decode_term_opened(input)) {
        ensure(tail->signature.size() == journal::term_signature_bytes);
        ensure(journal::encode(*tail) == input, "one encoding");
    }
    if (const auto nodes = journal::decode_nodes_withdrawn(input)) {
        ensure(journal::encode_nodes_withdrawn(*nodes) == input, "one encoding");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = chopmark::fuzz::bytes_of(data, size);
    check_tails(input);
    static const Lenient authority;
    for (const std::uint16_t partition : {std::uint16_t{0}, std::uint16_t{3}}) {
        journal::AcceptRule rule(chopmark::PartitionId(partition),
                                 chopmark::crypto::sha256("the genesis document"), authority);
        chopmark::fuzz::Parts parts(input);
        for (int offers = 0; offers < 16; ++offers) {
            const journal::Head before = rule.head();
            const ByteView leaf = parts.next();
            if (leaf.empty()) {
                break;
            }
            if (rule.offer(leaf)) {
                ensure(rule.head().next.value() == before.next.value() + 1, "one record further");
            } else {
                ensure(rule.head() == before, "a refused leaf changes nothing");
            }
            if (leaf.size() > chopmark::record::prelude_bytes) {
                check_tails(leaf.substr(chopmark::record::prelude_bytes));
            }
        }
    }
    return 0;
}
