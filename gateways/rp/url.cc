#include "gateways/rp/url.h"

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
    char separator = out.find('?') == std::string::npos ? '?' : '&';
    if (out.ends_with('?') || out.ends_with('&')) {
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

}  // namespace chopmark::rp
