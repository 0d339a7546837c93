#include "gateways/rp/request_content.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "events/crypto/digest.h"

namespace chopmark::rp {
namespace {

constexpr std::size_t url_bytes = 2048;
constexpr const char* server_address = "serverRedirectURI";
constexpr const char* client_address = "clientRedirectURI";
constexpr std::size_t source_bytes = 36;  // longer is none that is known
constexpr std::size_t long_text = 255;
constexpr std::size_t department_bytes = 100;
constexpr std::size_t form_number_bytes = 20;
constexpr std::size_t card_hash_bytes = 32;
constexpr std::uint32_t longest_period_hours = 720;

Result<void> add_fields(const service::Json& content, const char* name,
                        bool (*is_field)(std::string_view), std::vector<std::string>& fields) {
    CHOPMARK_ASSIGN(const auto names, optional_texts(content, name));
    for (const std::string& field : names) {
        if (!is_field(field)) {
            return Error(parameter_invalid, name);
        }
        if (std::find(fields.begin(), fields.end(), field) == fields.end()) {
            fields.push_back(field);
        }
    }
    return {};
}

struct Methods {
    bool face = false;
    bool chip = false;
    bool good = true;

    void add(std::string_view name) {
        face = face || name == "FR";
        chip = chip || name == "NFC";
        good = good && (name == "FR" || name == "NFC");
    }
};

void collect(const service::Json& expression, Methods& methods) {
    if (expression.is_string()) {
        methods.add(expression.get_ref<const std::string&>());
    } else if (expression.is_array()) {
        for (const service::Json& one : expression) {
            collect(one, methods);
        }
    } else if (expression.is_object() && expression.size() == 1 &&
               (expression.contains("unary") || expression.contains("and"))) {
        collect(expression.begin().value(), methods);
    } else {
        methods.good = false;
    }
}

Result<Bytes> read_card_hash(const service::Json& content) {
    constexpr const char* name = "HKICHash";
    CHOPMARK_ASSIGN(const std::string text, optional_text(content, name, 64));
    if (text.empty()) {
        return Bytes();
    }
    CHOPMARK_ASSIGN(Bytes hash, bytes_parameter(content, name, card_hash_bytes));
    if (hash.size() != card_hash_bytes) {
        return Error(parameter_invalid, name);
    }
    return hash;
}

Result<AskHead> read_business_id(const service::Json& content) {
    AskHead head;
    CHOPMARK_ASSIGN(head.business_id, text_parameter(content, "businessID"));
    return is_business_id(head.business_id)
               ? Result<AskHead>(std::move(head))
               : Result<AskHead>(Error(parameter_invalid, "businessID"));
}

bool is_registered(const std::string& uri, const std::vector<std::string>& registered) {
    return uri.size() <= url_bytes &&
           std::find(registered.begin(), registered.end(), uri) != registered.end();
}

/// Where the citizen goes back to in the app that asked; empty where only the phone can say, as of
/// an Android activity.
Result<std::string> read_client_address(const service::Json& content,
                                        const control::RelyingParty& party) {
    CHOPMARK_ASSIGN(std::string address, optional_text(content, client_address, url_bytes));
    if (!address.empty() && !is_registered(address, party.redirect_uris)) {
        return url_not_registered;
    }
    return address;
}

Result<void> read_the_rest(const service::Json& content, AskHead& head) {
    CHOPMARK_ASSIGN(head.state, optional_text(content, "state", url_bytes));
    if (!is_state(head.state)) {
        return Error(parameter_invalid, "state");
    }
    CHOPMARK_ASSIGN(head.language, optional_text(content, "lang", 16));
    return {};
}

std::string lines(const std::vector<std::string_view>& parts) {
    return fmt::format("{}", fmt::join(parts, "\n"));
}

Result<AskBody> read_signing(const service::Json& content, schema::SignatureKind kind) {
    const char* digest = kind == schema::SIGNATURE_KIND_PDF ? "docDigest" : "hashCode";
    CHOPMARK_ASSIGN(Bytes bytes, bytes_parameter(content, digest, bare_input_bytes));
    CHOPMARK_ASSIGN(Signing body, read_signing_frame(content));
    body.kind = kind;
    body.digest = std::move(bytes);
    CHOPMARK_ASSIGN(body.document_name, words(content, "documentName", document_name_characters));
    return AskBody(std::move(body));
}

/// One of the addresses that are registered for callbacks.
Result<std::string> read_callback_address(const service::Json& content,
                                          const control::RelyingParty& party, Side side) {
    CHOPMARK_ASSIGN(std::string address,
                    text_parameter(content, side == Side::app ? server_address : "redirectURI"));
    if (!is_registered(address, party.callback_uris)) {
        return url_not_registered;
    }
    if (side == Side::app) {
        CHOPMARK_TRY(read_client_address(content, party));
    }
    return address;
}

/// What begins every request without a token.
Result<AskHead> read_nobodys(const service::Json& content) {
    CHOPMARK_ASSIGN(AskHead head, read_business_id(content));
    CHOPMARK_ASSIGN(head.source, optional_text(content, "source", source_bytes));
    return head.source.empty() || is_source(head.source) ? Result<AskHead>(std::move(head))
                                                         : source_unknown;
}

}  // namespace

/// Lengths on the wire are in characters; a character is at most four bytes of UTF-8.
Result<std::string> words(const service::Json& content, const char* name, std::size_t characters) {
    CHOPMARK_ASSIGN(std::string text, optional_text(content, name, characters * 4));
    const auto count = std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
    });
    if (static_cast<std::size_t>(count) > characters) {
        return Error(parameter_invalid, name);
    }
    return text;
}

