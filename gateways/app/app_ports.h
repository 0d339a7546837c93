// What the phones' gateway speaks to. All of it must outlive the gateway and is safe from any
// thread. Outside parties, signing keys and password verifiers are only used in `work`.
#pragma once

#include "aggregates/control/snapshot.h"
#include "aggregates/runtime/command_service.h"
#include "aggregates/runtime/event_finder.h"
#include "events/core/clock.h"
#include "events/core/entropy.h"
#include "events/core/strand.h"
#include "events/crypto/p256.h"
#include "events/keys/event_vault.h"
#include "events/keys/key_port.h"
#include "events/keys/key_ring.h"
#include "events/keys/password.h"
#include "events/keys/password_store.h"
#include "gateways/outside/identity_checks.h"
#include "gateways/service/login_desk.h"
#include "gateways/service/network.h"
#include "gateways/service/queries.h"
#include "gateways/service/secrets.h"

namespace chopmark::app {

/// How far a platform's statement about a phone's key is believed; adapter of the phone's maker.
using AttestationCheck =
    std::function<schema::AttestationLevel(ByteView statement, ByteView public_key)>;

struct AppOptions {
    /// Of new verifiers: what an attacker has to pay, and every registration by NFC.
    keys::PasswordOptions password;
};

struct AppPorts {
    runtime::CommandService& commands;
    const runtime::EventFinder& finder;
    const service::Queries& queries;
    const control::Snapshots& control;
    const service::Secrets& secrets;
    service::LoginDesk& desk;
    const service::Networks& networks;
    const outside::IdentityChecks& identity;
    AttestationCheck attestation;
    keys::PasswordStore& passwords;
    keys::KeyPort& signing_keys;
    ports::CertificationAuthority& authority;
    const keys::EventVault& vault;
    const keys::KeyRing& ring;
    const crypto::P256Verifier& verifier;
    const Clock& clock;
    Entropy& entropy;
    WorkPool& work;
};

/// Ports and options, as every part of the gateway holds them.
struct AppContext {
    AppPorts ports;
    AppOptions options;
};

}  // namespace chopmark::app
