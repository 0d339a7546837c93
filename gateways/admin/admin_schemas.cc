#include "gateways/admin/admin_schemas.h"

#include "events/core/limits.h"
#include "gateways/admin/kek_authorities.h"

namespace chopmark::admin {
namespace {

using namespace http::words;

Json note() { return text(limits::note_bytes); }
Json point() { return base64(65); }
Json enrolment() { return one_of({"active", "suspended", "withdrawn"}); }
Json service_standing() {
    return one_of({"applied", "trial", "active", "suspended", "withdrawn", "refused"});
}
Json texts() { return list(text()); }

/// Suspends, resumes or withdraws.
Json standing_request() {
    return open(
        {{"standing", enrolment()}, {"alert?", digest()}, {"case?", id()}, {"note?", note()}});
}

// ---- relying parties
// ------------------------------------------------------------------------------

/// What is said of a service; all but the first may be absent where it is set.
Members facts(const char* optional) {
    Members members{{"name_english", text()}};
    const auto add = [&](const char* name, Json schema) {
        members.emplace_back(std::string(name) + optional, std::move(schema));
    };
    for (const char* name :
         {"name_traditional", "name_simplified", "organisation", "open_id_group", "app_scheme"}) {
        add(name, text());
    }
    for (const char* name : {"redirect_uris", "callback_uris", "direct_login_uris"}) {
        add(name, texts());
    }
    for (const char* name :
         {"sensitive", "strict_timestamps", "corp_id", "business_id_per_citizen"}) {
        add(name, flag());
    }
    add("qr", one_of({"either", "redrawn", "static"}));
    for (const char* name : {"token_life_s", "requests_per_minute"}) {
        add(name, number(0, UINT32_MAX));
    }
    return members;
}

Members service_row() {
    Members members = facts("");
    for (Member& member : Members{{"client", id()},
                                  {"standing", service_standing()},
                                  {"reason", text()},
                                  {"scopes", texts()},
                                  {"scopes_applied_for", texts()},
                                  {"kek_fingerprint", hex_text()},
                                  {"kek_not_before_at", maybe(millis())},
                                  {"kek_not_after_at", maybe(millis())},
                                  {"secret_version", number()},
                                  {"content_key_serial", number()},
                                  {"content_key_until_at", millis()},
                                  {"trial", closed({{"tested", flag()},
                                                    {"vetting_rounds", number()},
                                                    {"vetted", flag()},
                                                    {"security_assessed", flag()},
                                                    {"privacy_assessed", flag()}})},
                                  {"approved_at", maybe(millis())},
                                  {"declaration_due_at", maybe(millis())},
                                  {"applied_at", millis()},
                                  {"changed_at", millis()}}) {
        members.push_back(std::move(member));
    }
    return members;
}

/// A KEK by its certificate (PEM, what leads to an authority behind it) or, in a sandbox, bare.
Members with_kek(Members members) {
    members.emplace_back("certificate?", text(kek_pem_bytes));
    members.emplace_back("kek?", base64());
    return members;
}

Members prospect(const char* optional) {
    Members members;
    for (const char* name : {"purpose", "registration_number", "website"}) {
        members.emplace_back(std::string(name) + optional, text());
    }
    members.emplace_back(std::string("logins_a_day") + optional, number(0, UINT32_MAX));
    return members;
}

Json shown_service() {
    Members shown = service_row();
    for (Member& member : prospect("")) {
        shown.push_back(std::move(member));
    }
    shown.emplace_back("launch_at", maybe(millis()));
    shown.emplace_back("contacts",
                       list(closed({{"name", text()}, {"email", text()}, {"telephone", text()}})));
    shown.emplace_back("records", number());
    shown.emplace_back("counted_until_at", millis());
    return closed(shown);
}

Json application() {
    Members members = with_kek(facts("?"));
    for (Member& member : prospect("?")) {
        members.push_back(std::move(member));
    }
    members.emplace_back("launch_at?", millis());
    members.emplace_back("scopes", texts());
    members.emplace_back("contact_name?", text());
    members.emplace_back("contact_email?", text());
    members.emplace_back("contact_telephone?", text());
    return open(members);
}

Json shown_secret() { return receipt({{"client_secret", maybe(text())}}); }

std::vector<RowSchema> relying_party_rows() {
    Members setup = facts("?");
    setup.emplace_back("note?", note());
    const Json scopes = open({{"scopes", texts()}, {"note?", note()}});
    return {{"admin.relying_party.apply", application(), receipt({{"client", id()}})},
            {"admin.relying_party.approve", open(with_kek({{"scopes", texts()}})), shown_secret()},
            {"admin.relying_party.refuse", open({{"note?", note()}}), receipt()},
            {"admin.relying_party.scopes", scopes, receipt()},
            {"admin.relying_party.setup", open(setup), receipt()},
            {"admin.relying_party.key", open(with_kek({{"note?", note()}})), receipt()},
            {"admin.relying_party.secret",
             open({{"overlap_hours?", number(0, 720)}, {"note?", note()}}), shown_secret()},
            {"admin.relying_party.standing", standing_request(), receipt()},
            {"admin.relying_party.list",
             {},
             page(closed(service_row())),
             paged({parameter("standing", service_standing(), "all otherwise")})},
            {"admin.relying_party.show", {}, shown_service()}};
}

std::vector<RowSchema> relying_party_life_rows() {
    const Json passing = open({{"passed", flag()}, {"report", digest()}, {"note?", note()}});
    const Json assessment = open({{"kind", one_of({"security_checklist", "privacy_assessment"})},
                                  {"passed", flag()},
                                  {"report", digest()},
                                  {"assessor", text(255)},
                                  {"assessor_name?", text()},
                                  {"made_at", millis()},
                                  {"note?", note()}});
    const Json step = closed({{"type", text()},
                              {"outcome", one_of({"done", "refused", "failed"})},
                              {"reason", text()},
                              {"detail", text()},
                              {"by", one_of({"staff", "platform"})},
                              {"id", hex_text()},
                              {"event", id()},
                              {"at", millis()}});
    return {{"admin.relying_party.trial", open(with_kek({{"scopes", texts()}})), shown_secret()},
            {"admin.relying_party.test", passing, receipt()},
            {"admin.relying_party.vetting", passing, receipt({{"round", number()}})},
            {"admin.relying_party.assessment", assessment, receipt()},
            {"admin.relying_party.declaration", open({{"report", digest()}, {"note?", note()}}),
             receipt({{"next_due_at", millis()}})},
            {"admin.relying_party.scope-application",
             open({{"scopes", texts()}, {"note?", note()}}), receipt()},
            {"admin.relying_party.steps", {}, page(step), paged()}};
}

// ---- transactions of a service
// ------------------------------------------------------------------------

Json transaction_subject() {
    return one_of({"form_filling", "signing", "step_up", "bulk_signing"});
}
Json transaction_standing() {
    return one_of(
        {"open", "granted", "refused", "timed_out", "withdrawn", "ended", "cancelled", "failed"});
}

Members attempt_members() {
    return {{"at", millis()},
            {"callback", number(1, 1000)},
            {"status", number(0, 999)},
            {"error", maybe(text())},
            {"replay", flag()}};
}

Members transaction_members() {
    return {{"transaction", id()},
            {"subject", transaction_subject()},
            {"standing", transaction_standing()},
            {"reason", maybe(text())},
            {"code", maybe(text())},
            {"asked_at", millis()},
            {"due_at", millis()},
            {"answered_at", maybe(millis())},
            {"acknowledged_at", maybe(millis())},
            {"anonymous", flag()},
            {"callback", closed({{"state", one_of({"none", "being_sent", "delivered", "given_up"})},
                                 {"attempts", maybe(number())},
                                 {"last_status", maybe(number(0, 999))},
                                 {"settled_at", maybe(millis())}})}};
}

std::vector<RowSchema> transaction_rows() {
    const Json story = closed({{"transaction", id()},
                               {"made", number()},
                               {"next_at", maybe(millis())},
                               {"attempts", list(closed(attempt_members()))}});
    Members shown = transaction_members();
    shown.emplace_back("sending", maybe(story));
    Members sent = attempt_members();
    sent.emplace_back("delivered", flag());
    return {{"admin.relying_party.transactions",
             {},
             page(closed(transaction_members())),
             paged({parameter("subject", transaction_subject(), "all otherwise"),
                    parameter("standing", transaction_standing(), "all otherwise"),
                    parameter("from", millis(), "asked at or after"),
                    parameter("until", millis(), "asked before")})},
            {"admin.relying_party.transaction", {}, closed(shown)},
            {"admin.relying_party.callbacks", {}, closed({{"items", list(story)}})},
            {"admin.relying_party.replay", open({{"callback?", number(1, 1000)}}), receipt(sent)}};
}

// ---- terminals and people
// -------------------------------------------------------------------------

std::vector<RowSchema> terminal_rows() {
    const Json kind = one_of({"kiosk", "counter", "mobile_team"});
    const Json terminal = closed({{"terminal", id()},
                                  {"kind", kind},
                                  {"standing", enrolment()},
                                  {"public_key", point()},
                                  {"site", text()},
                                  {"team", text()},
                                  {"registrations_per_hour", number()},
                                  {"enrolled_at", millis()},
                                  {"changed_at", millis()}});
    return {{"admin.terminal.enrol",
             open({{"kind", kind},
                   {"public_key", point()},
                   {"site?", text()},
                   {"team?", text()},
                   {"registrations_per_hour?", number(0, UINT32_MAX)},
                   {"note?", note()}}),
             receipt({{"terminal", id()}})},
            {"admin.terminal.key", open({{"public_key", point()}, {"note?", note()}}), receipt()},
            {"admin.terminal.move", open({{"site?", text()}, {"team?", text()}, {"note?", note()}}),
             receipt()},
            {"admin.terminal.standing", standing_request(), receipt()},
            {"admin.terminal.list",
             {},
             page(terminal),
             paged({parameter("standing", enrolment(), "all otherwise")})},
            {"admin.terminal.show", {}, terminal}};
}

Json person(Members members) {
    members.emplace_back("standing", enrolment());
    members.emplace_back("public_key", point());
    members.emplace_back("name", text());
    members.emplace_back("enrolled_at", millis());
    members.emplace_back("changed_at", millis());
    return closed(members);
}

std::vector<RowSchema> people_rows() {
    const Json roles =
        list(one_of({"administrator", "auditor", "security", "privacy_officer", "support"}));
    const Json op = person(
        {{"operator", id()}, {"sites", texts()}, {"team", text()}, {"staff_number", text()}});
    const Json member = person({{"staff", id()}, {"roles", roles}, {"email", text()}});
    return {
        {"admin.operator.enrol",
         open({{"public_key", point()},
               {"name", text()},
               {"sites?", texts()},
               {"team?", text()},
               {"staff_number?", text()}}),
         receipt({{"operator", id()}})},
        {"admin.operator.standing", standing_request(), receipt()},
        {"admin.operator.list", {}, page(op), paged()},
        {"admin.operator.show", {}, op},
        {"admin.staff.enrol",
         open({{"public_key", point()}, {"roles", roles}, {"name", text()}, {"email?", text()}}),
         receipt({{"staff", id()}})},
        {"admin.staff.key", open({{"public_key", point()}, {"note?", note()}}), receipt()},
        {"admin.staff.roles", open({{"roles", roles}, {"note?", note()}}), receipt()},
        {"admin.staff.standing", standing_request(), receipt()},
        {"admin.staff.list", {}, page(member), paged()},
        {"admin.staff.show", {}, member}};
}

// ---- policy, accounts, erasures, the platform
// -----------------------------------------------------

std::vector<RowSchema> policy_rows() {
    return {{"admin.policy.set",
             open({{"version", number(0, UINT32_MAX)},
                   {"settings", map_of(number())},
                   {"note?", note()}}),
             receipt()},
            {"admin.policy.show",
             {},
             closed({{"version", number()},
                     {"settings", map_of(number())},
                     {"in_force", map_of(number())}})}};
}

std::vector<RowSchema> account_rows() {
    const Members order{{"case", id()}, {"note?", note()}};
    Members suspension = order;
    suspension.emplace_back("reason", one_of({"citizen_wish", "device_lost", "fraud_suspected"}));
    Members closure = order;
    closure.emplace_back(
        "reason", one_of({"citizen_wish", "deceased", "fraud_confirmed", "registered_wrongly"}));
    Members revocation = order;
    revocation.emplace_back(
        "reason", one_of({"superseded", "key_compromised", "citizen_wish", "fraud_confirmed"}));
    return {{"admin.account.suspend", open(suspension), receipt()},
            {"admin.account.resume", open(order), receipt()},
            {"admin.account.close", open(closure), receipt()},
            {"admin.account.revoke_device", open(order), receipt()},
            {"admin.account.revoke_certificate", open(revocation), receipt()}};
}

std::vector<RowSchema> erasure_rows() {
    const Json classes = list(one_of({"identity", "sign_in", "evidence"}));
    const Json purpose = text(limits::purpose_bytes);
    const Json open_order = closed({{"order", id()},
                                    {"standing", one_of({"ordered", "approved"})},
                                    {"account", id()},
                                    {"classes", classes},
                                    {"basis", text()},
                                    {"epoch", number()},
                                    {"ordered_by", hex_text()},
                                    {"approved_by", hex_text()},
                                    {"ordered_at", millis()}});
    const Json completed = receipt(
        {{"order", id()}, {"standing", one_of({"completed"})}, {"receipt", map_of(anything())}});
    const Json either = {{"oneOf", Json::array({open_order, completed})}};
    return {{"admin.erasure.order",
             open({{"account", id()},
                   {"classes", classes},
                   {"basis", text()},
                   {"purpose", purpose},
                   {"note?", note()}}),
             receipt({{"order", id()}})},
            {"admin.erasure.approve", open({{"purpose", purpose}}), receipt()},
            {"admin.erasure.list", {}, page(open_order)},
            {"admin.erasure.show", {}, either}};
}

std::vector<RowSchema> platform_rows() {
    const Json positions = map_of(number());
    const Json task = closed({{"work", one_of({"rebuild", "diff"})},
                              {"began_at", millis()},
                              {"running", flag()},
                              {"ended_at", maybe(millis())},
                              {"differences", maybe(number())},
                              {"failed", maybe(text())}});
    const Json view = closed({{"view", text()},
                              {"version", number()},
                              {"positions", positions},
                              {"lag_records", number()},
                              {"lag_ms", number()},
                              {"stopped", maybe(text())},
                              {"task", maybe(task)}});
    const Json node = closed({{"node", id()},
                              {"standing", enrolment()},
                              {"endpoint", text()},
                              {"certificate_digest", digest()},
                              {"changed_at", millis()}});
    const Json partition = closed({{"partition", number()},
                                   {"owner", maybe(id())},
                                   {"endpoint", text()},
                                   {"term", number()},
                                   {"head", number()},
                                   {"lag_records", number()},
                                   {"served_here", flag()}});
    const Json begun = closed({{"begun", flag()}});
    const Json reached =
        closed({{"partition", number()}, {"records", number()}, {"root", digest()}});
    const Json checkpoint = closed({{"folder", text()},
                                    {"made_at", millis()},
                                    {"bytes", number()},
                                    {"files", number()},
                                    {"partitions", list(reached)}});
    return {{"admin.node.enrol",
             open({{"node", id()}, {"endpoint", text()}, {"certificate", base64()}}), receipt()},
            {"admin.node.withdraw", open({{"case?", id()}, {"note?", note()}}), receipt()},
            {"admin.node.list", {}, page(node)},
            {"admin.partition.list", {}, page(partition)},
            {"admin.node.drain", {}, closed({{"drained", flag()}, {"took_ms", number()}})},
            {"admin.node.resume", {}, closed({{"resumed", flag()}})},
            {"admin.node.checkpoint", {}, begun},
            {"admin.node.checkpoints",
             {},
             closed({{"running", flag()}, {"failed", maybe(text())}, {"items", list(checkpoint)}})},
            {"admin.types.activate", open({{"types", list(number(0, UINT32_MAX))}}), receipt()},
            {"admin.view.list", {}, page(view)},
            {"admin.view.rebuild", {}, begun},
            {"admin.view.diff", {}, begun},
            {"admin.status.show",
             {},
             closed({{"node", id()},
                     {"name", text()},
                     {"environment", text()},
                     {"version", text()},
                     {"started_at", millis()},
                     {"ready", flag()},
                     {"not_ready", texts()},
                     {"heads", positions},
                     {"key_epoch", number()}})}};
}

}  // namespace

std::vector<RowSchema> admin_schemas() {
    std::vector<RowSchema> all;
    for (auto group : {relying_party_rows, relying_party_life_rows, transaction_rows, terminal_rows,
                       people_rows, policy_rows, account_rows, erasure_rows, platform_rows}) {
        for (RowSchema& row : group()) {
            all.push_back(std::move(row));
        }
    }
    return all;
}

}  // namespace chopmark::admin
