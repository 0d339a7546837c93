#include "aggregates/control/relying_party_rules.h"

#include <algorithm>
#include <array>

#include "aggregates/control/state.h"

namespace chopmark::control::rp_rules {
namespace {

// facts/iamsmart-api.md 5.5.
constexpr std::array<std::string_view, 7> known_scopes{
    "eidapi_auth", "eidapi_profiles", "eidapi_formFilling", "eidapi_sign",
    "eidapi_fr",   "eidapi_bulksign", "eidapi_sua"};
constexpr std::size_t uris_at_most = 32;
constexpr std::size_t uri_at_most = 1024;
constexpr std::size_t text_at_most = 255;
/// Of a leaf for encipherment, with room for every extension seen.
constexpr std::size_t certificate_at_most = 8192;

bool good_uris(const std::vector<std::string>& uris, std::string_view scheme) {
    return uris.size() <= uris_at_most &&
           std::all_of(uris.begin(), uris.end(), [&](const std::string& uri) {
               return uri.size() <= uri_at_most && uri.find("://") != std::string::npos &&
                      uri.starts_with(scheme) && uri.find('#') == std::string::npos;
           });
}

}  // namespace

bool good_scopes(const std::set<std::string>& scopes) {
    return !scopes.empty() && std::all_of(scopes.begin(), scopes.end(), [](const auto& scope) {
        return std::find(known_scopes.begin(), known_scopes.end(), scope) != known_scopes.end();
    });
}

Result<void> check_granted(const std::set<std::string>& scopes, const RelyingParty& party) {
    if (!good_scopes(scopes)) {
        return rp_bad_scope;
    }
    for (const std::string& scope : scopes) {
        if (!party.scopes_applied_for.contains(scope) && !party.scopes.contains(scope)) {
            return Error(rp_scope_not_applied, scope);
        }
    }
    return {};
}

Result<void> check_facts(const State& state, const RelyingPartyFacts& facts) {
    const auto good_text = [](const std::string& text) { return text.size() <= text_at_most; };
    const std::string_view scheme = state.environment == schema::SANDBOX ? "" : "https://";
    const bool good = !facts.name_english.empty() && good_text(facts.name_english) &&
                      good_text(facts.name_traditional) && good_text(facts.name_simplified) &&
                      good_text(facts.organisation) && good_text(facts.open_id_group) &&
                      good_text(facts.app_scheme) && good_uris(facts.redirect_uris, scheme) &&
                      good_uris(facts.callback_uris, scheme) &&
                      good_uris(facts.direct_login_uris, scheme);
    return good ? Result<void>() : Result<void>(rp_bad_setup);
}

Result<void> check_group(const State& state, const ClientId& client, const std::string& group,
                         const std::string& organisation) {
    const bool of_another =
        !group.empty() &&
        std::any_of(state.relying_parties->begin(), state.relying_parties->end(),
                    [&](const auto& row) {
                        const RelyingParty& other = row.second;
                        return other.id != client && other.standing != ServiceStanding::refused &&
                               other.open_id_group == group && other.organisation != organisation;
                    });
    return of_another ? Result<void>(rp_group_of_another) : Result<void>();
}

Result<void> check_key(const State& state, ByteView kek, const CheckedCertificate& certificate,
                       Instant now) {
    if (kek.empty() || certificate.der.size() > certificate_at_most) {
        return rp_bad_key;
    }
    if (certificate.der.empty()) {
        return state.environment == schema::SANDBOX ? Result<void>()
                                                    : Result<void>(rp_certificate_missing);
    }
    return certificate.not_before <= now && now < certificate.not_after
               ? Result<void>()
               : Result<void>(rp_certificate_dates);
}

Result<const RelyingParty*> changeable(const State& state, const ClientId& client,
                                       const Context& context) {
    CHOPMARK_TRY(acting_staff(state, context, schema::STAFF_ROLE_ADMINISTRATOR));
    const RelyingParty* party = find_relying_party(state, client);
    if (party == nullptr) {
        return rp_unknown;
    }
    switch (party->standing) {
        case ServiceStanding::active:
        case ServiceStanding::suspended:
        case ServiceStanding::trial:
            return party;
        case ServiceStanding::applied:
        case ServiceStanding::withdrawn:
        case ServiceStanding::refused:
            break;
    }
    return rp_not_active;
}

Result<const RelyingParty*> judged_by_another(const State& state, const ClientId& client,
                                              ServiceStanding standing, const Context& context) {
    CHOPMARK_ASSIGN(const StaffMember* actor,
                    acting_staff(state, context, schema::STAFF_ROLE_ADMINISTRATOR));
    const RelyingParty* party = find_relying_party(state, client);
    if (party == nullptr) {
        return rp_unknown;
    }
    if (party->standing != standing) {
        return rp_not_applied;
    }
    if (actor->id.bytes() == party->applied_by) {
        return rp_second_person;
    }
    return party;
}

void write_certificate(schema::KekCertificate& out, const CheckedCertificate& certificate) {
    out.set_der(certificate.der);
    out.set_not_before_us(certificate.not_before.micros());
    out.set_not_after_us(certificate.not_after.micros());
}

void take_key(RelyingParty& party, const Bytes& kek, const schema::KekCertificate& certificate) {
    party.kek = kek;
    party.kek_not_before = Instant::from_micros(certificate.not_before_us());
    party.kek_not_after = Instant::from_micros(certificate.not_after_us());
    party.kek_reminded = 0;
}

RelyingParty* row_of(State& state, ByteView id, const record::Stamp& stamp) {
    const auto client = ClientId::from_bytes(id);
    if (!client || !state.relying_parties->contains(*client)) {
        return nullptr;
    }
    RelyingParty& party = state.relying_parties.edit().at(*client);
    party.changed_at = stamp.recorded_at;
    return &party;
}

}  // namespace chopmark::control::rp_rules
