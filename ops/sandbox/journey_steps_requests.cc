// Steps 10 to 13: form filling and signatures, judged by the tools of others.
#include <fmt/format.h>

#include "events/crypto/digest.h"
#include "events/crypto/x509.h"
#include "ops/sandbox/journey_world.h"
#include "ops/sandbox/pdf.h"

namespace chopmark::sandbox {
namespace {

// ---- 10, 11
// --------------------------------------------------------------------------------------

const std::vector<std::string> eme_fields{"emailAddress", "mobileNumber", "residentialAddress"};

Json values_of(const Persona& person) {
    return {{"emailAddress", person.email},
            {"mobileNumber", {{"CountryCode", "852"}, {"SubscriberNumber", person.mobile}}},
            {"residentialAddress",
             {{"FreeFormatAddress",
               {{"LanguageCode", "en"},
                {"AddressLine1", "Flat 5, 12/F"},
                {"AddressLine2", "1 Sandbox Road"},
                {"AddressLine3", "Hong Kong"}}}}}};
}

/// Asked by the service, seen on the phone.
Result<Json> ask_form(World& world, SimulatedPhone& phone, const std::string& id) {
    CHOPMARK_TRY(
        expect_envelope("a form-filling request",
                        world.tax->ask_form(world.token, id, {"enName", "birthDate"}, eme_fields)));
    CHOPMARK_ASSIGN(Json request, open_request(phone, world.tax->identity().client, "consent"));
    CHOPMARK_TRY(expect_equal("the form shown", "SB-1", request.value("form_number", "")));
    return request;
}

Seen fill_form(World& world) {
    SimulatedPhone& mei = world.phone("mei");
    const Json values = values_of(mei.bearer());
    CHOPMARK_TRY(expect_good("a profile", mei.enable_profile()));
    CHOPMARK_TRY(expect_good("profile fields", mei.set_profile(values)));
    const std::string id = business_id(world);
    CHOPMARK_ASSIGN(const Json request, ask_form(world, mei, id));
    // The phone's view may not show the profile's last change yet.
    const auto granted = wait_for<Json>(std::chrono::seconds(10), [&]() -> Result<Json> {
        return expect_good("a consent", mei.grant(request));
    });
    CHOPMARK_TRY(granted);
    CHOPMARK_ASSIGN(const Json content,
                    expect_envelope("a callback", callback_about(world, *world.tax, id)));
    for (const auto& [name, value] : values.items()) {
        CHOPMARK_TRY(expect(content.value(name, Json()) == value, name + " " + value.dump(),
                            content.value(name, Json()).dump()));
    }
    const std::string name = content.value("enName", Json::object()).value("UnstructuredName", "");
    CHOPMARK_TRY(expect_equal("enName", mei.bearer().card.english_name, name));
    CHOPMARK_TRY(
        expect(!content.contains("idNo"), "no field that was not asked for", content.dump()));
    return fmt::format(
        "{} fields set, two of the card and {} of the profile arrived by callback, "
        "none else",
        values.size(), eme_fields.size());
}

Seen refuse_form(World& world) {
    SimulatedPhone& mei = world.phone("mei");
    const std::string id = business_id(world);
    CHOPMARK_ASSIGN(const Json request, ask_form(world, mei, id));
    CHOPMARK_TRY(expect_good("a refusal", mei.refuse_consent(request)));
    CHOPMARK_ASSIGN(const Envelope told, callback_about(world, *world.tax, id));
    CHOPMARK_TRY(expect_equal("code", "D60001", told.code));
    for (const std::string& field : eme_fields) {
        CHOPMARK_TRY(expect(!told.content.contains(field), "no values", told.content.dump()));
    }
    const auto again = world.tax->ask_form(world.token, id, {}, eme_fields);
    CHOPMARK_TRY(expect(again && again->code == "D20011", "the used businessID refused as D20011",
                        again ? again->code : to_string(again.error())));
    return std::string("the service was told D60001 and got no value; its businessID is used up");
}

// ---- 12
// ------------------------------------------------------------------------------------------

/// The sandbox's authority as PEM, for tools of others.
Result<std::filesystem::path> authority_pem(World& world) {
    CHOPMARK_ASSIGN(const Bytes der, read_file(world.options.data / "sandbox-ca" / "ca.crt"));
    CHOPMARK_ASSIGN(const auto certificate, crypto::Certificate::parse(der));
    const auto file = world.folder() / "ca.pem";
    CHOPMARK_TRY(write_file(file, certificate.pem()));
    return file;
}

Result<Finished> expect_tool(const std::vector<std::string>& arguments) {
    CHOPMARK_ASSIGN(Finished done, run_program(arguments));
    CHOPMARK_TRY(expect(done.exit_code == 0, arguments.front() + " to be content",
                        fmt::format("exit code {}: {}", done.exit_code, done.output)));
    return done;
}

Result<void> check_certificate(World& world, const Bytes& der) {
    CHOPMARK_ASSIGN(const auto certificate, crypto::Certificate::parse(der));
    const auto file = world.folder() / "signer.pem";
    CHOPMARK_TRY(write_file(file, certificate.pem()));
    CHOPMARK_ASSIGN(const auto authority, authority_pem(world));
    CHOPMARK_TRY(expect_tool({"openssl", "verify", "-CAfile", authority.string(), file.string()}));
    return {};
}

Seen sign_hash(World& world) {
    SimulatedPhone& mei = world.phone("mei");
    const std::string document = fmt::format("I agree to everything. Run {}.", world.run);
    const std::string id = business_id(world);
    CHOPMARK_TRY(expect_envelope(
        "a signing request",
        world.tax->ask_signature(world.token, id, crypto::sha256(document), "agreement.txt")));
    CHOPMARK_ASSIGN(const Json request,
                    open_request(mei, world.tax->identity().client, "signature"));
    CHOPMARK_TRY(
        expect_equal("the document shown", "agreement.txt", request.value("document_name", "")));
    CHOPMARK_TRY(expect_good("a signature", mei.sign(request)));
    CHOPMARK_ASSIGN(const Json content,
                    expect_envelope("a callback", callback_about(world, *world.tax, id)));
    CHOPMARK_ASSIGN(const Bytes signature, service::bytes_of(content, "signature"));
    CHOPMARK_ASSIGN(const Bytes der, service::bytes_of(content, "cert"));
    CHOPMARK_TRY(check_certificate(world, der));
    CHOPMARK_ASSIGN(const auto certificate, crypto::Certificate::parse(der));
    CHOPMARK_ASSIGN(const auto key, crypto::RsaPublicKey::from_spki(certificate.spki()));
    CHOPMARK_TRY(expect(key.verify_sha256(document, signature), "a signature over the document",
                        "one that does not verify"));
    CHOPMARK_TRY(expect_envelope("an acknowledgement", world.tax->acknowledge(id, false)));
    return fmt::format(
        "identification code {}; the signature verifies under \"{}\", which "
        "openssl traces to the authority",
        request.value("identification_code", "none"), certificate.common_name());
}

// ---- 13
// ------------------------------------------------------------------------------------------

Result<void> check_cms(World& world, const SignablePdf& pdf, const Bytes& pkcs7) {
    const auto covered = world.folder() / "contract.covered";
    const auto signature = world.folder() / "contract.p7s";
    CHOPMARK_TRY(write_file(covered, pdf.covered()));
    CHOPMARK_TRY(write_file(signature, pkcs7));
    CHOPMARK_ASSIGN(const auto authority, authority_pem(world));
    const auto verify = [&](const std::filesystem::path& content) {
        return std::vector<std::string>{"openssl",  "cms",
                                        "-verify",  "-binary",
                                        "-inform",  "DER",
                                        "-in",      signature.string(),
                                        "-content", content.string(),
                                        "-CAfile",  authority.string(),
                                        "-out",     "/dev/null"};
    };
    CHOPMARK_TRY(expect_tool(verify(covered)));
    const auto changed = world.folder() / "contract.changed";
    CHOPMARK_TRY(write_file(changed, pdf.covered() + " "));
    CHOPMARK_ASSIGN(const Finished other, run_program(verify(changed)));
    return expect(other.exit_code != 0, "openssl to refuse a changed document", other.output);
}

Seen sign_pdf(World& world) {
    SimulatedPhone& mei = world.phone("mei");
    const SignablePdf pdf(fmt::format("Sandbox contract of run {}", world.run), world.clock.now());
    const std::string id = business_id(world);
    CHOPMARK_TRY(expect_envelope(
        "a PDF signing request",
        world.tax->ask_pdf_signature(world.token, id, pdf.digest(), "contract.pdf")));
    CHOPMARK_ASSIGN(const Json request,
                    open_request(mei, world.tax->identity().client, "signature"));
    CHOPMARK_TRY(expect_good("a signature", mei.sign(request)));
    CHOPMARK_ASSIGN(const Json content,
                    expect_envelope("a callback", callback_about(world, *world.tax, id)));
    CHOPMARK_ASSIGN(const Bytes pkcs7, service::bytes_of(content, "pdfSignature"));
    CHOPMARK_TRY(check_cms(world, pdf, pkcs7));
    CHOPMARK_ASSIGN(const Bytes signed_pdf, pdf.embed(pkcs7));
    const auto file = world.folder() / "contract.pdf";
    CHOPMARK_TRY(write_file(file, signed_pdf));
    CHOPMARK_TRY(expect_tool({"qpdf", "--check", file.string()}));
    CHOPMARK_ASSIGN(const Finished seen, expect_tool({"pdfsig", "-nocert", file.string()}));
    CHOPMARK_TRY(expect(seen.output.find("Signature is Valid") != std::string::npos,
                        "pdfsig to say \"Signature is Valid\"", seen.output));
    CHOPMARK_TRY(expect(seen.output.find("Total document signed") != std::string::npos,
                        "the total document signed", seen.output));
    return fmt::format("openssl cms, qpdf and pdfsig accept {}; a changed copy is refused",
                       file.string());
}

}  // namespace

std::vector<Step> request_steps() {
    return {{10, "form filling with consent", fill_form},
            {11, "form filling refused", refuse_form},
            {12, "a hash signed", sign_hash},
            {13, "a PDF signed", sign_pdf}};
}

}  // namespace chopmark::sandbox
