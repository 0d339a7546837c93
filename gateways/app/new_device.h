// A phone that asks to be bound, read from the body of its call, whose signature showed that it
// holds the key. JSON member `device`: {id: hex, public_key: Base64 of 65 bytes, model, os,
// os_version, app_version, hardware, attestation: Base64 of the platform's statement}; all but id
// and key may be missing. `hardware` is the phone's own name for itself, which outlives a
// re-installation; only keyed tokens of it are recorded.
#pragma once

#include "aggregates/citizen/device.h"
#include "gateways/app/signed_call.h"

namespace chopmark::app {

/// json.member for a malformed one; app.header_malformed when its id is not the header's.
Result<citizen::NewDevice> new_device_of(const AppContext& context, const SignedCall& call);

}  // namespace chopmark::app
