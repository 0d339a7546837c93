#include "gateways/app/query_routes.h"

#include <charconv>

#include "gateways/app/log_entry.h"
#include "gateways/app/registration.h"
#include "gateways/app/session_row.h"
#include "projections/account_view/account_view.h"
#include "projections/consent_register/consent_register.h"
#include "projections/eme_view/query.h"
#include "projections/sign_in_log/query.h"
#include "projections/sign_in_log/sign_in_log.h"
#include "projections/signature_register/signature_register.h"

namespace chopmark::app {
namespace {

using projections::PageRequest;

constexpr Reason bad_query{"app.bad_query", Kind::invalid};

std::string param(const http::Call& call, const char* name) {
    return call.request.get_param_value(name);
}

Result<PageRequest> page_of(const http::Call& call) {
    PageRequest out;
    out.cursor = param(call, "cursor");
    const std::string limit = param(call, "limit");
    if (!limit.empty()) {
        const auto [end, error] =
            std::from_chars(limit.data(), limit.data() + limit.size(), out.limit);
        if (error != std::errc() || end != limit.data() + limit.size() || out.limit == 0) {
            return Error(bad_query, "limit");
        }
    }
    return out;
}

template <class Item, class Render>
Json page_json(const projections::Page<Item>& page, Render&& render) {
    Json items = Json::array();
    for (const Item& item : page.items) {
        items.push_back(render(item));
    }
    return {{"items", std::move(items)}, {"next", page.next}};
}

/// Milliseconds; null for a moment that has not been.
Json millis(Instant at) { return at == Instant() ? Json() : Json(at.millis()); }

// ---- account and profile
// -------------------------------------------------------------------------

std::string_view standing_name(account_view::Standing standing) {
    switch (standing) {
        case account_view::Standing::active:
            return "active";
        case account_view::Standing::suspended:
            return "suspended";
        case account_view::Standing::closed:
            return "closed";
    }
    return "";
}

Json certificate_json(const account_view::CertificateRow& row) {
    constexpr std::string_view names[] = {"none", "valid", "revoked", "refused", "ended"};
    return {{"status", names[static_cast<std::size_t>(row.status)]},
            {"serial", to_hex(row.serial)},
            {"not_after_at", millis(row.not_after)},
            {"reason", row.reason}};
}

Result<Json> account(const fold::Reading& rows, const http::Call&, const http::AppCaller& caller) {
    CHOPMARK_ASSIGN(const auto row, account_view::find_account(rows, caller.account));
    Json devices = Json::array();
    for (const auto& [id, device] : row.devices) {
        devices.push_back({{"device", id.hex()},
                           {"active", device.active},
                           {"bound_at", device.bound_at.millis()},
                           {"cooling_off_until_at", device.cooling_off_until.millis()},
                           {"attestation", device.attestation},
                           {"this", id == caller.device}});
    }
    return Json{{"account", caller.account.hex()},
                {"grade", grade_name(row.grade)},
                {"standing", standing_name(row.standing)},
                {"reason", row.reason},
                {"registered_at", row.registered_at.millis()},
                {"password_set", row.password_set},
                {"devices", std::move(devices)},
                {"certificate", certificate_json(row.certificate)},
                {"profile_enabled", row.profile_enabled},
                {"profile_version", row.profile_version}};
}

Json value_json(const eme_view::Value& value) {
    Json shown;
    switch (value.shape) {
        case eme_view::Shape::text:
            shown = value.value.reveal();
            break;
        case eme_view::Shape::json:
            shown = Json::parse(value.value.reveal(), nullptr, /*allow_exceptions=*/false);
            break;
        case eme_view::Shape::blob:
            shown = {{"blob", to_hex(value.value.reveal())}};
            break;
    }
    return {{"field", value.field},
            {"value", shown.is_discarded() ? Json() : std::move(shown)},
            {"verified", value.origin == schema::FieldValue::SOURCE_CARD},
            {"set_at", value.set_at.millis()}};
}

Result<Json> profile(const AppContext& context, const fold::Reading& rows,
                     const http::AppCaller& caller) {
    CHOPMARK_ASSIGN(const auto row, eme_view::read_profile(rows, caller.account));
    std::vector<std::string> fields{"idNo",           "enName",    "chName",
                                    "chNameVerified", "birthDate", "gender"};
    for (const auto& [field, source] : row.field_sources) {
        fields.push_back(field);
    }
    const auto pins = eme_view::pins_of(row, fields);
    CHOPMARK_ASSIGN(const auto values,
                    eme_view::read_values(rows, context.ports.vault, caller.account, pins));
    Json shown = Json::array();
    for (const eme_view::Value& value : values) {
        shown.push_back(value_json(value));
    }
    return Json{{"enabled", row.enabled}, {"version", row.version}, {"fields", std::move(shown)}};
}

// ---- log and requests
// ----------------------------------------------------------------------------

Result<sign_in_log::Topic> topic_of(const std::string& name) {
    using sign_in_log::Topic;
    constexpr std::pair<std::string_view, Topic> names[] = {{"", Topic::all},
                                                            {"all", Topic::all},
                                                            {"account", Topic::account},
                                                            {"devices", Topic::devices},
                                                            {"logins", Topic::logins},
                                                            {"consents", Topic::consents},
                                                            {"signatures", Topic::signatures},
                                                            {"looks", Topic::looks}};
    for (const auto& [known, topic] : names) {
        if (known == name) {
            return topic;
        }
    }
    return Error(bad_query, "topic");
}

Result<Json> log(const AppContext& context, const fold::Reading& rows, const http::Call& call,
                 const http::AppCaller& caller) {
    CHOPMARK_ASSIGN(const PageRequest page, page_of(call));
    sign_in_log::Question question;
    question.account = caller.account;
    question.audience = sign_in_log::Audience::citizen;
    question.now = context.ports.clock.now();
    question.personal = projections::Personal::open;
    CHOPMARK_ASSIGN(question.topic, topic_of(param(call, "topic")));
    CHOPMARK_ASSIGN(const auto found,
                    sign_in_log::read_log(rows, context.ports.vault, question, page));
    return page_json(found, log_entry);
}

Result<Json> requests(const AppContext& context, const fold::Reading& rows,
                      const http::AppCaller& caller) {
    CHOPMARK_ASSIGN(const auto open, sign_in_log::open_requests(
                                         rows, context.ports.vault, caller.account,
                                         context.ports.clock.now(), projections::Personal::open));
    const auto control = context.ports.control.latest();
    Json items = Json::array();
    for (const sign_in_log::OpenRequest& request : open) {
        Json item = request_entry(request);
        const auto client = ClientId::from_hex(item.value("client", ""));
        const auto* party =
            client ? control::find_relying_party(*control->state, *client) : nullptr;
        if (party != nullptr) {
            item["names"] = {{"english", party->name_english},
                             {"traditional", party->name_traditional},
                             {"simplified", party->name_simplified}};
        }
        items.push_back(std::move(item));
    }
    return Json{{"items", std::move(items)}};
}

// ---- registers
// -----------------------------------------------------------------------------------

Json consent_json(const consent_register::Consent& consent) {
    constexpr std::string_view standings[] = {"", "granted", "refused", "expired", "withdrawn"};
    const consent_register::ConsentRow& row = consent.row;
    const bool with_login = row.given == consent_register::Given::with_login;
    return {{"request", row.request.hex()},
            {"client", row.client.hex()},
            {"standing", standings[static_cast<std::size_t>(row.standing)]},
            {"given", with_login ? "with_login" : "to_request"},
            {"fields", row.field_names},
            {"profile_version", row.profile_version},
            {"event", row.decided_by.hex()},
            {"decided_at", row.decided_at.millis()},
            {"withdrawn_at", millis(row.withdrawn_at)}};
}

Result<Json> consents(const fold::Reading& rows, const http::Call& call,
                      const http::AppCaller& caller) {
    CHOPMARK_ASSIGN(const PageRequest page, page_of(call));
    consent_register::Question question;
    question.account = caller.account;
    CHOPMARK_ASSIGN(const auto found, consent_register::read_consents(rows, question, page));
    return page_json(found, consent_json);
}

Json signature_json(const signature_register::Signature& signature) {
    constexpr std::string_view standings[] = {
        "", "asked", "made", "refused", "expired", "ended", "approved", "cancelled", "failed"};
    const signature_register::SignatureRow& row = signature.row;
    return {{"request", row.request.hex()},
            {"client", row.client.hex()},
            {"kind", kind_name(row.kind)},
            {"documents", row.documents},
            {"algorithm", row.algorithm},
            {"standing", standings[static_cast<std::size_t>(row.standing)]},
            {"reason", row.reason},
            {"asked_at", row.asked_at.millis()},
            {"due_at", row.due.millis()},
            {"decided_at", millis(row.decided_at)},
            {"certificate_serial", to_hex(row.certificate_serial)}};
}

Result<Json> signatures(const fold::Reading& rows, const http::Call& call,
                        const http::AppCaller& caller) {
    CHOPMARK_ASSIGN(const PageRequest page, page_of(call));
    signature_register::Question question;
    question.account = caller.account;
    CHOPMARK_ASSIGN(const auto found, signature_register::read_signatures(rows, question, page));
    return page_json(found, signature_json);
}

}  // namespace

std::vector<http::Route> query_routes(const AppContext& context) {
    using sign_in_log::SignInLog;
    std::vector<http::Route> rows;
    rows.push_back(query_row(context, {"/app/v1/account", "app.account", "The account as it is"},
                             account_view::AccountView::view_name, account));
    rows.push_back(query_row(
        context, {"/app/v1/profile", "app.profile", "Card fields and e-ME profile"},
        eme_view::EmeView::view_name,
        [&context](const fold::Reading& reading, const http::Call&, const http::AppCaller& caller) {
            return profile(context, reading, caller);
        }));
    rows.push_back(query_row(
        context, {"/app/v1/requests", "app.requests", "What waits for the citizen's answer"},
        SignInLog::view_name,
        [&context](const fold::Reading& reading, const http::Call&, const http::AppCaller& caller) {
            return requests(context, reading, caller);
        }));
    rows.push_back(query_row(
        context, {"/app/v1/log", "app.log", "The citizen's log, newest first"},
        SignInLog::view_name,
        [&context](const fold::Reading& reading, const http::Call& call,
                   const http::AppCaller& caller) { return log(context, reading, call, caller); }));
    rows.push_back(query_row(context, {"/app/v1/consents", "app.consents", "Consents given"},
                             consent_register::ConsentRegister::view_name, consents));
    rows.push_back(query_row(context, {"/app/v1/signatures", "app.signatures", "Signatures asked"},
                             signature_register::SignatureRegister::view_name, signatures));
    return rows;
}

}  // namespace chopmark::app
