#include "gateways/http/answer_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "events/core/instant.h"
#include "gateways/http/problem.h"

namespace chopmark::http {
namespace {

bool is_token(std::string_view name) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != std::string_view::npos;
    });
}

bool is_field_value(std::string_view value) {
    return std::all_of(value.begin(), value.end(), [](char c) {
        return static_cast<std::uint8_t>(c) >= 0x20 ? c != 0x7F : c == '\t';
    });
}

bool is_framing(const std::string& name) {
    const auto same = [&](std::string_view other) {
        return name.size() == other.size() &&
               std::equal(name.begin(), name.end(), other.begin(), [](char a, char b) {
                   return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
               });
    };
    return same("connection") || same("content-length") || same("transfer-encoding") ||
           same("date");
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

void append_number(std::string& out, std::size_t value) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

}  // namespace

std::optional<std::string> answer_text(const httplib::Response& response,
                                       const AnswerFrame& frame) {
    const int status = response.status == -1 ? 200 : response.status;
    if (status < 200 || status > 599 || response.content_provider_) {
        return std::nullopt;
    }
    const bool bodiless = status == 204 || status == 304;
    std::string out;
    out.reserve(256 + response.headers.size() * 64 + response.body.size());
    out.append("HTTP/1.1 ");
    append_number(out, static_cast<std::size_t>(status));
    out.append(" ").append(phrase_of(status)).append("\r\n");
    append_field(out, "Date", frame.date);
    for (const auto& [name, value] : response.headers) {
        if (!is_token(name) || !is_field_value(value)) {
            return std::nullopt;
        }
        if (!is_framing(name)) {
            append_field(out, name, value);
        }
    }
    // Answers speak about persons: nothing between here and the client may keep them.
    if (!response.has_header("Cache-Control")) {
        append_field(out, "Cache-Control", "no-store");
    }
    append_field(out, "X-Content-Type-Options", "nosniff");
    append_field(out, "traceparent", to_traceparent(frame.trace));
    if (!frame.keep_alive) {
        append_field(out, "Connection", "close");
    }
    if (frame.endless && !frame.http_1_0) {
        append_field(out, "Transfer-Encoding", "chunked");
    } else if (!frame.endless && !bodiless) {
        out.append("Content-Length: ");
        append_number(out, response.body.size());
        out.append("\r\n");
    }
    out.append("\r\n");
    if (!frame.endless && !bodiless && !frame.head_only) {
        out.append(response.body);
    }
    return out;
}

std::string chunk_text(std::string_view bytes) {
    if (bytes.empty()) {
        return {};
    }
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), bytes.size(), 16);
    std::string out(digits.data(), end.ptr);
    return out.append("\r\n").append(bytes).append("\r\n");
}

std::string http_date(Instant at) {
    using namespace std::chrono;
    static constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed",
                                                        "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> months = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const year_month_day date = utc_date(at);
    const unsigned day_of_week = weekday(sys_days(date)).c_encoding();
    const auto second = static_cast<int>(((at.seconds() % 86400) + 86400) % 86400);
    std::array<char, 64> text{};
    const int size = std::snprintf(
        text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT", days[day_of_week],
        static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
        static_cast<int>(date.year()), second / 3600, second / 60 % 60, second % 60);
    return std::string(text.data(), static_cast<std::size_t>(size));
}

}  // namespace chopmark::http
