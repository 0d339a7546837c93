// Why something was refused or failed. A Reason is a stable dotted name with a closed Kind; it is
// declared `inline constexpr` next to the code that gives it and never renamed, for clients match
// on it. Detail is for people and logs and MUST NOT hold personal data. HTTP status and retry
// advice are derived from Kind alone (gateways/http/problem.h).
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>

namespace chopmark {

enum class Kind : std::uint8_t {
    invalid,          // malformed input: the same bytes will never do
    unauthenticated,  // who calls is not established
    forbidden,        // known caller, not permitted
    not_found,
    conflict,     // contradicts what is already recorded
    refused,      // a rule of the domain says no
    expired,      // was possible, is no longer
    busy,         // a bound is reached: retry after a pause
    unavailable,  // a part that is needed is down: retry later
    unknown,      // outcome unknown: the same command id may be sent again
    damaged,      // stored bytes contradict their digest
    internal,     // a bug
};

struct Reason {
    std::string_view name;
    Kind kind;

    friend constexpr bool operator==(const Reason& a, const Reason& b) { return a.name == b.name; }
};

struct Error {
    Reason reason;
    std::string detail;

    Error(Reason why, std::string what = {}) : reason(why), detail(std::move(what)) {}

    [[nodiscard]] Kind kind() const { return reason.kind; }
    friend bool operator==(const Error& a, const Reason& b) { return a.reason == b; }
};

/// "login.request_expired: detail", for logs.
std::string to_string(const Error& error);
std::ostream& operator<<(std::ostream& out, const Error& error);
std::ostream& operator<<(std::ostream& out, const Reason& reason);
std::string_view to_string(Kind kind);

}  // namespace chopmark
