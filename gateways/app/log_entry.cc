#include "gateways/app/log_entry.h"

#include "events/schema/codec.h"
#include "events/schema/event.h"

namespace chopmark::app {
namespace {

using service::Json;

std::string_view outcome_name(schema::Outcome outcome) {
    switch (outcome) {
        case schema::DONE:
            return "done";
        case schema::REFUSED:
            return "refused";
        case schema::EXPIRED:
            return "expired";
        case schema::FAILED:
            return "failed";
        default:
            return "";
    }
}

std::string_view channel_name(schema::Channel channel) {
    switch (channel) {
        case schema::APP:
            return "app";
        case schema::NFC:
            return "nfc";
        case schema::KIOSK:
            return "kiosk";
        case schema::COUNTER:
            return "counter";
        case schema::MOBILE_TEAM:
            return "mobile_team";
        case schema::RELYING_PARTY:
            return "relying_party";
        case schema::STAFF_CONSOLE:
            return "staff";
        case schema::PLATFORM_TIMER:
            return "timer";
        case schema::IMPORT:
            return "import";
        default:
            return "";
    }
}

std::string_view method_name(schema::StepUpMethod method) {
    return method == schema::STEP_UP_METHOD_NFC ? "chip" : "face";
}

void put_bytes(Json& out, const char* name, const Bytes& bytes) {
    if (!bytes.empty()) {
        out[name] = to_hex(bytes);
    }
}

void put_text(Json& out, const char* name, const std::string& text) {
    if (!text.empty()) {
        out[name] = text;
    }
}

Json list_of(const auto& texts) {
    Json out = Json::array();
    for (const auto& text : texts) {
        out.push_back(text);
    }
    return out;
}

Json methods_of(const auto& leaf) {
    Json out = Json::array();
    for (const auto method : leaf.methods()) {
        out.push_back(method_name(static_cast<schema::StepUpMethod>(method)));
    }
    return out;
}

void put_leaf(Json& out, const auto& leaf) {
    if constexpr (requires { leaf.client_id(); }) {
        put_bytes(out, "client", leaf.client_id());
    }
    if constexpr (requires { leaf.flow(); }) {
        out["flow"] = flow_name(leaf.flow());
    }
    if constexpr (requires { leaf.scopes(); }) {
        out["scopes"] = list_of(leaf.scopes());
    }
    if constexpr (requires { leaf.field_names(); }) {
        out["fields"] = list_of(leaf.field_names());
    }
    if constexpr (requires { leaf.step_up_level(); }) {
        out["step_up_level"] = leaf.step_up_level();
    }
    if constexpr (requires { leaf.methods(); }) {
        out["methods"] = methods_of(leaf);
    }
    if constexpr (requires { leaf.documents(); }) {
        out["documents"] = leaf.documents();
    }
    if constexpr (requires { leaf.algorithm(); }) {
        out["kind"] = kind_name(leaf.kind());
        out["algorithm"] = leaf.algorithm();
    }
    if constexpr (requires { leaf.delivered(); }) {
        out["delivered"] = leaf.delivered();
    }
    if constexpr (requires { leaf.opened(); }) {
        out["opened"] = leaf.opened();
    }
}

void put_traces(Json& out, const schema::LoginTraces& traces) {
    put_bytes(out, "login", traces.login_id());
    put_bytes(out, "device", traces.device_id());
    put_text(out, "phone_country", traces.phone().country());
    put_text(out, "browser_country", traces.browser().country());
}

void put_link(Json& out, const auto& link) {
    if constexpr (requires { link.traces(); }) {
        put_traces(out, link.traces());
    }
    if constexpr (requires { link.client_id(); }) {
        put_bytes(out, "client", link.client_id());
    }
    if constexpr (requires { link.login_id(); }) {
        put_bytes(out, "login", link.login_id());
    }
    if constexpr (requires { link.request_id(); }) {
        put_bytes(out, "request", link.request_id());
    }
    if constexpr (requires { link.device_id(); }) {
        put_bytes(out, "device", link.device_id());
    }
    if constexpr (requires { link.old_device_id(); }) {
        put_bytes(out, "old_device", link.old_device_id());
    }
    if constexpr (requires { link.event_id(); }) {
        put_bytes(out, "disputed", link.event_id());
    }
    if constexpr (requires { link.certificate_serial(); }) {
        put_bytes(out, "certificate_serial", link.certificate_serial());
    }
    if constexpr (requires { link.place().site(); }) {
        put_text(out, "site", link.place().site());
    }
    if constexpr (requires { link.network().country(); }) {
        put_text(out, "country", link.network().country());
    }
    if constexpr (requires { link.phone().country(); }) {
        put_text(out, "country", link.phone().country());
    }
    if constexpr (requires { link.purpose(); }) {
        put_text(out, "purpose", link.purpose());
    }
}

void put_personal(Json& out, const auto& personal) {
    if constexpr (requires { personal.note(); }) {
        put_text(out, "note", personal.note());
    }
    if constexpr (requires { personal.device().model(); }) {
        put_text(out, "phone_model", personal.device().model());
    }
    if constexpr (requires { personal.subject().document_name(); }) {
        put_text(out, "document_name", personal.subject().document_name());
        put_text(out, "identification_code", personal.subject().identification_code());
    }
    if constexpr (requires { personal.values(); }) {
        Json names = Json::array();
        for (const auto& value : personal.values()) {
            names.push_back(value.name());
        }
        out["fields"] = std::move(names);
    }
}

// ---- open requests
// -------------------------------------------------------------------------------

/// The delivery values in the inner box, which the vault has opened; nothing when their day is
/// over.
template <class Delivery, class Personal>
Delivery delivery_of(const Personal& personal) {
    Delivery out;
    if (!out.ParseFromString(personal.delivery().box())) {
        out.Clear();
    }
    return out;
}

struct RequestText {
    Json& out;

