#include "gateways/rp/request_result.h"

#include "aggregates/runtime/event_finder.h"
#include "events/schema/event.h"
#include "gateways/rp/profile_values.h"
#include "projections/eme_view/query.h"

namespace chopmark::rp {
namespace {

using Json = nlohmann::ordered_json;

constexpr int profile_codes = 50000;
constexpr int form_codes = 60000;
constexpr int signing_codes = 70000;
constexpr int bulk_codes = 71000;
constexpr int step_up_codes = 80000;

template <class Message>
Result<AskedDelivery> read(const Bytes& box, int first_code) {
    Message message;
    if (box.empty() || !message.ParseFromString(box) || message.business_id().empty()) {
        return delivery_gone;
    }
    AskedDelivery delivery{
        message.redirect_uri(), message.state(), message.business_id(), {}, 0, 0};
    if constexpr (requires { message.callback_content_type(); }) {
        delivery.content_type = message.callback_content_type();
    }
    if constexpr (requires { message.max_callback_signatures(); }) {
        delivery.max_signatures = message.max_callback_signatures();
    }
    delivery.first_code = first_code;
    return delivery;
}

/// Profile and re-authentication have no code for what was taken back: it was refused.
int withdrawn_code(int first) {
    return first == profile_codes || first == step_up_codes ? first + 1 : first;
}

Result<void> put_values(Json& content, const Ports& ports, const AccountId& account,
                        const citizen::Request& request) {
    CHOPMARK_ASSIGN(const auto event, ports.events.open_recorded(request.answered));
    const auto* granted = std::get_if<schema::ConsentGranted>(event.get());
    if (granted == nullptr) {
        return citizen::request_not_answered;
    }
    std::vector<eme_view::Pin> pins;
    for (const schema::FieldSource& pin : granted->link().pins()) {
        pins.push_back(pin_of(pin));
    }
    return add_values(content, ports, account, pins);
}

Result<void> put_signature(Json& content, const Ports& ports, const EventId& certificate,
                           const citizen::Request& request) {
    CHOPMARK_ASSIGN(const auto event, ports.events.open_recorded(request.answered));
    const auto* made = std::get_if<schema::SignatureMade>(event.get());
    if (made == nullptr) {
        return citizen::request_not_answered;
    }
    const auto& personal = made->personal();
    const std::string signature = to_base64(personal.signature());
    if (made->leaf().kind() == schema::SIGNATURE_KIND_PDF) {
        content["docDigest"] = to_base64(personal.document_digest());
        content["timestamp"] = personal.signed_at_us() / 1000;
        content["pdfSignature"] = signature;
        return {};
    }
    CHOPMARK_ASSIGN(const auto issued_event, ports.events.open_recorded(certificate));
    const auto* issued = std::get_if<schema::CertificateIssued>(issued_event.get());
    if (issued == nullptr || issued->link().serial() != made->link().certificate_serial()) {
        return certificate_gone;
    }
    content["hashCode"] = to_base64(personal.document_digest());
    content["timestamp"] = personal.signed_at_us() / 1000;
    content["signature"] = signature;
    content["cert"] = to_base64(issued->personal().certificate());
    return {};
}

Result<void> put_result(Json& content, const Ports& ports, const AccountId& account,
                        const EventId& certificate, const citizen::Request& request) {
    const bool granted = request.answer == citizen::Answer::granted;
    switch (request.subject) {
        case citizen::RequestSubject::bulk:
            return {};  // the signatures are a part of their own: bulk_result.h
        case citizen::RequestSubject::consent:
            return granted ? put_values(content, ports, account, request) : Result<void>();
        case citizen::RequestSubject::signature:
            return granted ? put_signature(content, ports, certificate, request) : Result<void>();
        case citizen::RequestSubject::step_up:
            break;
    }
    content["isPassed"] = granted;
    return {};
}

}  // namespace

Result<AskedDelivery> read_delivery(const runtime::EventFinder& events,
                                    const citizen::Request& request) {
    CHOPMARK_ASSIGN(const auto event, events.open_recorded(request.asked));
    if (const auto* consent = std::get_if<schema::ConsentAsked>(event.get())) {
        const bool profile = consent->leaf().purpose() == schema::PURPOSE_PROFILE;
        return read<schema::ConsentDelivery>(consent->personal().delivery().box(),
                                             profile ? profile_codes : form_codes);
    }
    if (const auto* signature = std::get_if<schema::SignatureAsked>(event.get())) {
        const bool bulk = signature->leaf().kind() == schema::SIGNATURE_KIND_BULK;
        return read<schema::SignatureDelivery>(signature->personal().delivery().box(),
                                               bulk ? bulk_codes : signing_codes);
    }
    if (const auto* step_up = std::get_if<schema::StepUpAsked>(event.get())) {
        return read<schema::StepUpDelivery>(step_up->personal().delivery().box(), step_up_codes);
    }
    return citizen::request_unknown;
}

int code_of(const citizen::Request& request, int first_code) {
    switch (request.answer) {
        case citizen::Answer::granted:
            return 0;
        case citizen::Answer::refused:
            return first_code + 1;
        case citizen::Answer::expired:
            return first_code + 3;
        case citizen::Answer::withdrawn:
            return withdrawn_code(first_code);
        case citizen::Answer::cancelled:
            return first_code;
        case citizen::Answer::failed:
        case citizen::Answer::ended:
        case citizen::Answer::none:
            break;
    }
    return first_code + 2;
}

int first_code_of(schema::RequestKind kind) {
    if (kind == schema::REQUEST_KIND_BULK_SIGNING) {
        return bulk_codes;
    }
    return kind == schema::REQUEST_KIND_FORM_FILLING ? form_codes : signing_codes;
}

int first_code_of(const service_transactions::AskedRow& asked) {
    switch (asked.subject) {
        case service_transactions::Subject::consent:
            return asked.profile ? profile_codes : form_codes;
        case service_transactions::Subject::signature:
            return signing_codes;
        case service_transactions::Subject::bulk:
            return bulk_codes;
        case service_transactions::Subject::step_up:
            break;
    }
    return step_up_codes;
}

Result<Json> result_content(const Ports& ports, const control::RelyingParty& party,
                            const AccountId& account, const EventId& certificate,
                            const citizen::Request& request, const AskedDelivery& delivery) {
    Json content;
    content["businessID"] = delivery.business_id;
    content["state"] = delivery.state;
    // CorpID tells the person's values from the company's, of which there are none here.
    const bool nested = party.corp_id && request.subject == citizen::RequestSubject::consent &&
                        request.answer == citizen::Answer::granted;
    CHOPMARK_TRY(
        put_result(nested ? content["iAM"] : content, ports, account, certificate, request));
    return content;
}

}  // namespace chopmark::rp
