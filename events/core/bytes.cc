#include "events/core/bytes.h"

namespace chopmark {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base32_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

using Reverse = std::array<std::int8_t, 256>;

constexpr Reverse reverse_of(std::string_view digits) {
    Reverse table{};
    table.fill(-1);
    for (std::size_t i = 0; i < digits.size(); ++i) {
        table[static_cast<std::uint8_t>(digits[i])] = static_cast<std::int8_t>(i);
    }
    return table;
}

constexpr Reverse hex_values = [] {
    Reverse table = reverse_of(hex_digits);
    for (int i = 0; i < 6; ++i) {
        table[static_cast<std::size_t>('A' + i)] = static_cast<std::int8_t>(10 + i);
    }
    return table;
}();
constexpr Reverse base64_values = reverse_of(base64_digits);
constexpr Reverse base32_values = reverse_of(base32_digits);

/// The common part of base32 and base64: groups of `width` bits, most significant first.
std::string encode_groups(ByteView bytes, std::string_view digits, unsigned width) {
    std::string out;
    out.reserve((bytes.size() * 8 + width - 1) / width);
    std::uint32_t pending = 0;
    unsigned bits = 0;
    const std::uint32_t mask = (1U << width) - 1;
    for (const char byte : bytes) {
        pending = (pending << 8) | static_cast<std::uint8_t>(byte);
        bits += 8;
        while (bits >= width) {
            bits -= width;
            out.push_back(digits[(pending >> bits) & mask]);
        }
    }
    if (bits > 0) {
        out.push_back(digits[(pending << (width - bits)) & mask]);
    }
    return out;
}

/// Refuses foreign characters and left-over bits that are not zero, so that every value has
/// exactly one spelling.
std::optional<Bytes> decode_groups(std::string_view text, const Reverse& values, unsigned width) {
    Bytes out;
    out.reserve(text.size() * width / 8);
    std::uint32_t pending = 0;
    unsigned bits = 0;
    for (const char digit : text) {
        const std::int8_t value = values[static_cast<std::uint8_t>(digit)];
        if (value < 0) {
            return std::nullopt;
        }
        pending = (pending << width) | static_cast<std::uint32_t>(value);
        bits += width;
        if (bits >= 8) {
            bits -= 8;
            out.push_back(static_cast<char>(static_cast<std::uint8_t>(pending >> bits)));
        }
    }
    if (bits >= width || (pending & ((1U << bits) - 1)) != 0) {
        return std::nullopt;
    }
    return out;
}

}  // namespace

std::string to_hex(ByteView bytes) { return encode_groups(bytes, hex_digits, 4); }

std::optional<Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) {
        return std::nullopt;
    }
    return decode_groups(text, hex_values, 4);
}

std::string to_base64(ByteView bytes) {
    std::string out = encode_groups(bytes, base64_digits, 6);
    out.append((4 - out.size() % 4) % 4, '=');
    return out;
}

std::optional<Bytes> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) {
        return std::nullopt;
    }
    for (int i = 0; i < 2 && text.ends_with('='); ++i) {
        text.remove_suffix(1);
    }
    return decode_groups(text, base64_values, 6);
}

std::string to_base32(ByteView bytes) { return encode_groups(bytes, base32_digits, 5); }

std::optional<Bytes> from_base32(std::string_view text) {
    return decode_groups(text, base32_values, 5);
}

}  // namespace chopmark
