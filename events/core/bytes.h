// Bytes as RocksDB and Protobuf take them, and the few conversions that every room needs. All
// integers on disk and wire are big-endian, so that keys sort as numbers do. Decoders never throw;
// they return nothing on bad input.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chopmark {

using Bytes = std::string;
using ByteView = std::string_view;

template <std::size_t N>
using ByteArray = std::array<std::uint8_t, N>;

template <std::size_t N>
ByteView view(const ByteArray<N>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), N};
}

/// Copies exactly N bytes; the caller has checked that view.size() == N.
template <std::size_t N>
ByteArray<N> to_array(ByteView bytes) {
    ByteArray<N> out{};
    for (std::size_t i = 0; i < N && i < bytes.size(); ++i) {
        out[i] = static_cast<std::uint8_t>(bytes[i]);
    }
    return out;
}

template <class Integer>
void append_big_endian(Bytes& out, Integer value) {
    for (int shift = static_cast<int>(sizeof(Integer)) * 8 - 8; shift >= 0; shift -= 8) {
        out.push_back(static_cast<char>(static_cast<std::uint8_t>(value >> shift)));
    }
}

template <class Integer>
void put_big_endian(char* out, Integer value) {
    for (std::size_t i = 0; i < sizeof(Integer); ++i) {
        out[i] =
            static_cast<char>(static_cast<std::uint8_t>(value >> (8 * (sizeof(Integer) - 1 - i))));
    }
}

/// Reads sizeof(Integer) bytes at `at`; the caller has checked that they are there.
template <class Integer>
Integer get_big_endian(ByteView bytes, std::size_t at = 0) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Integer); ++i) {
        value = (value << 8) | static_cast<std::uint8_t>(bytes[at + i]);
    }
    return static_cast<Integer>(value);
}

/// Lower-case hexadecimal.
std::string to_hex(ByteView bytes);
/// Accepts both cases; nothing for an odd length or a foreign character.
std::optional<Bytes> from_hex(std::string_view text);

/// RFC 4648 section 4, with padding.
std::string to_base64(ByteView bytes);
/// Strict: canonical padding, no white space, no foreign characters.
std::optional<Bytes> from_base64(std::string_view text);

/// RFC 4648 section 6 without padding, upper case.
std::string to_base32(ByteView bytes);
std::optional<Bytes> from_base32(std::string_view text);

}  // namespace chopmark
