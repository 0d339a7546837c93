#include "gateways/http/target.h"

#include <algorithm>
#include <charconv>

#include "events/core/limits.h"

namespace chopmark::http {
namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Length of the UTF-8 sequence at the front of `bytes` (RFC 3629), 0 if there is none.
std::size_t sequence_length(std::string_view bytes) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
    const std::uint8_t first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || bytes.size() < size) {
        return 0;
    }
    // The second byte's range rules out overlong forms, surrogates and what lies above U+10FFFF.
    const std::uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const std::uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (byte(1) < low || byte(1) > high) {
        return 0;
    }
    for (std::size_t i = 2; i < size; ++i) {
        if ((byte(i) & 0xC0) != 0x80) {
            return 0;
        }
    }
    return size;
}

/// 0 to 65535 without more digits than that takes; empty is the scheme's own (RFC 3986 3.2.3).
bool is_port(std::string_view text) {
    constexpr std::size_t most_digits = 5;
    constexpr unsigned highest = 65535;
    unsigned port = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
    return text.empty() || (text.size() <= most_digits && read.ec == std::errc() &&
                            read.ptr == text.data() + text.size() && port <= highest);
}

bool is_path_sound(std::string_view path) {
    if (path == "*") {
        return true;
    }
    if (path.empty() || path.front() != '/') {
        return false;
    }
    const bool plain = path.find('%') == std::string_view::npos;
    if (plain && path.find("/.") == std::string_view::npos) {
        return true;
    }
    for (std::size_t at = 1; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        const auto segment = percent_decode(path.substr(at, end - at), false);
        if (!segment || *segment == "." || *segment == "..") {
            return false;
        }
        at = end + 1;
    }
    return true;
}

}  // namespace

bool is_utf8(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t length = sequence_length(bytes);
        if (length == 0) {
            return false;
        }
        bytes.remove_prefix(length);
    }
    return true;
}

bool is_authority(std::string_view text) {
    constexpr std::size_t longest = 255;  // of a name in DNS, and room for its port
    if (text.empty() || text.size() > longest) {
        return text.empty();
    }
    const bool literal = text.front() == '[';  // of IPv6
    const std::size_t end = literal ? text.find(']') : std::min(text.find(':'), text.size());
    if (end == std::string_view::npos) {
        return false;
    }
    const std::string_view host = literal ? text.substr(1, end - 1) : text.substr(0, end);
    const std::string_view rest = text.substr(end + (literal ? 1 : 0));
    const std::string_view refused = literal ? "" : "/?#@\\\"<>^`{|}[],";
    const bool sound = std::all_of(host.begin(), host.end(), [&](char c) {
        return literal ? hex_value(c) >= 0 || c == ':' || c == '.'
                       : c > 0x20 && c < 0x7F && refused.find(c) == std::string_view::npos;
    });
    return sound && !host.empty() &&
           (rest.empty() || (rest.front() == ':' && is_port(rest.substr(1))));
}

std::optional<Target> parse_target(std::string_view target) {
    const bool visible = std::all_of(target.begin(), target.end(),
                                     [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
    if (!visible) {
        return std::nullopt;
    }
    if (!target.starts_with('/') && target != "*") {
        const std::size_t scheme = target.find("://");
        if (scheme == std::string_view::npos) {
            return std::nullopt;
        }
        std::string name(target.substr(0, scheme));
        std::transform(name.begin(), name.end(), name.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        if (name != "http" && name != "https") {
            return std::nullopt;
        }
        target.remove_prefix(scheme + 3);
        const std::size_t authority = std::min(target.find_first_of("/?"), target.size());
        if (authority == 0 || !is_authority(target.substr(0, authority))) {
            return std::nullopt;
        }
        target.remove_prefix(authority);
        if (target.empty()) {
            return Target{"/", {}};
        }
    }
    const std::size_t mark = std::min(target.find('?'), target.size());
    Target out{target.substr(0, mark), {}};
    if (mark < target.size()) {
        out.query = target.substr(mark + 1);
    }
    if (out.path.empty()) {
        out.path = "/";  // an absolute form without path: http://host?query
    }
    if (!is_path_sound(out.path)) {
        return std::nullopt;
    }
    return out;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return std::nullopt;
            }
            c = static_cast<char>(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == '\0') {
            return std::nullopt;
        }
        out.push_back(c);
    }
    if (!is_utf8(out)) {
        return std::nullopt;
    }
    return out;
}

std::optional<httplib::Params> parse_form(std::string_view text) {
    httplib::Params out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('&'), text.size());
        const std::string_view pair = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (pair.empty()) {
            continue;
        }
        const std::size_t equals = std::min(pair.find('='), pair.size());
        auto name = percent_decode(pair.substr(0, equals), true);
        auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
        if (!name || !value || out.size() == limits::form_fields) {
            return std::nullopt;
        }
        out.emplace(*std::move(name), *std::move(value));
    }
    return out;
}

}  // namespace chopmark::http
