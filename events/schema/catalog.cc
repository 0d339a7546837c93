#include "events/schema/catalog.h"

#include <algorithm>
#include <array>
#include <optional>

namespace chopmark::schema {
namespace {

constexpr std::array events{
#define CHOPMARK_EVENT(message, number, version, retention) info<message>(),
#include "events/schema/catalog.def"
#undef CHOPMARK_EVENT
};

constexpr bool before(const EventInfo& a, const EventInfo& b) { return a.type < b.type; }
static_assert(std::is_sorted(events.begin(), events.end(), before), "catalog.def is by number");

constexpr std::array all_families{
    Family{0x00, "log", "The log about itself"},
    Family{0x01, "account", "Accounts"},
    Family{0x02, "device_profile", "Devices and profile"},
    Family{0x03, "login", "Logins"},
    Family{0x04, "consent", "Consents and requests"},
    Family{0x05, "signature", "Signatures and certificates"},
    Family{0x06, "privacy", "Looks and erasures"},
    Family{0x07, "relying_party", "Relying parties"},
    Family{0x08, "administration", "Terminals, people and nodes"},
    Family{0x09, "alert", "Alerts and cases"},
    Family{0x0a, "audit", "Audit"},
    Family{0x0b, "import", "Imported sign-ins"},
};

// A build that a test makes as if it were of an earlier release: it does not know this type.
#ifdef CHOPMARK_UNKNOWN_TYPE
constexpr std::optional<record::TypeNumber> unknown{record::TypeNumber(CHOPMARK_UNKNOWN_TYPE)};
#else
constexpr std::optional<record::TypeNumber> unknown;
#endif

}  // namespace

std::span<const EventInfo> all_events() { return events; }

const EventInfo* find_event(record::TypeNumber type) {
    const auto at = std::lower_bound(
        events.begin(), events.end(), type,
        [](const EventInfo& event, record::TypeNumber number) { return event.type < number; });
    return at != events.end() && at->type == type && type != unknown ? &*at : nullptr;
}

const EventInfo* find_event(std::string_view name) {
    const auto at = std::find_if(events.begin(), events.end(),
                                 [&](const EventInfo& event) { return event.name == name; });
    return at != events.end() ? &*at : nullptr;
}

std::span<const Family> families() { return all_families; }

}  // namespace chopmark::schema
