#include "events/core/error.h"

#include <ostream>

namespace chopmark {

std::string to_string(const Error& error) {
    std::string out(error.reason.name);
    if (!error.detail.empty()) {
        out.append(": ").append(error.detail);
    }
    return out;
}

std::ostream& operator<<(std::ostream& out, const Error& error) { return out << to_string(error); }
std::ostream& operator<<(std::ostream& out, const Reason& reason) { return out << reason.name; }

std::string_view to_string(Kind kind) {
    switch (kind) {
        case Kind::invalid:
            return "invalid";
        case Kind::unauthenticated:
            return "unauthenticated";
        case Kind::forbidden:
            return "forbidden";
        case Kind::not_found:
            return "not_found";
        case Kind::conflict:
            return "conflict";
        case Kind::refused:
            return "refused";
        case Kind::expired:
            return "expired";
        case Kind::busy:
            return "busy";
        case Kind::unavailable:
            return "unavailable";
        case Kind::unknown:
            return "unknown";
        case Kind::damaged:
            return "damaged";
        case Kind::internal:
            return "internal";
    }
    return "internal";
}

}  // namespace chopmark
