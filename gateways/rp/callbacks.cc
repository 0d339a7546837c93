#include "gateways/rp/callbacks.h"

#include <fmt/format.h>

#include <algorithm>

#include "aggregates/control/relying_party.h"
#include "aggregates/control/snapshot.h"
#include "aggregates/runtime/command_service.h"
#include "aggregates/runtime/event_finder.h"
#include "events/crypto/digest.h"
#include "events/schema/event.h"
#include "gateways/rp/content_keys.h"
#include "gateways/rp/envelope.h"
#include "gateways/rp/profile_values.h"
#include "gateways/service/queries.h"
#include "projections/eme_view/query.h"

namespace chopmark::rp {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view multipart = "multipart/form-data";

/// What every *Delivery message has.
struct Delivery {
    std::string redirect_uri;
    std::string state;
    std::string business_id;
    std::string content_type;  // empty: application/json
};

struct Asked {
    std::shared_ptr<const schema::Event> event;
    Delivery delivery;
};

template <class Message>
Result<Delivery> read_delivery(const Bytes& box) {
    Message message;
    if (box.empty() || !message.ParseFromString(box) || message.redirect_uri().empty()) {
        return delivery_gone;
    }
    Delivery delivery{message.redirect_uri(), message.state(), message.business_id(), {}};
    if constexpr (requires { message.callback_content_type(); }) {
        delivery.content_type = message.callback_content_type();
    }
    return delivery;
}

Result<Asked> open_asked(const runtime::EventFinder& events, const citizen::Request& request) {
    CHOPMARK_ASSIGN(const auto event, events.open(request.asked));
    Asked asked{event, {}};
    if (const auto* consent = std::get_if<schema::ConsentAsked>(event.get())) {
        CHOPMARK_ASSIGN(asked.delivery, read_delivery<schema::ConsentDelivery>(
                                            consent->personal().delivery().box()));
    } else if (const auto* signature = std::get_if<schema::SignatureAsked>(event.get())) {
        CHOPMARK_ASSIGN(asked.delivery, read_delivery<schema::SignatureDelivery>(
                                            signature->personal().delivery().box()));
    } else if (const auto* step_up = std::get_if<schema::StepUpAsked>(event.get())) {
        CHOPMARK_ASSIGN(asked.delivery, read_delivery<schema::StepUpDelivery>(
                                            step_up->personal().delivery().box()));
    } else {
        return citizen::request_unknown;
    }
    return asked;
}

/// First code of the block of what was asked for: cancelled; then refused, failed, timed out.
int first_code_of(const schema::Event& asked) {
    if (const auto* consent = std::get_if<schema::ConsentAsked>(&asked)) {
        return consent->leaf().purpose() == schema::PURPOSE_PROFILE ? 50000 : 60000;
    }
    return std::holds_alternative<schema::SignatureAsked>(asked) ? 70000 : 80000;
}

/// Profile and re-authentication have no code for what was taken back: it was refused.
int withdrawn_code(int first) { return first == 50000 || first == 80000 ? first + 1 : first; }

int code_of(const citizen::Request& request, const schema::Event& asked) {
    const int first = first_code_of(asked);
    switch (request.answer) {
        case citizen::Answer::granted:
            return 0;
        case citizen::Answer::refused:
            return first + 1;
        case citizen::Answer::expired:
            return first + 3;
        case citizen::Answer::withdrawn:
            return withdrawn_code(first);
        case citizen::Answer::ended:
        case citizen::Answer::none:
            break;
    }
    return first + 2;
}

}  // namespace

struct RpCallbacks::Inside {
    Inside(const Ports& with, const Options& how)
        : ports(with), options(how), keys(with.secrets, with.entropy) {}

    const Ports ports;
    const Options options;
    const ContentKeys keys;

    Result<void> add_values(Json& content, const AccountId& account,
                            const citizen::Request& request) const;
    Result<void> add_signature(Json& content, const citizen::State& state,
                               const citizen::Request& request) const;
    Result<void> add_result(Json& content, const AccountId& account, const citizen::State& state,
                            const citizen::Request& request) const;
    void ask_for_key(const ClientId& client) const;
    Result<Json> envelope(const control::RelyingParty& party, const AccountId& account,
                          const citizen::Request& request, int code, const Json& content) const;
};

Result<void> RpCallbacks::Inside::add_values(Json& content, const AccountId& account,
                                             const citizen::Request& request) const {
    CHOPMARK_ASSIGN(const auto event, ports.events.open(request.answered));
    const auto* granted = std::get_if<schema::ConsentGranted>(event.get());
    if (granted == nullptr) {
        return citizen::request_not_answered;
    }
    std::vector<eme_view::Pin> pins;
    for (const schema::FieldSource& pin : granted->link().pins()) {
        pins.push_back(pin_of(pin));
    }
    return rp::add_values(content, ports, account, pins);
}

