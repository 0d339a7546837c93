// What gateways derive and check without storing: bearer values, stamps, day keys, position tokens.
// Made once from the roots of the key material, which no erasure or expiry changes. Safe from any
// thread.
#pragma once

#include <string>

#include "events/fold/position_token.h"
#include "events/keys/bearer.h"
#include "events/keys/day_keys.h"
#include "events/keys/key_material.h"
#include "events/keys/stamp.h"

namespace chopmark::service {

struct Secrets {
    explicit Secrets(const keys::KeyMaterial& material, std::string environment_name);

    std::string environment;  // "sandbox", "integration", "production": part of what phones sign
    keys::Bearer bearer;
    keys::Stamps stamps;
    keys::DayKeys content_keys;  // keys::content_key(content_keys.at(issued_at), client, serial)
    keys::DayKeys session_keys;  // keys::session_key(session_keys.at(began_at), device, nonce)
    fold::PositionTokens positions;
};

}  // namespace chopmark::service
