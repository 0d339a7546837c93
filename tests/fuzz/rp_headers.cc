// Any header fields as the signature of a relying party's request: what is read keeps its limits,
// nothing unsigned passes, and what the client's own secret signed does.
#include "events/core/limits.h"
#include "gateways/rp/request_signature.h"
#include "tests/fuzz/fuzz_headers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using chopmark::ensure;
    namespace rp = chopmark::rp;
    httplib::Request request = chopmark::fuzz::request_of(chopmark::fuzz::bytes_of(data, size));
    const auto headers = rp::read_headers(request);
    if (!headers) {
        return 0;
    }
    ensure(!headers->nonce.empty() && headers->nonce.size() <= chopmark::limits::nonce_bytes);
    ensure(std::to_string(headers->timestamp.millis()) == headers->timestamp_text,
           "a time stamp has one spelling");
    const bool given = rp::is_signed(*headers, request.body, "the client's secret");
    const std::string signature =
        rp::sign_request(headers->client_text, headers->timestamp_text, headers->nonce,
                         request.body, "the client's secret");
    request.headers.erase("signature");
    request.headers.emplace("signature", signature);
    const auto signed_now = rp::read_headers(request);
    ensure(signed_now && rp::is_signed(*signed_now, request.body, "the client's secret"),
           "what its secret signed is signed");
    ensure(!rp::is_signed(*signed_now, request.body + "x", "the client's secret"),
           "every byte of the body is under the signature");
    ensure(!rp::is_signed(*signed_now, request.body, "another secret"));
    ensure(!given || headers->signature == signed_now->signature, "nothing else passes");
    return 0;
}
