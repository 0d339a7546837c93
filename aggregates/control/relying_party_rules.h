// What the decisions about an online service share, of its registration and of its life: which
// scopes, facts and keys are good, who may judge, and how its events begin. For relying_party.cc
// and relying_party_life.cc alone. Pure.
#pragma once

#include "aggregates/control/relying_party.h"
#include "events/schema/event.h"

namespace chopmark::control::rp_rules {

template <class E>
E event_about(const ClientId& client) {
    E event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_leaf()->set_client_id(client.to_bytes());
    return event;
}

bool good_scopes(const std::set<std::string>& scopes);
/// relying_party.bad_scope, or scope_not_applied_for with the first that was never asked for.
Result<void> check_granted(const std::set<std::string>& scopes, const RelyingParty& party);
/// relying_party.bad_setup; addresses are https outside a sandbox.
Result<void> check_facts(const State& state, const RelyingPartyFacts& facts);
/// An open-id group is one organisation's: its services know a citizen by the same open id.
Result<void> check_group(const State& state, const ClientId& client, const std::string& group,
                         const std::string& organisation);
/// relying_party.bad_key, certificate_missing, certificate_dates.
Result<void> check_key(const State& state, ByteView kek, const CheckedCertificate& certificate,
                       Instant now);

/// The party that an administrator may change: on trial or approved, and not withdrawn.
Result<const RelyingParty*> changeable(const State& state, const ClientId& client,
                                       const Context& context);
/// One with that standing, judged by another administrator than the one who applied.
Result<const RelyingParty*> judged_by_another(const State& state, const ClientId& client,
                                              ServiceStanding standing, const Context& context);

void write_certificate(schema::KekCertificate& out, const CheckedCertificate& certificate);
/// Takes key and certificate over; a reminder of the one before is none of this one.
void take_key(RelyingParty& party, const Bytes& kek, const schema::KekCertificate& certificate);

/// The row to change, or null for an event about a client that never applied.
RelyingParty* row_of(State& state, ByteView id, const record::Stamp& stamp);
inline std::set<std::string> scopes_of(const auto& leaf) {
    return {leaf.scopes().begin(), leaf.scopes().end()};
}

}  // namespace chopmark::control::rp_rules