Result<std::uint32_t> whole_number(const service::Json& content, const char* name,
                                   std::uint32_t least, std::uint32_t most,
                                   std::uint32_t fallback) {
    if (!service::has(content, name)) {
        return fallback;
    }
    std::int64_t value = -1;
    if (const auto number = service::number_of(content, name)) {
        value = *number;
    } else if (const auto text = service::text_of(content, name)) {
        const char* end = text->data() + text->size();
        if (std::from_chars(text->data(), end, value).ptr != end) {
            value = -1;
        }
    }
    return value >= least && value <= most
               ? Result<std::uint32_t>(static_cast<std::uint32_t>(value))
               : Result<std::uint32_t>(Error(parameter_invalid, name));
}

Result<Signing> read_signing_frame(const service::Json& content) {
    Signing body;
    CHOPMARK_ASSIGN(body.algorithm, optional_text(content, "sigAlgo", 32));
    if (body.algorithm.empty()) {
        body.algorithm = "SHA256withRSA";
    }
    CHOPMARK_ASSIGN(body.card_hash, read_card_hash(content));
    CHOPMARK_ASSIGN(body.department, words(content, "department", department_bytes));
    CHOPMARK_ASSIGN(body.service_name, words(content, "serviceName", long_text));
    CHOPMARK_ASSIGN(body.step_up_method, read_step_up(content));
    CHOPMARK_ASSIGN(body.step_up_period_hours,
                    whole_number(content, "stepupAuthPeriod", 0, longest_period_hours, 0));
    return body;
}

Result<AskHead> read_ask_head(const service::Json& content, const control::RelyingParty& party,
                              Side side) {
    CHOPMARK_ASSIGN(AskHead head, read_business_id(content));
    CHOPMARK_ASSIGN(head.access_token, text_parameter(content, "accessToken"));
    CHOPMARK_ASSIGN(head.open_id, text_parameter(content, "openID", open_id_bytes));
    CHOPMARK_ASSIGN(head.source, text_parameter(content, "source"));
    if (!is_source(head.source)) {
        return source_unknown;
    }
    CHOPMARK_ASSIGN(head.redirect_uri, read_callback_address(content, party, side));
    CHOPMARK_TRY(read_the_rest(content, head));
    return head;
}

Result<AskHead> read_anonymous_bulk_head(const service::Json& content,
                                         const control::RelyingParty& party, Side side) {
    CHOPMARK_ASSIGN(AskHead head, read_nobodys(content));
    CHOPMARK_ASSIGN(head.redirect_uri, read_callback_address(content, party, side));
    CHOPMARK_TRY(read_the_rest(content, head));
    return head;
}

Result<AskHead> read_anonymous_head(const service::Json& content,
                                    const control::RelyingParty& party, Side side) {
    CHOPMARK_ASSIGN(AskHead head, read_nobodys(content));
    if (side == Side::app) {
        CHOPMARK_ASSIGN(head.redirect_uri, read_client_address(content, party));
    } else {
        CHOPMARK_ASSIGN(head.redirect_uri, optional_text(content, "redirectURI", url_bytes));
    }
    if (!head.redirect_uri.empty() && !is_registered(head.redirect_uri, party.redirect_uris) &&
        !is_registered(head.redirect_uri, party.callback_uris)) {
        return url_not_registered;
    }
    CHOPMARK_TRY(read_the_rest(content, head));
    return head;
}

Result<std::vector<std::string>> read_fields(const service::Json& content) {
    std::vector<std::string> fields;
    CHOPMARK_TRY(add_fields(content, "profileFields", citizen::is_card_field, fields));
    CHOPMARK_TRY(add_fields(content, "eMEFields", citizen::is_eme_field, fields));
    if (fields.empty()) {
        return Error(parameter_empty,
                     service::has(content, "eMEFields") ? "eMEFields" : "profileFields");
    }
    return fields;
}

