// Reads sign-ins out of a Linux auth.log: syslog lines (RFC 3164 time stamps) of sshd that say
// "Accepted METHOD for USER from ADDRESS port N" or "Failed METHOD for [invalid user] USER from …".
// "message repeated N times: [ … ]" stands for N of the line inside. All other lines are read over.
// Bytes of the file are nobody's promise: a user name may hold anything, and no line longer than
// limits::import_line_bytes is looked at. Pure.
#pragma once

#include <optional>
#include <string>

#include "events/core/bytes.h"
#include "events/core/instant.h"
#include "events/core/result.h"
#include "events/core/sensitive.h"

namespace chopmark::import {

inline constexpr Reason bad_zone{"import.bad_zone", Kind::invalid};

/// The month, day and time of a line, without year and zone.
struct LocalTime {
    unsigned month = 1;
    unsigned day = 1;
    std::chrono::seconds of_day{};

    friend auto operator<=>(const LocalTime&, const LocalTime&) = default;
};

struct SignIn {
    LocalTime at;
    std::string host;     // that wrote the line
    std::string service;  // e.g. sshd
    std::string method;   // e.g. password, publickey
    bool accepted = false;
    bool user_known = true;
    std::uint32_t repeats = 1;
    Sensitive<Bytes> user;
    Sensitive<std::string> address;
    std::uint32_t port = 0;
};

enum class LineKind : std::uint8_t { sign_in, other, malformed };
struct Line {
    LineKind kind = LineKind::malformed;
    std::optional<LocalTime> at;  // of any line of syslog
    std::optional<SignIn> sign_in;
};

Line read_line(ByteView line);

/// "UTC", "Z", "+08:00", "-0330": what the file's clock is ahead of UTC. import.bad_zone.
Result<std::chrono::minutes> zone_offset(std::string_view name);

/// Puts the year to the lines of one file, in their order: a month that falls back by more than
/// half a year is a new year.
class FileTimes {
  public:
    FileTimes(int first_year, std::chrono::minutes zone) : year_(first_year), zone_(zone) {}
    /// Nothing for a day that the year does not have.
    std::optional<Instant> instant_of(const LocalTime& local);
    [[nodiscard]] int year() const { return year_; }

  private:
    int year_;
    std::chrono::minutes zone_;
    std::optional<LocalTime> last_;
};

}  // namespace chopmark::import
