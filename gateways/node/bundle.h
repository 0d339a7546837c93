// Several messages as one: what goes to a peer in one exchange, and its answers in the same order.
//
//   bundle = 1*(length:u32 message)
//
// Pure, safe from any thread.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "events/core/bytes.h"

namespace chopmark::node {

inline constexpr std::size_t bundle_messages = 64;
/// Of all messages but the first, whatever that takes.
inline constexpr std::size_t bundle_bytes = std::size_t{256} * 1024;

Bytes bundle(std::span<const Bytes> messages);
/// Views into `bytes`; nothing if they are no bundle, or of more than `bundle_messages`.
std::optional<std::vector<ByteView>> unbundle(ByteView bytes);

}  // namespace chopmark::node
