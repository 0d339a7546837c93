#include "gateways/audit/audit_schemas.h"

#include "events/core/limits.h"

namespace chopmark::audit {
namespace {

using namespace http::words;

Json purpose() { return text(limits::purpose_bytes); }
Json partition() { return number(0, limits::partitions); }

Json head(Members more = {}) {
    more.emplace_back("size", number());
    more.emplace_back("root", base64(32));
    return closed(more);
}

Json heads() { return list(head({{"partition", partition()}})); }

Json leaf() {
    return closed({{"sequence", number()},
                   {"type", text()},
                   {"event", id()},
                   {"recorded_at", millis()},
                   {"leaf_hash", digest()},
                   {"leaf", base64(limits::leaf_bytes)},
                   {"fields", anything()}});
}

/// An answer to a question is recorded before it is given, and names the question.
Json answered(Members members) {
    members.emplace_back("query", id());
    return receipt(std::move(members));
}

Json record() {
    return closed({{"event", id()},
                   {"type", text()},
                   {"recorded_at", millis()},
                   {"partition", partition()},
                   {"sequence", number()},
                   {"leaf", map_of(anything())},
                   {"link", map_of(anything())},
                   {"personal_layer", one_of({"absent", "sealed", "opened", "gone", "damaged"})},
                   {"personal", maybe(map_of(anything()))}});
}

std::vector<RowSchema> question_rows() {
    const Json topics =
        one_of({"all", "account", "devices", "logins", "consents", "signatures", "looks"});
    return {{"audit.query.log",
             open({{"purpose", purpose()},
                   {"account?", id()},
                   {"event?", id()},
                   {"boxes?", flag()},
                   {"topic?", topics},
                   {"from_at?", millis()},
                   {"until_at?", millis()},
                   {"visible_from_at?", millis()},
                   {"case?", id()},
                   {"cursor?", text()},
                   {"limit?", number()}}),
             answered({{"items", list(record())}, {"next", maybe(text())}, {"account", id()}})},
            {"audit.query.range",
             open({{"purpose", purpose()},
                   {"partition", partition()},
                   {"from", number()},
                   {"limit?", number(1, INT64_MAX)},
                   {"case?", id()}}),
             answered({{"partition", partition()},
                       {"from", number()},
                       {"leaves", list(leaf())},
                       {"next", maybe(number())}})},
            {"audit.query.verify", open({{"purpose", purpose()}, {"event", id()}, {"case?", id()}}),
             answered({{"partition", partition()},
                       {"leaf", leaf()},
                       {"tree", head()},
                       {"inclusion", list(base64(32))},
                       {"cut", maybe(number())}})}};
}

}  // namespace

std::vector<RowSchema> audit_schemas() {
    const Json query =
        closed({{"query", id()},
                {"kind", one_of({"records", "subject", "relying_party", "statistics", "export"})},
                {"standing", one_of({"asked", "approved", "refused", "answered"})},
                {"asked_by", id()},
                {"boxes", flag()},
                {"purpose", text()},
                {"asked_at", millis()},
                {"until_at", maybe(millis())}});
    const Json note = text(limits::note_bytes);
    std::vector<RowSchema> rows = question_rows();
    rows.push_back({"audit.query.list", {}, page(query)});
    rows.push_back(
        {"audit.query.approve", open({{"hours?", number(1, 168)}, {"note?", note}}), receipt()});
    rows.push_back({"audit.query.refuse", open({{"note?", note}}), receipt()});
    rows.push_back({"audit.heads.show",
                    {},
                    closed({{"now", heads()}, {"cut", number()}, {"of_cut", heads()}})});
    rows.push_back({"audit.consistency.show",
                    {},
                    closed({{"partition", partition()},
                            {"older", head()},
                            {"newer", head()},
                            {"consistency", list(base64(32))}})});
    return rows;
}

}  // namespace chopmark::audit
