// Requests that a citizen answers on the phone, as a relying party sends them
// (facts/iamsmart-api.md 6): read into the halves of our commands, all but what only the citizen's
// state and person can give. Lengths and alphabets are checked here, meanings by the nouns. Pure.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "aggregates/citizen/consent.h"
#include "aggregates/citizen/profile.h"
#include "aggregates/citizen/signature.h"
#include "aggregates/citizen/step_up.h"
#include "aggregates/control/relying_party.h"
#include "gateways/rp/parameters.h"

namespace chopmark::rp {

/// Whether a server asks for its pages, or for its app on the citizen's phone (/api/appv1/): that
/// one names two addresses, of which serverRedirectURI gets the callback and clientRedirectURI,
/// where there is one, the citizen.
enum class Side : std::uint8_t { web, app };

/// What every initiateRequest carries.
struct AskHead {
    std::string business_id;
    std::string access_token;
    std::string open_id;
    std::string source;
    std::string redirect_uri;  // one of the registered addresses: of callbacks, or if anonymous of
                               // any kind
    std::string state;
    std::string language;
};

/// Form filling, or the verified profile by callback.
struct FormFilling {
    schema::Purpose purpose = schema::PURPOSE_FORM_FILLING;
    std::vector<std::string> fields;
    std::string form_name;
    std::string form_number;
    std::string form_description;
    std::string callback_content_type;  // application/json or multipart/form-data
};

struct Signing {
    schema::SignatureKind kind = schema::SIGNATURE_KIND_UNSPECIFIED;
    Bytes digest;
    std::string algorithm;
    Bytes card_hash;  // HKICHash; empty: the request names no card
    std::string department;
    std::string service_name;
    std::string document_name;
    std::string step_up_method;  // canonical: empty, FR, NFC, FR+NFC
    std::uint32_t step_up_period_hours = 0;
};

struct Reauthentication {
    std::vector<schema::StepUpMethod> methods;
};

using AskBody = std::variant<FormFilling, Signing, Reauthentication>;

/// rp.parameter_*, rp.source_unknown, rp.url_not_registered.
Result<AskHead> read_ask_head(const service::Json& content, const control::RelyingParty& party,
                              Side side = Side::web);
/// Of a request without a token: no accessToken, no openID; redirectURI, where it is given, is any
/// registered address, since the answer goes back by the browser and is fetched.
Result<AskHead> read_anonymous_head(const service::Json& content,
                                    const control::RelyingParty& party, Side side = Side::web);
/// Of one that is called back nevertheless, as bulk signing is: its address is that of callbacks.
Result<AskHead> read_anonymous_bulk_head(const service::Json& content,
                                         const control::RelyingParty& party, Side side = Side::web);
Result<AskBody> read_form_filling(const service::Json& content);
Result<AskBody> read_profile(const service::Json& content);
/// profileFields and eMEFields, each name once; some of them, or rp.parameter_empty.
Result<std::vector<std::string>> read_fields(const service::Json& content);
/// By `hashCode`, by `docDigest`.
Result<AskBody> read_hash_signing(const service::Json& content);
Result<AskBody> read_pdf_signing(const service::Json& content);
using ReadBody = Result<AskBody> (*)(const service::Json& content);
Result<AskBody> read_reauthentication(const service::Json& content);
/// Of clients that send everything to the path of form filling (2.1.12): by what is in it.
Result<AskBody> read_by_content(const service::Json& content);

/// What signing one document and signing many have in common: all but digests and names of
/// documents.
Result<Signing> read_signing_frame(const service::Json& content);
/// At most so many characters; empty if absent.
Result<std::string> words(const service::Json& content, const char* name, std::size_t characters);
/// As a number or as text; `fallback` if absent.
Result<std::uint32_t> whole_number(const service::Json& content, const char* name,
                                   std::uint32_t least, std::uint32_t most, std::uint32_t fallback);
inline constexpr std::size_t document_name_characters = 255;
/// Of NONEwithRSA: what RSA-2048 takes.
inline constexpr std::size_t bare_input_bytes = 245;

/// stepupAuthMethod: an expression `unary` or `and` over FR and NFC, as JSON or as JSON in a text,
/// or a method's plain name; its canonical spelling. Empty for nothing.
Result<std::string> read_step_up(const service::Json& content);

/// The text that the phone shows and signs; the same for the same request.
std::string text_of_consent(const AskHead& head, const FormFilling& body);
std::string text_of_signature(const AskHead& head, const Signing& body,
                              std::string_view identification_code);
/// What is to be signed, with the text that the phone shows.
schema::SignatureSubject subject_of(const AskHead& head, const Signing& body,
                                    const std::string& identification_code);
std::string text_of_step_up(const AskHead& head, const Reauthentication& body);

}  // namespace chopmark::rp