Result<void> RpCallbacks::Inside::add_signature(Json& content, const citizen::State& state,
                                                const citizen::Request& request) const {
    CHOPMARK_ASSIGN(const auto event, ports.events.open(request.answered));
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
    CHOPMARK_ASSIGN(const auto issued_event, ports.events.open(state.certificate.source));
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

Result<void> RpCallbacks::Inside::add_result(Json& content, const AccountId& account,
                                             const citizen::State& state,
                                             const citizen::Request& request) const {
    const bool granted = request.answer == citizen::Answer::granted;
    switch (request.subject) {
        case citizen::RequestSubject::consent:
            return granted ? add_values(content, account, request) : Result<void>();
        case citizen::RequestSubject::signature:
            return granted ? add_signature(content, state, request) : Result<void>();
        case citizen::RequestSubject::step_up:
            break;
    }
    content["isPassed"] = granted;
    return {};
}

void RpCallbacks::Inside::ask_for_key(const ClientId& client) const {
    CommandHead head;
    head.id = ports.entropy.draw<CommandId>();
    head.digest = crypto::sha256({"chopmark/rp/cek/1", client.bytes()});
    head.issued_at = ports.clock.now();
    head.caller = {schema::Party::TIMER, {}};
    head.actor = head.caller;
    head.channel = schema::PLATFORM_TIMER;
    ports.commands.submit(
        control::Command(control::RelyingPartyCommand(control::IssueContentKey{client})), head,
        [](const Result<runtime::Receipt>&) {});
}

Result<Json> RpCallbacks::Inside::envelope(const control::RelyingParty& party,
                                           const AccountId& account,
                                           const citizen::Request& request, int code,
                                           const Json& content) const {
    const Instant now = ports.clock.now();
    const auto key = keys.standing(party, now);
    if (!key) {
        ask_for_key(party.id);
        return content_key_awaited;
    }
    CHOPMARK_ASSIGN(const runtime::FoundEvent asked, ports.events.find(request.asked));
    const ReturnCode told = return_code(code);
    // Some clients find their request by the ticket in it (2.2.7).
    const std::string ticket = ports.secrets.bearer.mint(keys::BearerKind::ticket, slot_of(account),
                                                         asked.id, asked.recorded_at);
    Json body = rp::envelope("<T=" + ticket + ">", family_of(&party), told,
                             keys.seal(*key, content.dump()));
    CHOPMARK_ASSIGN(body["secretKey"], keys.wrap(party, *key));
    return body;
}

/// RFC 7578. The boundary is drawn, so that nothing in the parts can be it.
Callback as_multipart(std::string url, const Json& envelope, Entropy& entropy) {
    const std::string boundary = "chopmark-" + entropy.draw<EventId>().hex();
    std::string body;
    for (const auto& [name, value] : envelope.items()) {
        body += fmt::format(
            "--{}\r\nContent-Disposition: form-data; name=\"{}\"\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n",
            boundary, name, value.get_ref<const std::string&>());
    }
    body += fmt::format("--{}--\r\n", boundary);
    return {std::move(url), "multipart/form-data; boundary=" + boundary, std::move(body)};
}

RpCallbacks::RpCallbacks(const Ports& ports, const Options& options)
    : inside_(std::make_unique<Inside>(ports, options)) {}

RpCallbacks::~RpCallbacks() = default;

Result<Callback> RpCallbacks::render(const AccountId& account, const citizen::State& state,
                                     const RequestId& request) const {
    const auto at = state.requests.requests.find(request);
    if (at == state.requests.requests.end()) {
        return citizen::request_unknown;
    }
    if (at->second.open() || at->second.anonymous) {
        return citizen::request_not_answered;
    }
    const control::SnapshotPtr latest = inside_->ports.control.latest();
    const auto* party = control::find_relying_party(*latest->state, at->second.client);
    if (party == nullptr || party->standing != control::ServiceStanding::active) {
        return control::rp_not_active;
    }
    CHOPMARK_ASSIGN(const Asked asked, open_asked(inside_->ports.events, at->second));
    const auto& registered = party->callback_uris;
    if (std::find(registered.begin(), registered.end(), asked.delivery.redirect_uri) ==
        registered.end()) {
        return url_not_registered;
    }
    Json content;
    content["businessID"] = asked.delivery.business_id;
    content["state"] = asked.delivery.state;
    // CorpID tells the person's values from the company's, of which there are none here.
    const bool nested = party->corp_id && at->second.subject == citizen::RequestSubject::consent &&
                        at->second.answer == citizen::Answer::granted;
    CHOPMARK_TRY(
        inside_->add_result(nested ? content["iAM"] : content, account, state, at->second));
    CHOPMARK_ASSIGN(
        const Json envelope,
        inside_->envelope(*party, account, at->second, code_of(at->second, *asked.event), content));
    if (asked.delivery.content_type == multipart) {
        return as_multipart(asked.delivery.redirect_uri, envelope, inside_->ports.entropy);
    }
    return Callback{asked.delivery.redirect_uri, "application/json", envelope.dump()};
}

}  // namespace chopmark::rp
