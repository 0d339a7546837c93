// Any JSON object as the content of a relying party's request: read into a command's half within
// its lengths, or refused with a parameter's name; and the text that the phone shows is the same
// for the same request.
#include "gateways/http/target.h"
#include "gateways/rp/bulk_content.h"
#include "gateways/rp/request_content.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using chopmark::ensure;
namespace rp = chopmark::rp;

const chopmark::control::RelyingParty& party() {
    static const chopmark::control::RelyingParty made = [] {
        chopmark::control::RelyingParty out;
        out.redirect_uris = {"https://rp.example/back"};
        out.callback_uris = {"https://rp.example/callback"};
        return out;
    }();
    return made;
}

std::string shown(const rp::AskHead& head, const rp::AskBody& body) {
    if (const auto* form = std::get_if<rp::FormFilling>(&body)) {
        return rp::text_of_consent(head, *form);
    }
    if (const auto* signing = std::get_if<rp::Signing>(&body)) {
        return rp::text_of_signature(head, *signing, "1234");
    }
    return rp::text_of_step_up(head, std::get<rp::Reauthentication>(body));
}

void check_body(const rp::AskHead& head, const chopmark::Result<rp::AskBody>& body) {
    if (!body) {
        ensure(!body.error().detail.empty(), "a refusal names its parameter");
        return;
    }
    const std::string text = shown(head, *body);
    ensure(!text.empty() && chopmark::http::is_utf8(text) && text == shown(head, *body),
           "the same text for the same request");
}

void check_bulk(const rp::AskHead& head, const chopmark::Result<rp::BulkSigning>& body) {
    if (!body) {
        ensure(!body.error().detail.empty(), "a refusal names its parameter");
        return;
    }
    std::size_t documents = 0;
    for (const auto& part : body->parts) {
        ensure(!part.empty() && part.size() <= chopmark::citizen::bulk_part_documents);
        documents += part.size();
    }
    ensure(documents == body->documents && documents <= chopmark::citizen::most_bulk_documents);
    ensure(body->parts.size() <= chopmark::citizen::most_bulk_parts);
    ensure(chopmark::http::is_utf8(rp::subject_of(head, *body, "1234").text()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto content = chopmark::service::parse_object(chopmark::fuzz::bytes_of(data, size));
    if (!content) {
        return 0;
    }
    rp::AskHead head;
    if (auto read = rp::read_ask_head(*content, party())) {
        ensure(rp::is_business_id(read->business_id) && rp::is_state(read->state));
        ensure(rp::is_source(read->source));
        head = *std::move(read);
    }
    check_body(head, rp::read_form_filling(*content));
    check_body(head, rp::read_hash_signing(*content));
    check_body(head, rp::read_pdf_signing(*content));
    check_body(head, rp::read_reauthentication(*content));
    check_body(head, rp::read_by_content(*content));
    check_bulk(head, rp::read_bulk_signing(*content));
    return 0;
}
