#include "gateways/app/signing.h"

#include "aggregates/citizen/state.h"
#include "events/crypto/cms.h"
#include "events/crypto/digest.h"
#include "events/schema/event.h"
#include "gateways/app/bulk_approval.h"
#include "gateways/app/phone_evidence.h"
#include "gateways/app/request_claim.h"
#include "gateways/app/request_routes.h"

namespace chopmark::app {
namespace {

using CallPtr = std::shared_ptr<SignedCall>;

/// facts/iamsmart-api.md 6.3; aggregates/citizen/signature.cc admits no others.
constexpr std::string_view none_with_rsa = "NONEwithRSA";

struct Material {
    std::shared_ptr<const schema::Event> asked_event;
    const schema::SignatureAsked* asked = nullptr;
    SigningCertificate with;
};

Result<Material> open_material(const AppContext& context, const SignedCall& call,
                               const RequestId& id) {
    const citizen::State& state = *call.state;
    const citizen::Request& request = state.requests.requests.at(id);
    Material out;
    CHOPMARK_ASSIGN(out.asked_event, context.ports.finder.open_recorded(request.asked));
    out.asked = std::get_if<schema::SignatureAsked>(out.asked_event.get());
    if (out.asked == nullptr) {
        return citizen::request_unknown;
    }
    // Before a key is used: the phone has shown what will be signed.
    if (out.asked->personal().subject().text_digest() != call.text_digest.bytes()) {
        return citizen::signature_text_mismatch;
    }
    CHOPMARK_ASSIGN(out.with,
                    open_certificate(context.ports.finder, state, context.ports.clock.now()));
    return out;
}

Result<citizen::SignatureEvidence> sign(const AppContext& context, const SignedCall& call,
                                        const Material& material) {
    const schema::SignatureSubject& subject = material.asked->personal().subject();
    CHOPMARK_ASSIGN(const auto list, context.ports.authority.revocation_list());
    citizen::SignatureEvidence out;
    out.signed_at = context.ports.clock.now();
    CHOPMARK_ASSIGN(Bytes signature,
                    make_signature(context.ports.signing_keys, material.with,
                                   material.asked->leaf().kind(), subject, out.signed_at));
    out.document_digest = subject.document_digest();
    out.algorithm = subject.algorithm();
    out.signature = Sensitive(std::move(signature));
    out.certificate_serial = call.state->certificate.serial;
    out.certificate_digest = crypto::sha256(material.with.certificate);
    out.chain_digest = material.with.chain_digest();
    out.crl_number = list.number;
    return out;
}

/// A repeated call finds its request answered: there is nothing to sign, and the executor gives the
/// recorded outcome by the command's id.
Result<citizen::ApproveSignature> read_approval(const AppContext& context, const SignedCall& call) {
    citizen::ApproveSignature out;
    CHOPMARK_ASSIGN(out.request, answered_request(call));
    out.proof = call.proof();
    out.phone = endpoint_of(context, *call.call);
    if (!call.state->requests.requests.at(out.request).open()) {
        return out;
    }
    CHOPMARK_ASSIGN(const auto material, open_material(context, call, out.request));
    CHOPMARK_ASSIGN(out.checks, step_up_checks(context, call));
    CHOPMARK_ASSIGN(out.evidence, sign(context, call, material));
    return out;
}

Result<Json> render_signed(const runtime::Receipt& receipt) {
    CHOPMARK_TRY(check_recorded(*receipt.event));
    if (const auto* approved = std::get_if<schema::BulkApproved>(receipt.event.get())) {
        return Json{{"request", to_hex(approved->link().request_id())},
                    {"certificate_serial", to_hex(approved->link().certificate_serial())}};
    }
    const auto* made = std::get_if<schema::SignatureMade>(receipt.event.get());
    return made == nullptr
               ? Json::object()
               : Json{{"request", to_hex(made->link().request_id())},
                      {"certificate_serial", to_hex(made->link().certificate_serial())}};
}

/// `Noun` is the command's variant, `command` what was read of the call.
template <class Noun, class Command>
void submit_approval(const AppContext& context, const CallPtr& call, const SharedReply& reply,
                     Result<Command> command) {
    if (!command) {
        reply->fail(command.error());
        return;
    }
    auto back = way_back(context, *call, command->request);
    if (!back) {
        reply->fail(back.error());
        return;
    }
    submit(context, *call, Noun(*std::move(command)), reply,
           telling_page(context, *std::move(back), render_signed));
}

void approve(const AppContext& context, const CallPtr& call, const SharedReply& reply) {
    submit_approval<citizen::SignatureCommand>(context, call, reply, read_approval(context, *call));
}

/// What was approved is signed later, by the follow-up of the approval.
void approve_many(const AppContext& context, const CallPtr& call, const SharedReply& reply) {
    submit_approval<citizen::BulkCommand>(context, call, reply, read_bulk_approval(context, *call));
}

bool is_bulk(const SignedCall& call) {
    const auto id = answered_request(call);
    return id && call.state->requests.requests.at(*id).subject == citizen::RequestSubject::bulk;
}

}  // namespace

Digest SigningCertificate::chain_digest() const {
    Bytes all;
    for (const Bytes& one : chain) {
        all += one;
    }
    return crypto::sha256(all);
}

Result<SigningCertificate> open_certificate(const runtime::EventFinder& finder,
                                            const citizen::State& state, Instant now) {
    CHOPMARK_TRY(citizen::check_certificate(state, now));
    CHOPMARK_ASSIGN(const auto event, finder.open_recorded(state.certificate.source));
    const auto* issued = std::get_if<schema::CertificateIssued>(event.get());
    if (issued == nullptr) {
        return citizen::certificate_none;
    }
    const auto& personal = issued->personal();
    return SigningCertificate{state.certificate.key_handle,
                              personal.certificate(),
                              {personal.chain().begin(), personal.chain().end()}};
}

Result<Bytes> make_signature(keys::KeyPort& port, const SigningCertificate& with,
                             schema::SignatureKind kind, const schema::SignatureSubject& subject,
                             Instant now) {
    if (kind != schema::SIGNATURE_KIND_PDF) {
        const auto scheme = subject.algorithm() == none_with_rsa
                                ? keys::SigningScheme::bare_rsa
                                : keys::SigningScheme::sha256_rsa_digest;
        return port.sign(with.key, scheme, subject.document_digest());
    }
    const auto digest = Digest::from_bytes(subject.document_digest());
    if (!digest) {
        return citizen::signature_digest_malformed;
    }
    const Bytes attributes = crypto::cms_signed_attributes(*digest, now, with.certificate);
    CHOPMARK_ASSIGN(const Bytes signature,
                    port.sign(with.key, keys::SigningScheme::sha256_rsa, attributes));
    return crypto::cms_signed_data(with.certificate, with.chain, attributes, signature);
}

http::Route signing_row(const AppContext& context) {
    http::Route row = signed_row(
        context,
        {"/app/v1/signatures/approve", "app.signature.approve", "Signs what a service asked for"},
        [&context](const CallPtr& call, const SharedReply& reply) {
            is_bulk(*call) ? approve_many(context, call, reply) : approve(context, call, reply);
        });
    row.body_limit_bytes = image_body_bytes;
    return row;
}

}  // namespace chopmark::app
