// Any header fields and body as a call that a phone signed: what is read is whole, a challenge made
// elsewhere is none, and the signed text keeps the body's bytes apart from everything else. A
// challenge of "*" stands for one that was just issued.
#include "gateways/app/signed_call.h"

#include "events/core/limits.h"
#include "gateways/channel/voucher.h"
#include "tests/fuzz/fuzz_headers.h"
#include "tests/support/simulated.h"

namespace {

using chopmark::ensure;
namespace app = chopmark::app;
namespace keys = chopmark::keys;
namespace service = chopmark::service;

const chopmark::Instant now = chopmark::Instant::from_seconds(1'767'225'600);

const keys::Stamps& stamps() {
    static const keys::Stamps made(
        chopmark::crypto::Secret32::from("0123456789abcdef0123456789abcdef"));
    return made;
}

std::string issued() {
    static chopmark::test::SeededEntropy entropy(7);
    static const std::string text =
        service::issue_challenge(stamps(), service::ChallengePurpose::app, now, entropy).text;
    return text;
}

void check_text(const httplib::Request& request, std::string_view challenge) {
    service::SignedMessage message;
    message.environment = "sandbox";
    message.command = "app.login.approve";
    message.challenge = challenge;
    message.body = request.body;
    const std::string text = service::signed_message(message);
    const std::string longer = request.body + " ";
    message.body = longer;
    ensure(service::signed_message(message) != text, "every byte of the body is signed");
    message.signer = service::Signer::terminal;
    message.body = request.body;
    ensure(service::signed_message(message) != text, "and who signs");
}

void check_call(const chopmark::http::Call& call, bool bound) {
    const auto headers = app::read_signed_headers(call, stamps(), bound, now);
    if (!headers) {
        return;
    }
    ensure(bound || headers->account.is_zero(), "a candidate has no account");
    ensure(!headers->signature.empty() &&
           headers->signature.size() <= chopmark::limits::signature_bytes);
    ensure(app::header_of(call, app::challenge_header) == issued(),
           "only an issued challenge is one");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    chopmark::http::Call call;
    call.request = chopmark::fuzz::request_of(chopmark::fuzz::bytes_of(data, size));
    const std::string name(app::challenge_header);
    const std::string given = app::header_of(call, name);
    ensure(call.request.get_header_value_count(name) == 1 || given.empty(),
           "a repeated header is none");
    if (given == "*") {
        call.request.headers.erase(name);
        call.request.headers.emplace(name, issued());
    }
    check_call(call, true);
    check_call(call, false);
    check_text(call.request, given);
    if (const auto trace = chopmark::http::parse_traceparent(app::header_of(call, "traceparent"))) {
        const auto again = chopmark::http::parse_traceparent(to_traceparent(*trace));
        ensure(again && again->trace == trace->trace && again->span == trace->span);
    }
    ensure(!chopmark::channel::check_voucher(stamps(), given, now), "a challenge is no voucher");
    return 0;
}
