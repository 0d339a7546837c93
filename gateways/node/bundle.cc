#include "gateways/node/bundle.h"

namespace chopmark::node {
namespace {

constexpr std::size_t length_bytes = 4;

}  // namespace

Bytes bundle(std::span<const Bytes> messages) {
    Bytes out;
    for (const Bytes& message : messages) {
        append_big_endian(out, static_cast<std::uint32_t>(message.size()));
        out.append(message);
    }
    return out;
}

std::optional<std::vector<ByteView>> unbundle(ByteView bytes) {
    std::vector<ByteView> out;
    while (!bytes.empty()) {
        if (bytes.size() < length_bytes || out.size() == bundle_messages) {
            return std::nullopt;
        }
        const std::size_t length = get_big_endian<std::uint32_t>(bytes);
        bytes.remove_prefix(length_bytes);
        if (bytes.size() < length) {
            return std::nullopt;
        }
        out.push_back(bytes.substr(0, length));
        bytes.remove_prefix(length);
    }
    return out.empty() ? std::nullopt : std::optional(std::move(out));
}

}  // namespace chopmark::node