Result<AskBody> read_form_filling(const service::Json& content) {
    FormFilling body;
    CHOPMARK_ASSIGN(body.form_name, words(content, "formName", long_text));
    CHOPMARK_ASSIGN(body.form_number, words(content, "formNum", form_number_bytes));
    CHOPMARK_ASSIGN(body.form_description, words(content, "formDesc", long_text));
    CHOPMARK_ASSIGN(body.fields, read_fields(content));
    CHOPMARK_ASSIGN(body.callback_content_type, optional_text(content, "callbackContentType", 64));
    if (body.callback_content_type.empty()) {
        body.callback_content_type = "application/json";
    }
    if (body.callback_content_type != "application/json" &&
        body.callback_content_type != "multipart/form-data") {
        return Error(parameter_invalid, "callbackContentType");
    }
    return AskBody(std::move(body));
}

Result<AskBody> read_profile(const service::Json& content) {
    CHOPMARK_ASSIGN(AskBody body, read_form_filling(content));
    std::get<FormFilling>(body).purpose = schema::PURPOSE_PROFILE;
    return body;
}

Result<AskBody> read_hash_signing(const service::Json& content) {
    return read_signing(content, schema::SIGNATURE_KIND_HASH);
}

Result<AskBody> read_pdf_signing(const service::Json& content) {
    return read_signing(content, schema::SIGNATURE_KIND_PDF);
}

Result<AskBody> read_reauthentication(const service::Json& content) {
    CHOPMARK_ASSIGN(const std::string method, read_step_up(content));
    Reauthentication body;
    if (method != citizen::step_up_chip) {
        body.methods.push_back(schema::STEP_UP_METHOD_FACE);  // what eidapi_fr means
    }
    if (method == citizen::step_up_chip || method == citizen::step_up_face_and_chip) {
        body.methods.push_back(schema::STEP_UP_METHOD_NFC);
    }
    return AskBody(std::move(body));
}

Result<AskBody> read_by_content(const service::Json& content) {
    if (service::has(content, "docDigest")) {
        return read_pdf_signing(content);
    }
    if (service::has(content, "hashCode")) {
        return read_hash_signing(content);
    }
    return read_form_filling(content);
}

Result<std::string> read_step_up(const service::Json& content) {
    constexpr const char* name = "stepupAuthMethod";
    if (!service::has(content, name) || content[name] == "") {
        return std::string();
    }
    Methods methods;
    const service::Json& value = content[name];
    const bool nested = value.is_string() && value.get_ref<const std::string&>().starts_with('{');
    if (nested) {
        const auto expression = service::parse_object(value.get_ref<const std::string&>());
        methods.good = expression.has_value();
        if (expression) {
            collect(*expression, methods);
        }
    } else {
        collect(value, methods);
    }
    if (!methods.good || (!methods.face && !methods.chip)) {
        return Error(parameter_invalid, name);
    }
    return std::string(methods.face && methods.chip ? citizen::step_up_face_and_chip
                       : methods.face               ? citizen::step_up_face
                                                    : citizen::step_up_chip);
}

std::string text_of_consent(const AskHead& head, const FormFilling& body) {
    const bool profile = body.purpose == schema::PURPOSE_PROFILE;
    return lines({profile ? "chopmark profile" : "chopmark consent", head.business_id,
                  body.form_name, body.form_number, body.form_description,
                  fmt::format("{}", fmt::join(body.fields, " "))});
}

std::string text_of_signature(const AskHead& head, const Signing& body,
                              std::string_view identification_code) {
    return lines({"chopmark signature", head.business_id, body.department, body.service_name,
                  body.document_name, body.algorithm, to_base64(body.digest), identification_code});
}

schema::SignatureSubject subject_of(const AskHead& head, const Signing& body,
                                    const std::string& identification_code) {
    schema::SignatureSubject subject;
    subject.set_document_digest(body.digest);
    subject.set_algorithm(body.algorithm);
    subject.set_text(text_of_signature(head, body, identification_code));
    subject.set_text_digest(crypto::sha256(subject.text()).to_bytes());
    subject.set_identification_code(identification_code);
    subject.set_document_name(body.document_name);
    subject.set_service_name(body.service_name);
    subject.set_department(body.department);
    subject.set_step_up_method(body.step_up_method);
    subject.set_step_up_period_hours(body.step_up_period_hours);
    return subject;
}

std::string text_of_step_up(const AskHead& head, const Reauthentication& body) {
    const bool chip = std::find(body.methods.begin(), body.methods.end(),
                                schema::STEP_UP_METHOD_NFC) != body.methods.end();
    return lines({"chopmark re-authentication", head.business_id, chip ? "chip" : "face"});
}

}  // namespace chopmark::rp
