#include "gateways/security/security_schemas.h"

#include "events/core/limits.h"

namespace chopmark::security {
namespace {

using namespace http::words;

Json verdict() { return one_of({"confirmed", "false_alarm", "benign", "undecided"}); }
Json note() { return text(limits::note_bytes); }

Members layers(Members members) {
    members.emplace_back("leaf", map_of(anything()));
    members.emplace_back("link", map_of(anything()));
    members.emplace_back("personal", maybe(map_of(anything())));
    return members;
}

Member records() {
    return {"records",
            list(closed(
                layers({{"type", maybe(text())}, {"event", id()}, {"recorded_at", millis()}})))};
}

Json severities() { return one_of({"informational", "low", "medium", "high", "critical"}); }

Members alert() {
    return layers({{"alert", digest()},
                   {"rule", text()},
                   {"severity", maybe(severities())},
                   {"revision", number()},
                   {"standing", one_of({"open", "acknowledged", "closed"})},
                   {"verdict", maybe(verdict())},
                   {"first_raised_at", millis()},
                   {"raised_at", millis()},
                   {"changed_at", millis()},
                   {"changed", number()}});
}

Members told_case() {
    return layers({{"case", id()},
                   {"kind", text()},
                   {"standing", one_of({"open", "closed"})},
                   {"verdict", maybe(verdict())},
                   {"opened_at", millis()},
                   {"changed_at", millis()}});
}

Json with(Members members, Member more) {
    members.push_back(std::move(more));
    return closed(members);
}

}  // namespace

std::vector<RowSchema> security_schemas() {
    const Json closing = open({{"verdict", verdict()}, {"note?", note()}});
    const auto of_alerts =
        paged({parameter("standing", one_of({"open", "acknowledged", "closed"}), "all otherwise"),
               parameter("severity", severities(), "at least"),
               parameter("rule", text(), "of this rule only")});
    const auto of_cases = paged({parameter("standing", one_of({"open", "closed"}), "all otherwise"),
                                 parameter("kind", text(), "of this kind only"),
                                 parameter("alert", digest(), "of this alert only")});
    return {{"security.alert.list", {}, page(closed(alert())), of_alerts},
            {"security.alert.show", {}, with(alert(), records())},
            {"security.alert.acknowledge", open({{"note?", note()}}), receipt()},
            {"security.alert.close", closing, receipt()},
            {"security.case.list", {}, page(closed(told_case())), of_cases},
            {"security.case.show", {}, with(told_case(), records())},
            {"security.case.open",
             open({{"kind", text(limits::purpose_bytes)}, {"alert?", digest()}, {"note?", note()}}),
             receipt({{"case", id()}})},
            {"security.case.note", open({{"note", note()}}), receipt()},
            {"security.case.close", closing, receipt()}};
}

}  // namespace chopmark::security
