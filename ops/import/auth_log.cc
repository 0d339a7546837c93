#include "ops/import/auth_log.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "events/core/limits.h"

namespace chopmark::import {
namespace {

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::size_t stamp_bytes = 15;  // "Mar 27 13:06:56"

template <class Number>
std::optional<Number> number(ByteView text) {
    Number out{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() && !text.empty()
               ? std::optional(out)
               : std::nullopt;
}

/// Cuts off what stands before `separator`, and the separator.
std::optional<ByteView> take_until(ByteView& rest, ByteView separator) {
    const auto at = rest.find(separator);
    if (at == ByteView::npos) {
        return std::nullopt;
    }
    const ByteView out = rest.substr(0, at);
    rest.remove_prefix(at + separator.size());
    return out;
}

bool take_prefix(ByteView& rest, ByteView prefix) {
    if (!rest.starts_with(prefix)) {
        return false;
    }
    rest.remove_prefix(prefix.size());
    return true;
}

std::optional<LocalTime> read_stamp(ByteView text) {
    if (text.size() != stamp_bytes || text[3] != ' ' || text[6] != ' ' || text[9] != ':' ||
        text[12] != ':') {
        return std::nullopt;
    }
    const auto* const month = std::find(months.begin(), months.end(), text.substr(0, 3));
    const auto day = number<unsigned>(text[4] == ' ' ? text.substr(5, 1) : text.substr(4, 2));
    const auto hours = number<unsigned>(text.substr(7, 2));
    const auto minutes = number<unsigned>(text.substr(10, 2));
    const auto seconds = number<unsigned>(text.substr(13, 2));
    if (month == months.end() || !day || *day < 1 || *day > 31 || !hours || *hours > 23 ||
        !minutes || *minutes > 59 || !seconds || *seconds > 60) {
        return std::nullopt;
    }
    return LocalTime{static_cast<unsigned>(month - months.begin()) + 1, *day,
                     std::chrono::hours(*hours) + std::chrono::minutes(*minutes) +
                         std::chrono::seconds(*seconds)};
}

/// "Failed password for invalid user USER from ADDRESS port 22 ssh2"; the user may hold blanks and
/// even " from ", so the end is read from behind.
bool read_attempt(ByteView text, SignIn& out) {
    if (take_prefix(text, "Accepted ")) {
        out.accepted = true;
    } else if (!take_prefix(text, "Failed ")) {
        return false;
    }
    const auto method = take_until(text, " for ");
    if (!method || method->empty() || method->find(' ') != ByteView::npos) {
        return false;
    }
    out.method = std::string(*method);
    out.user_known = !take_prefix(text, "invalid user ");
    const auto from = text.rfind(" from ");
    if (from == ByteView::npos) {
        return false;
    }
    out.user = Sensitive(Bytes(text.substr(0, from)));
    text.remove_prefix(from + std::string_view(" from ").size());
    const auto address = take_until(text, " port ");
    if (!address || address->empty()) {
        return false;
    }
    out.address = Sensitive(std::string(*address));
    const auto port = number<std::uint16_t>(text.substr(0, text.find(' ')));
    out.port = port.value_or(0);
    return port.has_value();
}

}  // namespace

Line read_line(ByteView line) {
    Line out;
    if (line.size() > limits::import_line_bytes || line.size() <= stamp_bytes) {
        return out;
    }
    out.at = read_stamp(line.substr(0, stamp_bytes));
    ByteView rest = line.substr(stamp_bytes);
    if (!out.at || !take_prefix(rest, " ")) {
        return out;
    }
    const auto host = take_until(rest, " ");
    const auto tag = take_until(rest, ": ");
    out.kind = LineKind::other;
    if (!host || !tag || tag->substr(0, tag->find('[')) != "sshd") {
        return out;
    }
    SignIn sign_in;
    sign_in.at = *out.at;
    sign_in.host = std::string(*host);
    sign_in.service = "sshd";
    if (take_prefix(rest, "message repeated ")) {
        const auto times = take_until(rest, " times: [ ");
        const auto repeats = times ? number<std::uint32_t>(*times) : std::nullopt;
        if (!repeats || *repeats == 0 || *repeats > limits::import_repeats ||
            !rest.ends_with("]")) {
            return out;
        }
        rest.remove_suffix(1);
        sign_in.repeats = *repeats;
    }
    if (read_attempt(rest, sign_in)) {
        out.kind = LineKind::sign_in;
        out.sign_in = std::move(sign_in);
    }
    return out;
}

Result<std::chrono::minutes> zone_offset(std::string_view name) {
    if (name == "UTC" || name == "Z") {
        return std::chrono::minutes(0);
    }
    std::string digits(name.substr(name.empty() ? 0 : 1));
    std::erase(digits, ':');
    const auto hours =
        digits.size() == 4 ? number<int>(ByteView(digits).substr(0, 2)) : std::nullopt;
    const auto minutes = hours ? number<int>(ByteView(digits).substr(2)) : std::nullopt;
    if (!minutes || *hours < 0 || *hours > 14 || *minutes < 0 || *minutes > 59 ||
        (name.front() != '+' && name.front() != '-')) {
        return Error(bad_zone, "UTC, or hours and minutes ahead of it, as +08:00");
    }
    const std::chrono::minutes ahead = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    return name.front() == '-' ? -ahead : ahead;
}

std::optional<Instant> FileTimes::instant_of(const LocalTime& local) {
    constexpr unsigned half_a_year = 6;
    if (last_ && local.month + half_a_year < last_->month) {
        ++year_;
    }
    last_ = local;
    const std::chrono::year_month_day date{
        std::chrono::year(year_), std::chrono::month(local.month), std::chrono::day(local.day)};
    if (!date.ok()) {
        return std::nullopt;
    }
    const auto seconds = std::chrono::sys_days(date).time_since_epoch() + local.of_day - zone_;
    return Instant::from_seconds(std::chrono::duration_cast<std::chrono::seconds>(seconds).count());
}

}  // namespace chopmark::import
