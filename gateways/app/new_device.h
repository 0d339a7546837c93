// A phone that asks to be bound, read from a body whose signature showed that it holds the key.
// JSON member `device`: {id: hex, public_key: Base64 of 65 bytes, model, os, os_version,
// app_version, hardware, attestation: Base64 of the platform's statement}; all but id and key may
// be missing. `hardware` is the phone's own name for itself, which outlives a re-installation; only
// keyed tokens of it are recorded.
#pragma once

#include "aggregates/citizen/device.h"
#include "gateways/app/signed_call.h"

namespace chopmark::app {

/// What is needed to make tokens and judge the platform's statement.
struct DeviceReading {
    const keys::KeyRing& ring;
    const AttestationCheck& attestation;
    Instant now;
};
/// Member `device` of `body`, signature and time left empty; json.member for a malformed one.
Result<citizen::NewDevice> read_new_device(const Json& body, const DeviceReading& with);

/// Of a candidate's own call; app.header_malformed when its id is not the header's.
Result<citizen::NewDevice> new_device_of(const AppContext& context, const SignedCall& call);

}  // namespace chopmark::app
