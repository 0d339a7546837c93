#include "gateways/app/signing.h"

#include "aggregates/citizen/state.h"
#include "events/crypto/cms.h"
#include "events/crypto/digest.h"
#include "events/schema/event.h"
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
    CHOPMARK_ASSIGN(out.asked_event, context.ports.finder.open(request.asked));
    out.asked = std::get_if<schema::SignatureAsked>(out.asked_event.get());
    if (out.asked == nullptr) {
        return citizen::request_unknown;
    }
    // Before a key is used: the phone has shown what will be signed.
    if (out.asked->personal().subject().text_digest() != call.text_digest.bytes()) {
        return citizen::signature_text_mismatch;
    }
    CHOPMARK_TRY(citizen::check_certificate(state, context.ports.clock.now()));
    CHOPMARK_ASSIGN(const auto issued, context.ports.finder.open(state.certificate.source));
    const auto* certificate = std::get_if<schema::CertificateIssued>(issued.get());
    if (certificate == nullptr) {
        return citizen::certificate_none;
    }
    out.with.key = state.certificate.key_handle;
    out.with.certificate = certificate->personal().certificate();
    out.with.chain = {certificate->personal().chain().begin(),
                      certificate->personal().chain().end()};
    return out;
}

Digest digest_of(const std::vector<Bytes>& chain) {
    Bytes all;
    for (const Bytes& certificate : chain) {
        all += certificate;
    }
    return crypto::sha256(all);
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
    out.chain_digest = digest_of(material.with.chain);
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
    const auto* made = std::get_if<schema::SignatureMade>(receipt.event.get());
    return made == nullptr
               ? Json::object()
               : Json{{"request", to_hex(made->link().request_id())},
                      {"certificate_serial", to_hex(made->link().certificate_serial())}};
}

void approve(const AppContext& context, const CallPtr& call, const SharedReply& reply) {
    auto command = read_approval(context, *call);
    if (!command) {
        reply->fail(command.error());
        return;
    }
    auto back = way_back(context, *call, command->request);
    if (!back) {
        reply->fail(back.error());
        return;
    }
    submit(context, *call, citizen::SignatureCommand(*std::move(command)), reply,
           telling_page(context, *std::move(back), render_signed));
}

}  // namespace

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
            approve(context, call, reply);
        });
    row.body_limit_bytes = image_body_bytes;
    return row;
}

}  // namespace chopmark::app
