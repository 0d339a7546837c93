// The voucher that a terminal hands to a citizen it has registered: whoever brings it within a day
// binds the account's first phone. A stamp, so nothing is stored and any node checks it; that it is
// used once follows from the account, which has one first device (aggregates/citizen/device.h).
//
//   payload = account:16 registered_by:16 terminal:16 issued_at:i64            ; in Base64
#pragma once

#include "aggregates/citizen/device.h"
#include "events/keys/stamp.h"

namespace chopmark::channel {

struct Voucher {
    AccountId account;
    citizen::DeviceVoucher content;
};

std::string issue_voucher(const keys::Stamps& stamps, const Voucher& voucher);
/// keys.bad_stamp, keys.stamp_expired.
Result<Voucher> check_voucher(const keys::Stamps& stamps, std::string_view text, Instant now);

}  // namespace chopmark::channel
