#include "events/journal/crc32c.h"

namespace chopmark::journal {
namespace {

constexpr std::uint32_t polynomial = 0x82f63b78;  // reflected
using Table = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Table tables = [] {
    Table out{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
        }
        out[0][byte] = crc;
    }
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        for (std::size_t i = 1; i < 8; ++i) {
            out[i][byte] = (out[i - 1][byte] >> 8) ^ out[0][out[i - 1][byte] & 0xff];
        }
    }
    return out;
}();

std::uint32_t byte_at(ByteView bytes, std::size_t at) {
    return static_cast<std::uint8_t>(bytes[at]);
}

}  // namespace

// Eight bytes a turn: a log of 100 MB is surveyed at every start.
std::uint32_t crc32c(ByteView bytes, std::uint32_t before) {
    std::uint32_t crc = ~before;
    for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
        crc ^= byte_at(bytes, 0) | byte_at(bytes, 1) << 8 | byte_at(bytes, 2) << 16 |
               byte_at(bytes, 3) << 24;
        crc = tables[7][crc & 0xff] ^ tables[6][(crc >> 8) & 0xff] ^ tables[5][(crc >> 16) & 0xff] ^
              tables[4][crc >> 24] ^ tables[3][byte_at(bytes, 4)] ^ tables[2][byte_at(bytes, 5)] ^
              tables[1][byte_at(bytes, 6)] ^ tables[0][byte_at(bytes, 7)];
    }
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        crc = (crc >> 8) ^ tables[0][(crc ^ byte_at(bytes, i)) & 0xff];
    }
    return ~crc;
}

}  // namespace chopmark::journal
