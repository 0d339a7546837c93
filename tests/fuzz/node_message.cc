// Any bytes as a message of a peer: no crash, and whatever is taken for a message is written again
// as it came, but for Protobuf, which has more than one spelling.
#include "aggregates/runtime/command_wire.h"
#include "events/core/ensure.h"
#include "gateways/node/bundle.h"
#include "gateways/node/desk_wire.h"

namespace {

namespace wire = chopmark::runtime::wire;

/// A fuzzer does not guess a fingerprint of 16 bytes: every decoder gets its own.
template <class Decode>
void try_with(const chopmark::Bytes& good, std::size_t skip, chopmark::ByteView rest,
              Decode&& decode) {
    constexpr std::size_t fingerprint = 16;
    decode(good.substr(0, skip + fingerprint) + chopmark::Bytes(rest));
    decode(chopmark::Bytes(rest));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const chopmark::ByteView rest(reinterpret_cast<const char*>(data), size);
    static const auto order = wire::encode_order(wire::ControlOrder());
    try_with(order, 0, rest, [](const chopmark::Bytes& bytes) {
        if (const auto decoded = wire::decode_order(bytes)) {
            const auto again = wire::encode_order(*decoded);
            chopmark::ensure(wire::decode_order(again).has_value(), "what was read can be read");
        }
    });
    static const auto card = wire::encode_card({});
    try_with(card, 0, rest, [](const chopmark::Bytes& bytes) {
        const auto decoded = wire::decode_card(bytes);
        chopmark::ensure(!decoded || wire::encode_card(*decoded) == bytes, "cards are canonical");
    });
    static const auto receipt = wire::encode_receipt(chopmark::runtime::Receipt());
    try_with(receipt, 1, rest,
             [](const chopmark::Bytes& bytes) { (void)wire::decode_receipt(bytes); });
    static const auto state = wire::encode_state(wire::StatePtr());
    try_with(state, 1, rest, [](const chopmark::Bytes& bytes) { (void)wire::decode_state(bytes); });
    static const auto holder = wire::encode_holder(wire::HolderPtr());
    try_with(holder, 1, rest,
             [](const chopmark::Bytes& bytes) { (void)wire::decode_holder(bytes); });
    static const auto scan = chopmark::node::encode_scan({});
    try_with(scan, 0, rest,
             [](const chopmark::Bytes& bytes) { (void)chopmark::node::decode_scan(bytes); });
    static const auto claimed = chopmark::node::encode_claimed(chopmark::service::ClaimedLogin());
    try_with(claimed, 1, rest,
             [](const chopmark::Bytes& bytes) { (void)chopmark::node::decode_claimed(bytes); });
    if (const auto messages = chopmark::node::unbundle(rest)) {
        const std::vector<chopmark::Bytes> copies(messages->begin(), messages->end());
        chopmark::ensure(chopmark::node::bundle(copies) == rest, "bundles are canonical");
    }
    return 0;
}
