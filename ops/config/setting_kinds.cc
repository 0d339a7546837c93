#include "ops/config/setting_kinds.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdio>

namespace chopmark::config {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t micros;
};

// Longest first: a duration is shown in the largest unit that divides it.
constexpr std::array units{
    Unit{"d", 86'400'000'000}, Unit{"h", 3'600'000'000}, Unit{"min", 60'000'000},
    Unit{"s", 1'000'000},      Unit{"ms", 1'000},        Unit{"us", 1},
};
constexpr std::int64_t most_micros = 10'000 * units.front().micros;

bool starts_with_host(std::string_view rest) {
    return !rest.empty() && rest.front() != '/' && rest.front() != ':';
}

}  // namespace

std::string duration_text(Duration duration) {
    const std::int64_t micros = duration.count();
    const auto* const unit = std::find_if(units.begin(), units.end(), [micros](const Unit& each) {
        return micros != 0 && micros % each.micros == 0;
    });
    const Unit& shown = unit == units.end() ? units[3] : *unit;
    return std::to_string(micros / shown.micros).append(shown.name);
}

bool parse_duration(std::string_view text, Duration& out) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || count < 0) {
        return false;
    }
    const std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
    for (const Unit& unit : units) {
        if (unit.name == name && count <= most_micros / unit.micros) {
            out = Duration(count * unit.micros);
            return true;
        }
    }
    return false;
}

std::string toml_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out.append({'\\', c});
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            std::array<char, 8> escape{};
            std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
            out += escape.data();
        } else {
            out += c;
        }
    }
    return out + '"';
}

std::string any_text(const std::string&) { return {}; }

std::string not_empty(const std::string& text) {
    return text.empty() ? "must not be empty" : std::string();
}

std::string node_name(const std::string& text) {
    const bool good = !text.empty() && text.size() <= 63 &&
                      std::all_of(text.begin(), text.end(), [](unsigned char c) {
                          return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-';
                      });
    return good ? std::string() : "must be 1..63 of a-z, 0-9 and -";
}

std::string numeric_address(const std::string& text) {
    std::array<unsigned char, 16> parsed{};
    const bool good = inet_pton(AF_INET, text.c_str(), parsed.data()) == 1 ||
                      inet_pton(AF_INET6, text.c_str(), parsed.data()) == 1;
    return good ? std::string() : "must be an IPv4 or IPv6 address in digits";
}

std::string empty_or_https(const std::string& text) {
    const bool good = text.empty() || (text.starts_with("https://") &&
                                       starts_with_host(std::string_view(text).substr(8)));
    return good ? std::string() : "must be empty or begin with https:// and a host";
}

std::string empty_or_web_origin(const std::string& text) {
    if (text.empty()) {
        return {};
    }
    const std::size_t scheme = text.starts_with("https://") ? 8 : 7;
    const bool good = (scheme == 8 || text.starts_with("http://")) &&
                      starts_with_host(std::string_view(text).substr(scheme)) &&
                      text.find('/', scheme) == std::string::npos;
    return good ? std::string() : "must be empty or scheme, host and port: https://host:443";
}

}  // namespace chopmark::config
