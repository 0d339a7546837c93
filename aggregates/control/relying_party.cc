#include "aggregates/control/relying_party.h"

#include <algorithm>

#include "aggregates/control/relying_party_rules.h"
#include "aggregates/control/state.h"
#include "events/crypto/digest.h"

namespace chopmark::control {
namespace {

using namespace rp_rules;

constexpr std::size_t prospect_at_most = 2000;
constexpr std::size_t content_keys_kept = 8;

void write_setup(schema::RelyingPartySetup& setup, const RelyingPartyFacts& facts) {
    setup.set_name_english(facts.name_english);
    setup.set_name_traditional(facts.name_traditional);
    setup.set_name_simplified(facts.name_simplified);
    setup.set_organisation(facts.organisation);
    setup.set_open_id_group(facts.open_id_group);
    const auto add = [](auto& to, const auto& from) { to.Add(from.begin(), from.end()); };
    add(*setup.mutable_redirect_uris(), facts.redirect_uris);
    add(*setup.mutable_callback_uris(), facts.callback_uris);
    add(*setup.mutable_direct_login_uris(), facts.direct_login_uris);
    setup.set_app_scheme(facts.app_scheme);
    setup.set_sensitive(facts.sensitive);
    setup.set_strict_timestamps(facts.strict_timestamps);
    setup.set_token_life_s(facts.token_life_s);
    setup.set_requests_per_minute(facts.requests_per_minute);
    setup.set_corp_id(facts.corp_id);
    setup.set_business_id_per_citizen(facts.business_id_per_citizen);
    setup.set_qr(facts.qr);
}

void read_setup(RelyingParty& party, const schema::RelyingPartySetup& setup) {
    party.name_english = setup.name_english();
    party.name_traditional = setup.name_traditional();
    party.name_simplified = setup.name_simplified();
    party.organisation = setup.organisation();
    // A group of its own is named by its client id, so that it can never be another's.
    party.open_id_group = setup.open_id_group().empty() ? party.id.hex() : setup.open_id_group();
    party.redirect_uris.assign(setup.redirect_uris().begin(), setup.redirect_uris().end());
    party.callback_uris.assign(setup.callback_uris().begin(), setup.callback_uris().end());
    party.direct_login_uris.assign(setup.direct_login_uris().begin(),
                                   setup.direct_login_uris().end());
    party.app_scheme = setup.app_scheme();
    party.sensitive = setup.sensitive();
    party.strict_timestamps = setup.strict_timestamps();
    party.token_life_s = setup.token_life_s();
    party.requests_per_minute = setup.requests_per_minute();
    party.corp_id = setup.corp_id();
    party.business_id_per_citizen = setup.business_id_per_citizen();
    party.qr = setup.qr();
}

bool good_prospect(const RelyingPartyProspect& prospect) {
    return prospect.purpose.size() <= prospect_at_most &&
           prospect.registration_number.size() <= prospect_at_most &&
           prospect.website.size() <= prospect_at_most;
}

void write_prospect(schema::RelyingPartyProspect& out, const RelyingPartyProspect& prospect) {
    out.set_purpose(prospect.purpose);
    out.set_registration_number(prospect.registration_number);
    out.set_website(prospect.website);
    out.set_logins_a_day(prospect.logins_a_day);
    out.set_launch_us(prospect.launch_at.micros());
}

Decision decide_one(const State& state, const ApplyRelyingParty& command, const Context& context) {
    CHOPMARK_TRY(acting_staff(state, context, schema::STAFF_ROLE_ADMINISTRATOR));
    if (find_relying_party(state, command.client) != nullptr) {
        return rp_exists;
    }
    CHOPMARK_TRY(check_facts(state, command.facts));
    CHOPMARK_TRY(check_group(state, command.client, command.facts.open_id_group,
                             command.facts.organisation));
    if (!good_prospect(command.prospect)) {
        return rp_bad_setup;
    }
    if (!good_scopes(command.scopes)) {
        return rp_bad_scope;
    }
    if (!command.kek.empty()) {
        CHOPMARK_TRY(check_key(state, command.kek, command.certificate, context.stamp.recorded_at));
    }
    auto event = event_about<schema::RelyingPartyApplied>(command.client);
    event.mutable_leaf()->mutable_scopes()->Add(command.scopes.begin(), command.scopes.end());
    write_setup(*event.mutable_link()->mutable_setup(), command.facts);
    event.mutable_link()->set_kek(command.kek);
    write_certificate(*event.mutable_link()->mutable_certificate(), command.certificate);
    write_prospect(*event.mutable_link()->mutable_prospect(), command.prospect);
    schema::RelyingPartyContact& contact = *event.mutable_personal()->add_contacts();
    contact.set_name(command.contact_name.reveal());
    contact.set_email(command.contact_email.reveal());
    contact.set_telephone(command.contact_telephone.reveal());
    return event;
}

/// A sandbox may do without the steps, but who has begun them goes through them.
Result<const RelyingParty*> ready_for_production(const State& state, const ClientId& client,
                                                 const Context& context) {
    const RelyingParty* known = find_relying_party(state, client);
    const bool on_trial = known != nullptr && known->standing == ServiceStanding::trial;
    CHOPMARK_ASSIGN(
        const RelyingParty* party,
        judged_by_another(state, client,
                          on_trial ? ServiceStanding::trial : ServiceStanding::applied, context));
    const auto step = missing_step(*party);
    if (step && (on_trial || state.environment != schema::SANDBOX)) {
        return Error(rp_step_missing, std::string(*step));
    }
    CHOPMARK_TRY(check_group(state, client, party->open_id_group, party->organisation));
    return party;
}

/// The production key. Outside a sandbox that of the trial is none: it lay where tests are made.
Result<void> check_production_key(const State& state, const ApproveRelyingParty& command,
                                  const RelyingParty& party, Instant now) {
    const bool own = !command.kek.empty();
    if (!own && party.kek.empty()) {
        return rp_no_key;
    }
    if (state.environment != schema::SANDBOX && (!own || command.kek == party.kek)) {
        return Error(rp_bad_key, "a key other than that of the trial");
    }
    return own ? check_key(state, command.kek, command.certificate, now) : Result<void>();
}

Decision decide_one(const State& state, const ApproveRelyingParty& command,
                    const Context& context) {
    CHOPMARK_ASSIGN(const RelyingParty* party,
                    ready_for_production(state, command.client, context));
    CHOPMARK_TRY(check_granted(command.scopes, *party));
    const Instant now = context.stamp.recorded_at;
    CHOPMARK_TRY(check_production_key(state, command, *party, now));
    const bool own = !command.kek.empty();
    auto event = event_about<schema::RelyingPartyApproved>(command.client);
    event.mutable_leaf()->mutable_scopes()->Add(command.scopes.begin(), command.scopes.end());
    event.mutable_leaf()->set_open_id_group(party->open_id_group);
    const Bytes& kek = own ? command.kek : party->kek;
    event.mutable_leaf()->set_kek_fingerprint(crypto::sha256(kek).to_bytes());
    auto& link = *event.mutable_link();
    link.add_approver_ids(context.command.actor.id);
    link.set_kek(kek);
    write_certificate(*link.mutable_certificate(),
                      own ? command.certificate
                          : CheckedCertificate{{}, party->kek_not_before, party->kek_not_after});
    link.set_declaration_due_us((now + policy(state).declaration_period).micros());
    event.mutable_personal()->set_client_secret(command.client_secret.reveal());
    return event;
}

Decision decide_one(const State& state, const RefuseRelyingParty& command, const Context& context) {
    CHOPMARK_TRY(judged_by_another(state, command.client, ServiceStanding::applied, context));
    auto event = event_about<schema::RelyingPartyRefused>(command.client);
    event.mutable_leaf()->mutable_head()->set_outcome(schema::REFUSED);
    event.mutable_personal()->set_note(command.note.reveal());
    return event;
}

Decision decide_one(const State& state, const ChangeRelyingPartyScopes& command,
                    const Context& context) {
    CHOPMARK_ASSIGN(const RelyingParty* party, changeable(state, command.client, context));
    CHOPMARK_TRY(check_granted(command.scopes, *party));
    const bool more = !std::includes(party->scopes.begin(), party->scopes.end(),
                                     command.scopes.begin(), command.scopes.end());
    if (more && context.command.actor.id == party->scopes_applied_by) {
        return rp_second_person;
    }
    auto event = event_about<schema::RelyingPartyScopesChanged>(command.client);
    event.mutable_leaf()->mutable_scopes()->Add(command.scopes.begin(), command.scopes.end());
    event.mutable_link()->add_approver_ids(context.command.actor.id);
    event.mutable_personal()->set_note(command.note.reveal());
    return event;
}

Decision decide_one(const State& state, const ChangeRelyingPartySetup& command,
                    const Context& context) {
    CHOPMARK_ASSIGN(const RelyingParty* party, changeable(state, command.client, context));
    // The open ids of all its users would change with the group.
    if (!command.facts.open_id_group.empty() &&
        command.facts.open_id_group != party->open_id_group) {
        return rp_bad_setup;
    }
    CHOPMARK_TRY(check_facts(state, command.facts));
    CHOPMARK_TRY(
        check_group(state, command.client, party->open_id_group, command.facts.organisation));
    auto event = event_about<schema::RelyingPartySetupChanged>(command.client);
    RelyingPartyFacts facts = command.facts;
    facts.open_id_group = party->open_id_group;
    write_setup(*event.mutable_link()->mutable_setup(), facts);
    event.mutable_personal()->set_note(command.note.reveal());
    return event;
}

Decision decide_one(const State& state, const ChangeRelyingPartyKey& command,
                    const Context& context) {
    CHOPMARK_TRY(changeable(state, command.client, context));
    CHOPMARK_TRY(check_key(state, command.kek, command.certificate, context.stamp.recorded_at));
    auto event = event_about<schema::RelyingPartyKeyChanged>(command.client);
    event.mutable_leaf()->set_kek_fingerprint(crypto::sha256(command.kek).to_bytes());
    event.mutable_link()->set_kek(command.kek);
    write_certificate(*event.mutable_link()->mutable_certificate(), command.certificate);
    event.mutable_personal()->set_note(command.note.reveal());
    return event;
}

Decision decide_one(const State& state, const RotateRelyingPartySecret& command,
                    const Context& context) {
    CHOPMARK_ASSIGN(const RelyingParty* party, changeable(state, command.client, context));
    auto event = event_about<schema::RelyingPartySecretRotated>(command.client);
    event.mutable_leaf()->set_secret_version(party->secret_version + 1);
    event.mutable_link()->set_old_valid_until_us(
        (context.stamp.recorded_at + command.overlap).micros());
    event.mutable_personal()->set_client_secret(command.client_secret.reveal());
    return event;
}

Decision decide_one(const State& state, const SetRelyingPartyStanding& command,
                    const Context& context) {
    CHOPMARK_ASSIGN(const RelyingParty* party, changeable(state, command.client, context));
    if (party->standing == command.standing) {
        return rp_not_active;
    }
    const auto complete = [&](auto event) {
        event.mutable_link()->set_case_id(command.case_id);
        event.mutable_personal()->set_note(command.note.reveal());
        return Decision(std::move(event));
    };
    switch (command.standing) {
        case ServiceStanding::suspended: {
            auto event = event_about<schema::RelyingPartySuspended>(command.client);
            event.mutable_link()->set_alert_id(command.alert_id);
            return complete(std::move(event));
        }
        case ServiceStanding::active:
            if (party->standing != ServiceStanding::suspended) {
                break;
            }
            if (declaration_overdue(*party, context.stamp.recorded_at)) {
                return rp_declaration_overdue;
            }
            return complete(event_about<schema::RelyingPartyResumed>(command.client));
        case ServiceStanding::withdrawn:
            return complete(event_about<schema::RelyingPartyWithdrawn>(command.client));
        case ServiceStanding::applied:
        case ServiceStanding::refused:
        case ServiceStanding::trial:
            break;
    }
    return rp_not_active;
}

Decision decide_one(const State& state, const IssueContentKey& command, const Context& context) {
    const RelyingParty* party = find_relying_party(state, command.client);
    if (party == nullptr) {
        return rp_unknown;
    }
    if (!may_call(state, *party)) {
        return rp_not_active;
    }
    const Instant now = context.stamp.recorded_at;
    if (party->kek.empty() || (party->kek_not_after != Instant() && now >= party->kek_not_after)) {
        return rp_no_key;
    }
    if (!content_key_due(*party, now)) {
        return rp_key_not_due;
    }
    auto event = event_about<schema::CekIssued>(command.client);
    event.mutable_leaf()->set_serial(
        party->content_keys.empty() ? 1 : party->content_keys.back().serial + 1);
    event.mutable_leaf()->set_kek_fingerprint(crypto::sha256(party->kek).to_bytes());
    event.mutable_leaf()->set_until_us((now + policy(state).content_key_life).micros());
    return event;
}

Decision decide_one(const State& state, const RevokeContentKey& command, const Context& context) {
    const RelyingParty* party = find_relying_party(state, command.client);
    if (party == nullptr) {
        return rp_unknown;
    }
    const ContentKeySerial* key = content_key_in_force(*party, context.stamp.recorded_at);
    if (key == nullptr) {
        return rp_no_content_key;
    }
    auto event = event_about<schema::CekRevoked>(command.client);
    event.mutable_leaf()->set_serial(key->serial);
    return event;
}

void set_standing(State& state, ByteView id, ServiceStanding standing, const record::Stamp& stamp) {
    if (RelyingParty* party = row_of(state, id, stamp)) {
        party->standing = standing;
    }
}

}  // namespace

const RelyingParty* find_relying_party(const State& state, const ClientId& client) {
    const auto at = state.relying_parties->find(client);
    return at == state.relying_parties->end() ? nullptr : &at->second;
}

bool may_call(const State& state, const RelyingParty& party) {
    return party.standing == ServiceStanding::active ||
           (party.standing == ServiceStanding::trial && state.environment != schema::PRODUCTION);
}

const ContentKeySerial* content_key_in_force(const RelyingParty& party, Instant now) {
    for (auto key = party.content_keys.rbegin(); key != party.content_keys.rend(); ++key) {
        if (!key->revoked && now < key->until) {
            return &*key;
        }
    }
    return nullptr;
}

bool content_key_due(const RelyingParty& party, Instant now) {
    const ContentKeySerial* key = content_key_in_force(party, now);
    return key == nullptr || now >= key->issued_at + (key->until - key->issued_at) / 2;
}

Decision decide(const State& state, const RelyingPartyCommand& command, const Context& context) {
    return std::visit([&](const auto& one) { return decide_one(state, one, context); }, command);
}

void evolve(State& state, const schema::RelyingPartyApplied& event, const record::Stamp& stamp) {
    const auto client = ClientId::from_bytes(event.leaf().client_id());
    if (!client) {
        return;
    }
    RelyingParty party;
    party.id = *client;
    party.applied_by = event.link().head().actor().id();
    party.scopes = scopes_of(event.leaf());
    party.scopes_applied_for = party.scopes;
    party.scopes_applied_by = party.applied_by;
    take_key(party, event.link().kek(), event.link().certificate());
    party.changed_at = stamp.recorded_at;
    read_setup(party, event.link().setup());
    state.relying_parties.edit()[*client] = std::move(party);
}

void evolve(State& state, const schema::RelyingPartyApproved& event, const record::Stamp& stamp) {
    if (RelyingParty* party = row_of(state, event.leaf().client_id(), stamp)) {
        party->standing = ServiceStanding::active;
        party->scopes = scopes_of(event.leaf());
        party->open_id_group = event.leaf().open_id_group();
        party->in_production = true;
        const std::int64_t due = event.link().declaration_due_us();
        party->declaration_due =
            due != 0 ? Instant::from_micros(due) : stamp.recorded_at + first_declaration;
        if (!event.link().kek().empty()) {
            take_key(*party, event.link().kek(), event.link().certificate());
        }
        // What was given out for the trial ends with it.
        party->secret_source = stamp.event_id;
        ++party->secret_version;
        party->old_secret_source = EventId();
        party->old_secret_until = Instant();
        for (ContentKeySerial& key : party->content_keys) {
            key.revoked = true;
        }
    }
}

void evolve(State& state, const schema::RelyingPartyRefused& event, const record::Stamp& stamp) {
    set_standing(state, event.leaf().client_id(), ServiceStanding::refused, stamp);
}

void evolve(State& state, const schema::RelyingPartyScopesChanged& event,
            const record::Stamp& stamp) {
    if (RelyingParty* party = row_of(state, event.leaf().client_id(), stamp)) {
        party->scopes = scopes_of(event.leaf());
    }
}

void evolve(State& state, const schema::RelyingPartySetupChanged& event,
            const record::Stamp& stamp) {
    if (RelyingParty* party = row_of(state, event.leaf().client_id(), stamp)) {
        read_setup(*party, event.link().setup());
    }
}

void evolve(State& state, const schema::RelyingPartyKeyChanged& event, const record::Stamp& stamp) {
    if (RelyingParty* party = row_of(state, event.leaf().client_id(), stamp)) {
        take_key(*party, event.link().kek(), event.link().certificate());
    }
}

void evolve(State& state, const schema::RelyingPartySecretRotated& event,
            const record::Stamp& stamp) {
    if (RelyingParty* party = row_of(state, event.leaf().client_id(), stamp)) {
        party->old_secret_source = party->secret_source;
        party->old_secret_until = Instant::from_micros(event.link().old_valid_until_us());
        party->secret_source = stamp.event_id;
        party->secret_version = event.leaf().secret_version();
    }
}

void evolve(State& state, const schema::RelyingPartySuspended& event, const record::Stamp& stamp) {
    set_standing(state, event.leaf().client_id(), ServiceStanding::suspended, stamp);
}

void evolve(State& state, const schema::RelyingPartyResumed& event, const record::Stamp& stamp) {
    if (RelyingParty* party = row_of(state, event.leaf().client_id(), stamp)) {
        party->standing = party->in_production ? ServiceStanding::active : ServiceStanding::trial;
    }
}

void evolve(State& state, const schema::RelyingPartyWithdrawn& event, const record::Stamp& stamp) {
    set_standing(state, event.leaf().client_id(), ServiceStanding::withdrawn, stamp);
}

void evolve(State& state, const schema::CekIssued& event, const record::Stamp& stamp) {
    if (RelyingParty* party = row_of(state, event.leaf().client_id(), stamp)) {
        const auto fingerprint = Digest::from_bytes(event.leaf().kek_fingerprint());
        party->content_keys.push_back(
            {event.leaf().serial(), fingerprint.value_or(Digest()), stamp.recorded_at,
             Instant::from_micros(event.leaf().until_us()), false, party->kek});
        if (party->content_keys.size() > content_keys_kept) {
            party->content_keys.erase(party->content_keys.begin());
        }
    }
}

void evolve(State& state, const schema::CekRevoked& event, const record::Stamp& stamp) {
    if (RelyingParty* party = row_of(state, event.leaf().client_id(), stamp)) {
        // A revoked key takes all older ones with it: the relying party asked to end what it has.
        for (ContentKeySerial& key : party->content_keys) {
            key.revoked = key.revoked || key.serial <= event.leaf().serial();
        }
    }
}

}  // namespace chopmark::control
