// The citizen as the unit of decision (design 6, A14): one state, one version, all nouns. Each noun
// has a file pair with its part of the state, its commands, its refusals, decide and evolve; one
// event may be evolved by several of them (AccountClosed ends devices, tokens and requests without
// a second event). A copy is taken for every event in flight, so parts stay small and bounded.
#pragma once

#include "aggregates/citizen/account.h"
#include "aggregates/citizen/certificate.h"
#include "aggregates/citizen/consent.h"
#include "aggregates/citizen/device.h"
#include "aggregates/citizen/login.h"
#include "aggregates/citizen/profile.h"
#include "aggregates/citizen/request.h"
#include "aggregates/citizen/signature.h"

namespace chopmark::citizen {

struct State {
    std::uint64_t version = 0;  // events folded
    AccountState account;
    DeviceState devices;
    ProfileState profile;
    CertificateState certificate;
    LoginState logins;      // with the tokens they led to
    RequestState requests;  // of relying parties: for consents, signatures and step-ups
    ConsentState consents;
    SignatureState signatures;

    static void fields(auto& archive, State& row) {
        archive(row.version, row.account, row.devices, row.profile, row.certificate, row.logins,
                row.requests, row.consents, row.signatures);
    }
    friend bool operator==(const State&, const State&) = default;
};

}  // namespace chopmark::citizen