    void operator()(const schema::ConsentAsked& event) const {
        const auto delivery = delivery_of<schema::ConsentDelivery>(event.personal());
        out["kind"] = "consent";
        out["text"] = delivery.text();
        out["form_name"] = delivery.form_name();
        out["form_number"] = delivery.form_number();
        out["form_description"] = delivery.form_description();
        out["language"] = delivery.language();
        put_bytes(out, "text_digest", event.personal().text_digest());
    }
    void operator()(const schema::SignatureAsked& event) const {
        const schema::SignatureSubject& subject = event.personal().subject();
        out["kind"] = "signature";
        out["signature_kind"] = kind_name(event.leaf().kind());
        out["text"] = subject.text();
        out["document_name"] = subject.document_name();
        out["document_digest"] = to_base64(subject.document_digest());
        out["service_name"] = subject.service_name();
        out["department"] = subject.department();
        out["identification_code"] = subject.identification_code();
        out["step_up_method"] = subject.step_up_method();
        put_bytes(out, "text_digest", subject.text_digest());
    }
    void operator()(const schema::StepUpAsked& event) const {
        const auto delivery = delivery_of<schema::StepUpDelivery>(event.personal());
        out["kind"] = "step_up";
        out["text"] = delivery.text();
        put_bytes(out, "text_digest", event.personal().text_digest());
    }
    void operator()(const auto&) const { out["kind"] = "unknown"; }
};

}  // namespace

std::string_view flow_name(schema::Flow flow) {
    switch (flow) {
        case schema::QR:
            return "qr";
        case schema::TICKET:
            return "ticket";
        case schema::ONE_TAP:
            return "one_tap";
        case schema::STEP_UP:
            return "step_up";
        default:
            return "";
    }
}

std::string_view kind_name(schema::SignatureKind kind) {
    switch (kind) {
        case schema::SIGNATURE_KIND_HASH:
            return "hash";
        case schema::SIGNATURE_KIND_PDF:
            return "pdf";
        case schema::SIGNATURE_KIND_BULK:
            return "bulk";
        default:
            return "";
    }
}

Json log_entry(const projections::OpenedRecord& record) {
    const schema::LeafHead& head = schema::head(record.event);
    Json out{{"event", record.prelude.event_id.hex()},
             {"type", schema::info_of(record.event).name},
             {"recorded_at", record.prelude.recorded_at.millis()},
             {"outcome", outcome_name(head.outcome())},
             {"channel", channel_name(head.channel())}};
    put_text(out, "reason", head.reason());
    std::visit(
        [&](const auto& event) {
            put_leaf(out, event.leaf());
            put_link(out, event.link());
            if (record.personal == projections::PersonalLayer::opened) {
                put_personal(out, event.personal());
            }
        },
        record.event);
    return out;
}

Json request_entry(const sign_in_log::OpenRequest& request) {
    Json out = log_entry(request.asked);
    out["request"] = request.request.hex();
    out["due_at"] = request.due.millis();
    std::visit(RequestText{out}, request.asked.event);
    return out;
}

}  // namespace chopmark::app
