#include "aggregates/runtime/command_wire.h"

#include <algorithm>
#include <mutex>

#include "aggregates/runtime/command_wire_message.h"
#include "events/schema/event.h"

namespace chopmark::runtime::wire {
namespace {

constexpr std::size_t reason_bytes = 128;
/// Names of peers' reasons that are kept for ever; all rooms together have some hundred.
constexpr std::size_t kept_reasons = 4096;

bool is_dotted_name(std::string_view name) {
    return !name.empty() && name.size() <= reason_bytes &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
           });
}

/// A Reason only points at its name, so a peer's has to stay somewhere.
std::optional<std::string_view> keep_name(std::string_view name) {
    static std::mutex mutex;
    static std::set<std::string, std::less<>> kept;
    const std::lock_guard lock(mutex);
    if (const auto known = kept.find(name); known != kept.end()) {
        return *known;
    }
    if (!is_dotted_name(name) || kept.size() >= kept_reasons) {
        return std::nullopt;
    }
    return *kept.emplace(name).first;
}

}  // namespace

Bytes encode_order(const Order& order) { return encode_message(order); }
Result<Order> decode_order(ByteView bytes) { return decode_message<Order>(bytes); }
Bytes encode_account(const AccountId& account) { return encode_message(account); }
Result<AccountId> decode_account(ByteView bytes) { return decode_message<AccountId>(bytes); }
Bytes encode_card(const CardQuestion& question) { return encode_message(question); }
Result<CardQuestion> decode_card(ByteView bytes) { return decode_message<CardQuestion>(bytes); }

Bytes encode_receipt(const Result<Receipt>& outcome) { return encode_answer(outcome); }
Result<Receipt> decode_receipt(ByteView bytes) {
    auto outcome = decode_answer<Receipt>(bytes);
    if (outcome && outcome->event == nullptr) {
        return malformed;
    }
    return outcome;
}
Bytes encode_state(const Result<StatePtr>& state) { return encode_answer(state); }
Result<StatePtr> decode_state(ByteView bytes) { return decode_answer<StatePtr>(bytes); }
Bytes encode_holder(const Result<HolderPtr>& holder) { return encode_answer(holder); }
Result<HolderPtr> decode_holder(ByteView bytes) { return decode_answer<HolderPtr>(bytes); }

Bytes encode_refusal(const Error& error) {
    Writer out;
    out.flag(false);
    out.text(error.reason.name);
    out.text(error.detail);
    out.number(static_cast<std::uint8_t>(error.kind()));
    return std::move(out).take();
}

std::optional<Error> decode_refusal(ByteView bytes) {
    Reader in(bytes);
    if (in.flag()) {
        return std::nullopt;
    }
    const ByteView name = in.text();
    std::string detail(in.text());
    const auto kind = in.number<std::uint8_t>();
    if (!in.finished() || kind > static_cast<std::uint8_t>(Kind::internal)) {
        return Error(malformed);
    }
    const auto kept = keep_name(name);
    return kept ? Error(Reason{*kept, static_cast<Kind>(kind)}, std::move(detail))
                : Error(reason_untold);
}

}  // namespace chopmark::runtime::wire
