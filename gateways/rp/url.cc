#include "gateways/rp/url.h"

#include <algorithm>
#include <charconv>

namespace chopmark::rp {
namespace {

bool is_unreserved(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

}  // namespace

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size() + 16);
    for (const char c : text) {
        if (is_unreserved(c)) {
            out.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out.push_back('%');
        out.push_back(digits[byte >> 4]);
        out.push_back(digits[byte & 15]);
    }
    return out;
}

std::string with_query(std::string_view address, const QueryParams& params) {
    const std::size_t hash = address.find('#');
    std::string out(address.substr(0, hash));
    const bool has_query = out.find('?') != std::string::npos;
    char separator = has_query ? '&' : '?';
    if (has_query && (out.ends_with('?') || out.ends_with('&'))) {
        separator = '\0';
    }
    for (const auto& [name, value] : params) {
        if (value.empty()) {
            continue;
        }
        if (separator != '\0') {
            out.push_back(separator);
        }
        out.append(name).append("=").append(percent_encode(value));
        separator = '&';
    }
    if (hash != std::string_view::npos) {
        out.append(address.substr(hash));
    }
    return out;
}

std::optional<Url> parse_url(std::string_view text) {
    Url url;
    url.https = text.starts_with("https://");
    if ((!url.https && !text.starts_with("http://")) ||
        !std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; })) {
        return std::nullopt;
    }
    text.remove_prefix(url.https ? 8 : 7);
    text = text.substr(0, text.find('#'));
    const std::size_t end = std::min(text.find_first_of("/?"), text.size());
    std::string_view authority = text.substr(0, end);
    url.path = text.substr(end);
    if (!url.path.starts_with('/')) {
        url.path.insert(0, "/");
    }
    std::size_t colon = authority.rfind(':');
    if (authority.starts_with('[')) {
        const std::size_t close = authority.find(']');
        if (close == std::string_view::npos) {
            return std::nullopt;
        }
        url.host = authority.substr(1, close - 1);
        colon = close + 1 == authority.size() ? std::string_view::npos : close + 1;
    } else {
        url.host = authority.substr(0, colon);
    }
    url.port = url.https ? 443 : 80;
    if (colon != std::string_view::npos) {
        const std::string_view port = authority.substr(colon);
        const auto read = std::from_chars(port.data() + 1, port.data() + port.size(), url.port);
        if (port[0] != ':' || read.ec != std::errc() || read.ptr != port.data() + port.size()) {
            return std::nullopt;
        }
    }
    const bool good =
        !url.host.empty() && url.port != 0 && url.host.find_first_of("@\\[]") == std::string::npos;
    return good ? std::optional(std::move(url)) : std::nullopt;
}

}  // namespace chopmark::rp
