// A scan on another node's desk, as bytes; the grammar is aggregates/runtime/command_wire_codec.h.
// Pure; any thread.
#pragma once

#include "gateways/service/login_desk.h"

namespace chopmark::node {

struct ScanQuestion {
    service::Scan scan;
    http::AppCaller phone;
};

Bytes encode_scan(const ScanQuestion& question);
Result<ScanQuestion> decode_scan(ByteView bytes);
Bytes encode_claimed(const Result<service::ClaimedLogin>& claimed);
/// Refusals (login.handle_unknown, login.qr_code_old …) are the peer's.
Result<service::ClaimedLogin> decode_claimed(ByteView bytes);

}  // namespace chopmark::node
