// A call that a phone signed, from its headers to the row's own handler. Two kinds. A bound device
// signs for its account: its key is taken from the account's accepted state, on the executor's
// strand, so that a phone revoked a moment ago signs nothing more and one bound a moment ago does
// at once. A candidate is bound to nothing yet: its key is in the body, and the signature shows
// that it holds the private half. Signatures are checked, and handlers run, in the work pool.
//
// A handler sees a call only after its signature verified; until then ids from headers are claims.
#pragma once

#include "aggregates/citizen/authority.h"
#include "gateways/app/answer.h"
#include "gateways/app/app_ports.h"
#include "gateways/http/route.h"
#include "gateways/service/signed_message.h"

namespace chopmark::app {

inline constexpr std::string_view account_header = "Chopmark-Account";
inline constexpr std::string_view device_header = "Chopmark-Device";
inline constexpr std::string_view challenge_header = "Chopmark-Challenge";
inline constexpr std::string_view signature_header = "Chopmark-Signature";

/// A header that is missing or is not what it says; which one is the detail.
inline constexpr Reason call_header_malformed{"app.header_malformed", Kind::invalid};
/// Account, device or signature: which of them is wrong is not told.
inline constexpr Reason call_unauthenticated{"app.unauthenticated", Kind::unauthenticated};
/// The text that was signed is not the one that belongs to what is decided.
inline constexpr Reason text_mismatch{"app.text_mismatch", Kind::refused};

struct SignedHeaders {
    AccountId account;  // zero for a candidate
    DeviceId device;
    service::CheckedChallenge challenge;
    Bytes signature;
};
/// Of a device when `bound`, else of a candidate, which names no account. Also keys.bad_stamp and
/// keys.stamp_expired.
Result<SignedHeaders> read_signed_headers(const http::Call& call, const keys::Stamps& stamps,
                                          bool bound, Instant now);

/// The header's only value; empty when it is missing or repeated.
std::string header_of(const http::Call& call, std::string_view name);

struct SignedCall {
    http::CallPtr call;
    Json body;
    SignedHeaders signed_by;
    Digest text_digest;  // zero: the body names none
    CommandHead head;
    std::shared_ptr<const citizen::State> state;  // of the account; null for a candidate
    EventId bound_by;                             // of the device; zero for a candidate

    [[nodiscard]] const AccountId& account() const { return signed_by.account; }
    [[nodiscard]] citizen::DeviceProof proof() const;
};

/// Runs in the work pool; answers by the reply, then or later. Shared: it is not copied.
using SignedHandler = std::function<void(const std::shared_ptr<SignedCall>&, SharedReply)>;

/// What a row says of itself; all of them are POST.
struct RowName {
    std::string path;
    std::string name;  // the command that is signed
    std::string summary;
};
/// Rows with permission `app.signed` and `app.candidate`. `context` must outlive the row.
http::Route signed_row(const AppContext& context, RowName name, SignedHandler handler);
http::Route candidate_row(const AppContext& context, RowName name, SignedHandler handler);

/// Of a body with a selfie and a picture in Base64.
inline constexpr std::size_t image_body_bytes = 6 * 1024 * 1024;

/// Submits what the call became; the answer is rendered on the strand.
void submit(const AppContext& context, const SignedCall& call, const AccountId& account,
            citizen::Command command, runtime::Answer answer);
inline void submit(const AppContext& context, const SignedCall& call, citizen::Command command,
                   const SharedReply& reply, Render render = render_nothing) {
    submit(context, call, call.account(), std::move(command),
           answer_to(context.ports.queries, reply, std::move(render)));
}

/// The phone as detection may know it.
schema::Endpoint endpoint_of(const AppContext& context, const http::Call& call);

}  // namespace chopmark::app
