#include "gateways/app/app_schemas.h"

#include "events/core/limits.h"

namespace chopmark::app {
namespace {

using namespace http::words;

constexpr std::size_t der_bytes = 72;  // of an ECDSA signature by a P-256 key
constexpr std::size_t point_bytes = 65;
constexpr std::size_t stamp_bytes = 1024;  // no stamp that a client hands back is larger
constexpr std::size_t name_characters = 128;

Json selfie() { return base64(limits::selfie_bytes); }
Json picture() { return base64(limits::picture_bytes); }
Json password() { return text(limits::password_bytes); }

Json phone() {
    return open({{"maker", one_of({"ios", "android"})}, {"major", number(0, UINT16_MAX)}});
}

Json device() {
    return open({{"id", id()},
                 {"public_key", base64(point_bytes)},
                 {"model?", text()},
                 {"os?", text()},
                 {"os_version?", text()},
                 {"app_version?", text()},
                 {"hardware?", text()},
                 {"attestation?", base64(8 * 1024)}});
}

Json names() {
    return closed({{"english?", text()}, {"traditional?", text()}, {"simplified?", text()}});
}

/// Of a command that shows face or chip when the service or the login asks for it.
Members with_step_up(Members members) {
    members.emplace_back("selfie?", selfie());
    Member chip = chip_member();
    chip.first += '?';
    members.push_back(std::move(chip));
    return members;
}

/// Of an answer to a request of a service.
Members about_request(Members members = {}) {
    members.emplace_back("request", id());
    members.emplace_back("client", id());
    members.emplace_back("text_digest?", digest());
    return members;
}

/// One whose outcome the phone may take back to the app that asked.
Members about_returning(Members members = {}) {
    members.emplace_back("return_to?", text());
    return about_request(std::move(members));
}

Json registered() {
    return receipt({{"account", id()},
                    {"grade", one_of({"default", "sign"})},
                    {"device?", hex_text()},
                    {"attestation?", number()}});
}

Json bound() {
    return receipt({{"account", id()}, {"device", id()}, {"cooling_off_until", millis()}});
}

std::vector<RowSchema> session_rows() {
    return {{"app.challenge",
             {},
             closed({{"challenge", base64()}, {"expires_at", millis()}, {"environment", text()}})},
            {"app.session.open", nothing(),
             closed({{"session", base64()},
                     {"key", base64()},
                     {"expires_at", millis()},
                     {"number_of_device", number()}})}};
}

std::vector<RowSchema> account_rows() {
    const Json by_chip = open({card_member(),
                               chip_member(),
                               {"phone", phone()},
                               {"selfie", selfie()},
                               {"email", text(limits::email_bytes)},
                               {"password", password()}});
    return {
        {"app.registration",
         open({{"channel", one_of({"app", "nfc"})},
               card_member(),
               {"device", device()},
               {"selfie", selfie()},
               {"picture?", picture()},
               {"chip?", chip_member().second},
               {"phone?", phone()},
               {"email?", text(limits::email_bytes)},
               {"password?", password()}}),
         registered()},
        {"app.account.upgrade", by_chip, registered()},
        {"app.account.suspend", open({{"reason?", one_of({"citizen_wish", "device_lost", ""})}}),
         receipt()},
        {"app.account.resume", nothing(), receipt()},
        {"app.account.close", nothing(), receipt()},
        {"app.device.revoke", open({{"device", id()}}), receipt()},
        {"app.certificate.revoke",
         open({{"reason", one_of({"citizen_wish", "key_compromised", "superseded"})}}), receipt()},
        {"app.device.bind", open({{"voucher", base64(stamp_bytes)}, {"device", device()}}),
         bound()},
        {"app.device.rebind",
         open({card_member(),
               chip_member(),
               {"account?", id()},
               {"phone", phone()},
               {"password", password()},
               {"selfie", selfie()},
               {"device", device()}}),
         bound()}};
}

/// What a login or request shows of itself once it is claimed; of a request only its name where no
/// page stands behind it.
Json claimed_page() {
    return closed({{"login?", id()},
                   {"request?", id()},
                   {"client?", id()},
                   {"names?", names()},
                   {"scopes?", list(text())},
                   {"claim?", base64()},
                   {"number?", maybe(text())},
                   {"sensitive?", flag()},
                   {"browser?", closed({{"country", text()}, {"city", text()}, {"asn", number()}})},
                   {"until?", millis()},
                   {"event?", id()},
                   {"recorded_at?", millis()}});
}

/// Where another app on the phone had asked: what it is to be told.
Json with_outcome(Members members = {}) {
    members.emplace_back("redirect?", text());
    members.emplace_back("extras?", map_of(text()));
    return receipt(std::move(members));
}

std::vector<RowSchema> login_rows() {
    const Members claimed{
        {"claim", base64(stamp_bytes)}, {"client", id()}, {"text_digest", digest()}};
    Members approval = with_step_up(claimed);
    approval.emplace_back("number?", text());
    Members refusal = claimed;
    refusal.emplace_back("why", one_of({"declined", "not_mine", "number_wrong"}));
    return {{"app.scan", open({{"handle?", text(64)}, {"ticket?", text(32)}, {"number?", text()}}),
             claimed_page()},
            {"app.link", open({{"link", text(4096)}}), claimed_page()},
            {"app.login.approve", open(approval), with_outcome({{"login", id()}})},
            {"app.login.refuse", open(refusal), with_outcome({{"login", id()}})},
            {"app.login.one_tap",
             open(with_step_up({{"client", id()},
                                {"redirect_uri?", text()},
                                {"scopes", list(text())},
                                {"text_digest", digest()}})),
             with_outcome({{"login", id()}})},
            {"app.login.end", open({{"login", id()}}), receipt()},
            {"app.login.dispute",
             open({{"event", id()}, {"login?", id()}, {"client?", id()}, {"note?", text()}}),
             receipt()}};
}

std::vector<RowSchema> request_rows() {
    return {{"app.consent.grant",
             open(about_returning({{"fields", list(text())}, {"profile_version", number()}})),
             with_outcome()},
            {"app.consent.refuse", open(about_returning()), with_outcome()},
            {"app.consent.withdraw", open({{"request", id()}}), receipt()},
            {"app.step_up.pass", open(with_step_up(about_request())), receipt()},
            {"app.step_up.refuse", open(about_request()), receipt()},
            {"app.signature.approve", open(with_step_up(about_returning())),
             with_outcome({{"request?", id()}, {"certificate_serial?", hex_text()}})},
            {"app.signature.refuse", open(about_returning()), with_outcome()}};
}

std::vector<RowSchema> profile_rows() {
    return {{"app.profile.enable", nothing(), receipt()},
            {"app.profile.set", open({{"values", map_of(anything())}}), receipt()},
            {"app.profile.clear", open({{"names", list(text(name_characters))}}), receipt()},
            {"app.profile.disable", nothing(), receipt()}};
}

// ---- what is read
// ---------------------------------------------------------------------------------

/// Of a record in the citizen's log: what its type has beside what all have.
Members entry() {
    return {{"event", id()},
            {"type", text()},
            {"recorded_at", millis()},
            {"outcome", text()},
            {"channel", text()},
            {"reason?", text()},
            {"client?", id()},
            {"flow?", text()},
            {"scopes?", list(text())},
            {"fields?", list(text())},
            {"step_up_level?", number()},
            {"methods?", list(one_of({"face", "chip"}))},
            {"kind?", text()},
            {"documents?", number()},
            {"algorithm?", text()},
            {"delivered?", flag()},
            {"opened?", number()},
            {"login?", id()},
            {"request?", id()},
            {"device?", id()},
            {"old_device?", id()},
            {"disputed?", id()},
            {"certificate_serial?", hex_text()},
            {"phone_country?", text()},
            {"browser_country?", text()},
            {"site?", text()},
            {"country?", text()},
            {"purpose?", text()},
            {"note?", text()},
            {"phone_model?", text()},
            {"document_name?", text()},
            {"identification_code?", text()}};
}

Json waiting() {
    Members members = entry();
    for (const char* name :
         {"text?", "form_name?", "form_number?", "form_description?", "language?",
          "signature_kind?", "service_name?", "department?", "step_up_method?"}) {
        members.emplace_back(name, text());
    }
    members.emplace_back("document_digest?", base64());
    members.emplace_back("text_digest?", digest());
    members.emplace_back("due_at", millis());
    members.emplace_back("names?", names());
    return closed(members);
}

Json account() {
    const Json phone_row = closed({{"device", id()},
                                   {"active", flag()},
                                   {"bound_at", millis()},
                                   {"cooling_off_until_at", millis()},
                                   {"attestation", number()},
                                   {"this", flag()}});
    const Json certificate =
        closed({{"status", one_of({"none", "valid", "revoked", "refused", "ended"})},
                {"serial", hex_text()},
                {"not_after_at", maybe(millis())},
                {"reason", text()}});
    return closed({{"account", id()},
                   {"grade", one_of({"default", "sign"})},
                   {"standing", one_of({"active", "suspended", "closed"})},
                   {"reason", text()},
                   {"registered_at", millis()},
                   {"password_set", flag()},
                   {"devices", list(phone_row)},
                   {"certificate", certificate},
                   {"profile_enabled", flag()},
                   {"profile_version", number()}});
}

std::vector<RowSchema> query_rows() {
    const Json field = closed(
        {{"field", text()}, {"value", anything()}, {"verified", flag()}, {"set_at", millis()}});
    const Json consent =
        closed({{"request", id()},
                {"client", id()},
                {"standing", one_of({"granted", "refused", "expired", "withdrawn"})},
                {"given", one_of({"with_login", "to_request"})},
                {"fields", list(text())},
                {"profile_version", number()},
                {"event", id()},
                {"decided_at", millis()},
                {"withdrawn_at", maybe(millis())}});
    const Json signature =
        closed({{"request", id()},
                {"client", id()},
                {"kind", one_of({"hash", "pdf", "bulk"})},
                {"algorithm", text()},
                {"documents", number()},
                {"standing", one_of({"asked", "made", "refused", "expired", "ended", "approved",
                                     "cancelled", "failed"})},
                {"reason", text()},
                {"asked_at", millis()},
                {"due_at", millis()},
                {"decided_at", maybe(millis())},
                {"certificate_serial", hex_text()}});
    const Json topics =
        one_of({"all", "account", "devices", "logins", "consents", "signatures", "looks", ""});
    return {{"app.account", {}, account()},
            {"app.profile",
             {},
             closed({{"enabled", flag()}, {"version", number()}, {"fields", list(field)}})},
            {"app.requests", {}, closed({{"items", list(waiting())}})},
            {"app.signature.documents",
             {},
             page(closed({{"id", text()}, {"name", text()}, {"digest", base64()}}))},
            {"app.log",
             {},
             page(closed(entry())),
             paged({parameter("topic", topics, "all unless given")})},
            {"app.consents", {}, page(consent), paged()},
            {"app.signatures", {}, page(signature), paged()}};
}

}  // namespace

http::words::Member card_member() {
    return {"card", open({{"number", text(11)},
                          {"english_name", text()},
                          {"chinese_name?", text()},
                          {"sex", one_of({"M", "F"})},
                          {"birth_date", {{"type", "string"}, {"pattern", "^[0-9]{8}$"}}},
                          {"issue_date", {{"type", "string"}, {"pattern", "^[0-9]{8}$"}}}})};
}

http::words::Member chip_member() {
    return {"chip", open({{"issuer_signature", base64(der_bytes)},
                          {"chip_key", base64(point_bytes)},
                          {"answer", base64(der_bytes)}})};
}

std::vector<RowSchema> app_schemas() {
    std::vector<RowSchema> all;
    for (auto group :
         {session_rows, account_rows, login_rows, request_rows, profile_rows, query_rows}) {
        for (RowSchema& row : group()) {
            all.push_back(std::move(row));
        }
    }
    return all;
}

}  // namespace chopmark::app
