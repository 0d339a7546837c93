// Commands and their outcomes as bytes, for the one hop from the node that was called to the node
// that owns the partition (design 3). Strict: a message of another layout is node.other_version,
// anything else that is not exactly one message is node.malformed; nothing is ever guessed. A
// forwarded command keeps its head, so its id makes a repetition harmless on any way. The grammar
// is in command_wire_codec.h, which knows how any plain value is written. Pure; any thread.
#pragma once

#include "aggregates/citizen/citizen.h"
#include "aggregates/control/control.h"
#include "aggregates/runtime/receipt.h"

namespace chopmark::runtime::wire {

/// The peer runs another version of the software.
inline constexpr Reason other_version{"node.other_version", Kind::unavailable};
inline constexpr Reason malformed{"node.malformed", Kind::invalid};
/// The peer gave a reason that is no dotted name, or one too many to be kept.
inline constexpr Reason reason_untold{"node.reason_untold", Kind::internal};

struct CitizenOrder {
    AccountId account;
    citizen::Command command;
    CommandHead head;
};
struct ControlOrder {
    control::Command command;
    CommandHead head;
};
using Order = std::variant<CitizenOrder, ControlOrder>;

struct CardQuestion {
    Slot slot;
    citizen::CardToken card;
};
using StatePtr = std::shared_ptr<const citizen::State>;
using HolderPtr = std::shared_ptr<const citizen::CardHolder>;

Bytes encode_order(const Order& order);
Result<Order> decode_order(ByteView bytes);
Bytes encode_account(const AccountId& account);
Result<AccountId> decode_account(ByteView bytes);
Bytes encode_card(const CardQuestion& question);
Result<CardQuestion> decode_card(ByteView bytes);

// Of answers the error is the peer's own, or one of those above.
Bytes encode_receipt(const Result<Receipt>& outcome);
Result<Receipt> decode_receipt(ByteView bytes);
Bytes encode_state(const Result<StatePtr>& state);
Result<StatePtr> decode_state(ByteView bytes);
Bytes encode_holder(const Result<HolderPtr>& holder);
Result<HolderPtr> decode_holder(ByteView bytes);

/// An answer that is an error. This part of the grammar has no fingerprint: it never changes.
Bytes encode_refusal(const Error& error);
/// Nothing if the answer is no error; node.malformed if it is neither.
std::optional<Error> decode_refusal(ByteView bytes);

}  // namespace chopmark::runtime::wire
