#include "gateways/service/redrawn_code.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "events/core/bytes.h"
#include "events/crypto/digest.h"

namespace chopmark::service {
namespace {

constexpr std::size_t step_digits = 3;
constexpr std::size_t code_digits = 8;
constexpr std::uint32_t code_modulus = 100'000'000;
constexpr std::size_t suffix_characters = 1 + step_digits + 1 + code_digits;

bool is_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

ScannedText read_scanned(std::string_view text) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) {
        return {text, std::nullopt};
    }
    const std::string_view suffix = text.substr(dot);
    if (suffix.size() != suffix_characters || suffix[1 + step_digits] != '.') {
        return {};
    }
    const std::string_view step = suffix.substr(1, step_digits);
    RedrawnCode code{0, suffix.substr(suffix_characters - code_digits)};
    if (!is_digits(step) || !is_digits(code.digits)) {
        return {};
    }
    std::from_chars(step.data(), step.data() + step.size(), code.step);
    return {text.substr(0, dot), code};
}

Digest page_key(std::string_view browser_secret) {
    return crypto::hmac_sha256(browser_secret, "chopmark/redrawn-qr/1");
}

std::string code_of_step(ByteView key, std::uint64_t step) {
    constexpr unsigned low_nibble = 0x0f;
    constexpr std::uint32_t without_sign = 0x7fff'ffff;
    Bytes counter;
    append_big_endian(counter, step);
    const Digest mac = crypto::hmac_sha256(key, counter);
    const std::size_t at = static_cast<std::uint8_t>(mac.bytes().back()) & low_nibble;
    const auto number = get_big_endian<std::uint32_t>(mac.bytes(), at) & without_sign;
    return fmt::format("{:0{}}", number % code_modulus, code_digits);
}

std::string redrawn_text(std::string_view handle, ByteView key, std::uint64_t step) {
    return fmt::format("{}.{:0{}}.{}", handle, step, step_digits, code_of_step(key, step));
}

Result<void> check_redrawn(const RedrawnCode& code, ByteView key, Instant drawn_at, Instant now) {
    const Instant began = drawn_at + redraw_step * static_cast<std::int64_t>(code.step);
    const bool right = crypto::equal_constant_time(code_of_step(key, code.step), code.digits);
    if (!right || began > now + redraw_step) {
        return qr_code_wrong;
    }
    return now - began > redrawn_life ? Result<void>(qr_code_old) : Result<void>();
}

}  // namespace chopmark::service
