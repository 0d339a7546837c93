#include <algorithm>

#include "aggregates/citizen/claims.h"
#include "aggregates/citizen/draft.h"
#include "aggregates/citizen/login.h"
#include "aggregates/citizen/state.h"
#include "aggregates/citizen/testimony.h"
#include "aggregates/citizen/token.h"
#include "aggregates/control/policy.h"
#include "aggregates/control/relying_party.h"
#include "events/core/limits.h"

namespace chopmark::citizen {
namespace {

// ---- before the code
// -----------------------------------------------------------------------------

template <class E>
void put_offer(E& event, const LoginOffer& offer, const LoginEnds& ends) {
    auto& leaf = *event.mutable_leaf();
    leaf.set_client_id(offer.client.to_bytes());
    leaf.set_flow(offer.flow);
    for (const std::string& name : offer.scopes) {
        leaf.add_scopes(name);
    }
    auto& traces = *event.mutable_link()->mutable_traces();
    traces.set_login_id(offer.login.to_bytes());
    traces.set_device_id(offer.claimed_by.to_bytes());
    *traces.mutable_phone() = ends.phone;
    *traces.mutable_browser() = ends.browser;
    const auto milliseconds = [](Duration d) {
        const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
        return static_cast<std::uint32_t>(std::clamp<std::int64_t>(ms, 0, UINT32_MAX));
    };
    traces.set_qr_age_ms(milliseconds(ends.qr_age));
    traces.set_scan_delay_ms(milliseconds(ends.scan_delay));
    traces.set_distance_class(ends.distance_class);
    traces.set_picture(ends.picture);
    auto& details = *event.mutable_personal()->mutable_details();
    details.set_phone_address(ends.phone_address.reveal());
    details.set_browser_address(ends.browser_address.reveal());
    details.set_phone_agent(ends.phone_agent.reveal());
    details.set_browser_agent(ends.browser_agent.reveal());
    details.set_state_digest(offer.state_digest.to_bytes());
    details.set_redirect_uri_digest(offer.redirect_uri_digest.to_bytes());
}

template <class E>
void put_proof(E& event, const DeviceProof& proof) {
    auto& details = *event.mutable_personal()->mutable_details();
    details.set_text_digest(proof.text_digest.to_bytes());
    details.set_device_signature(proof.signature);
}

Instant due(const LoginOffer& offer, const Context& context) {
    return offer.drawn_at + control::policy(context.control).qr_life;
}

/// Whether this login is still to be decided at all, in time or not.
Result<void> check_undecided(const State& state, const LoginOffer& offer, const Context& context) {
    if (state.logins.logins.contains(offer.login) || state.logins.declined.contains(offer.login)) {
        return login_already_decided;
    }
    if (context.stamp.recorded_at >= due(offer, context) + limits::login_id_grace) {
        return login_request_expired;
    }
    return {};
}

/// What both of the citizen's answers begin with.
Result<void> check_answer(const State& state, const LoginOffer& offer, const DeviceProof& proof,
                          const Context& context) {
    CHOPMARK_TRY(check_active(state));
    CHOPMARK_TRY(check_undecided(state, offer, context));
    if (offer.claimed_by != proof.device) {
        return login_claimed_by_other;
    }
    return check_proof(state, proof, context.stamp.recorded_at);
}

Decision expire(const State& state, const LoginOffer& offer, const LoginEnds& ends,
                const Context& context) {
    if (!has_room_to_decline(state.logins, context.stamp.recorded_at)) {
        return login_too_many;
    }
    auto event = draft<schema::LoginExpired>(context, schema::EXPIRED, &login_request_expired);
    put_offer(event, offer, ends);
    return schema::Event(std::move(event));
}

bool releases_profile(const LoginOffer& offer) {
    return std::any_of(offer.scopes.begin(), offer.scopes.end(),
                       [](const auto& name) { return scope_rule(name).releases_profile; });
}

StepUpLevel least_level(const LoginOffer& offer, const control::RelyingParty& party) {
    StepUpLevel least = offer.flow == schema::STEP_UP ? StepUpLevel::face : StepUpLevel::device;
    for (const std::string& name : offer.scopes) {
        least = std::max(least, scope_rule(name).least);
    }
    if (party.sensitive) {
        least = std::max(least, StepUpLevel::number_typed);
    }
    // Only a page that is looked at from another device has a number to compare.
    const bool no_page = offer.flow != schema::QR;
    return least == StepUpLevel::number_typed && no_page ? StepUpLevel::device : least;
}

/// What relying party and scopes demand of the device and of the check of its user.
Result<StepUpLevel> check_strength(const State& state, const ApproveLogin& command,
                                   const control::RelyingParty& party, const Context& context) {
    const auto& scopes = command.offer.scopes;
    const bool waits =
        party.sensitive || std::any_of(scopes.begin(), scopes.end(), [](const auto& name) {
            return scope_rule(name).waits_for_cooling_off;
        });
    if (waits && cooling_off(state, command.proof.device, context.stamp.recorded_at)) {
        return device_cooling_off;
    }
    CHOPMARK_ASSIGN(const StepUpLevel level,
                    step_up_level(state, command.number_typed, command.checks, context));
    if (level < least_level(command.offer, party)) {
        return login_step_up_required;
    }
    return level;
}

Decision decide(const State& state, const ApproveLogin& command, const Context& context) {
    const LoginOffer& offer = command.offer;
    CHOPMARK_TRY(check_answer(state, offer, command.proof, context));
    if (context.stamp.recorded_at >= due(offer, context)) {
        return expire(state, offer, command.ends, context);
    }
    if (offer.scopes.empty()) {
        return login_scope_missing;
    }
    CHOPMARK_ASSIGN(const auto* party, active_party(context, offer.client, offer.scopes));
    CHOPMARK_ASSIGN(const StepUpLevel level, check_strength(state, command, *party, context));
    if (!has_room_to_log_in(state.logins, context.stamp.recorded_at)) {
        return login_too_many;
    }
    auto event = draft<schema::LoginApproved>(context, schema::DONE);
    put_offer(event, offer, command.ends);
    put_proof(event, command.proof);
    auto& leaf = *event.mutable_leaf();
    leaf.set_step_up_level(static_cast<std::uint32_t>(level));
    put_claims(leaf, command.claims);
    if (releases_profile(offer)) {
        leaf.mutable_head()->set_retention(schema::EVIDENCE);
        for (const schema::FieldSource& pin : all_field_sources(state)) {
            *event.mutable_link()->add_pins() = pin;
        }
    }
    return schema::Event(std::move(event));
}

const Reason* reason_of(LoginRefusal why) {
    switch (why) {
        case LoginRefusal::not_mine:
            return &login_not_mine;
        case LoginRefusal::number_wrong:
            return &login_number_wrong;
        case LoginRefusal::declined:
            break;
    }
    return &login_declined;
}

Decision decide(const State& state, const RefuseLogin& command, const Context& context) {
    CHOPMARK_TRY(check_answer(state, command.offer, command.proof, context));
    if (context.stamp.recorded_at >= due(command.offer, context)) {
        return expire(state, command.offer, command.ends, context);
    }
    if (!has_room_to_decline(state.logins, context.stamp.recorded_at)) {
        return login_too_many;
    }
    auto event = draft<schema::LoginRefused>(context, schema::REFUSED, reason_of(command.why));
    put_offer(event, command.offer, command.ends);
    put_proof(event, command.proof);
    return schema::Event(std::move(event));
}

Decision decide(const State& state, const ExpireLogin& command, const Context& context) {
    CHOPMARK_TRY(check_active(state));
    CHOPMARK_TRY(check_undecided(state, command.offer, context));
    if (context.stamp.recorded_at < due(command.offer, context)) {
        return login_not_due;
    }
    return expire(state, command.offer, command.ends, context);
}

// ---- code and token
// ------------------------------------------------------------------------------

/// What a code stands for: a login, or an anonymous request that the citizen granted.
struct Code {
    RequestId login;
    ClientId client;
    Instant issued_at;
    const Login* known = nullptr;
};

std::optional<Code> find_code(const State& state, const EventId& approved) {
    const auto& logins = state.logins.logins;
    for (const auto& [id, login] : logins) {
        if (!approved.is_zero() && login.approved == approved) {
            return Code{id, login.client, login.approved_at, &login};
        }
    }
    for (const auto& [id, request] : state.requests.requests) {
        if (request.anonymous && request.answer == Answer::granted &&
            request.answered == approved) {
            const auto login = logins.find(id);
            return Code{id, request.client, request.answered_at,
                        login == logins.end() ? nullptr : &login->second};
        }
    }
    return std::nullopt;
}

/// A code that comes again or from a stranger. What ends a login is always recorded, else a quota
/// spent on harmless codes would shield the theft of another.
Decision replay(const State& state, const RedeemCode& command, const Code& code,
                schema::ReplayGrade grade, const Context& context) {
    const bool ends_login =
        grade != schema::REPLAY_GRADE_RETRY && (code.known == nullptr || !code.known->ended);
    const std::uint32_t quota = control::policy(context.control).code_replays_per_hour;
    if (!ends_login &&
        !state.logins.replays.has_room(command.client, quota, context.stamp.recorded_at)) {
        return code_spent;
    }
    if (code.known == nullptr && !has_room_to_log_in(state.logins, context.stamp.recorded_at)) {
        return login_too_many;
    }
    auto event = draft<schema::CodeReplayed>(context, schema::REFUSED, &code_spent);
    event.mutable_leaf()->set_client_id(command.client.to_bytes());
    event.mutable_leaf()->set_grade(grade);
    event.mutable_link()->set_login_id(code.login.to_bytes());
    *event.mutable_link()->mutable_relying_party() = command.relying_party;
    return schema::Event(std::move(event));
}

Duration token_life(const control::RelyingParty& party, const Context& context) {
    const Duration life = party.token_life_s != 0 ? std::chrono::seconds(party.token_life_s)
                                                  : control::policy(context.control).token_life;
    return std::min(life, limits::longest_token_life);
}

Decision decide(const State& state, const RedeemCode& command, const Context& context) {
    CHOPMARK_TRY(check_active(state));
    const auto code = find_code(state, command.approved);
    if (!code) {
        return code_unknown;
    }
    const Instant expires = code->issued_at + control::policy(context.control).code_life;
    const bool fresh = context.stamp.recorded_at < expires;
    const bool used = code->known != nullptr && !code->known->redeemed.is_zero();
    if (command.client != code->client) {
        return replay(state, command, *code, schema::REPLAY_GRADE_OTHER_CLIENT, context);
    }
    if (used) {
        const auto grade = fresh ? schema::REPLAY_GRADE_RETRY : schema::REPLAY_GRADE_LATE;
        return replay(state, command, *code, grade, context);
    }
    if (!fresh || (code->known != nullptr && code->known->ended)) {
        return code_expired;
    }
    CHOPMARK_ASSIGN(const auto* party, active_party(context, command.client, {}));
    if (code->known == nullptr && !has_room_to_log_in(state.logins, context.stamp.recorded_at)) {
        return login_too_many;
    }
    auto event = draft<schema::LoginRedeemed>(context, schema::DONE);
    auto& leaf = *event.mutable_leaf();
    leaf.set_client_id(command.client.to_bytes());
    leaf.set_token_life_ms(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(token_life(*party, context))
            .count()));
    put_claims(leaf, command.claims);
    event.mutable_link()->set_login_id(code->login.to_bytes());
    *event.mutable_link()->mutable_relying_party() = command.relying_party;
    return schema::Event(std::move(event));
}

Decision decide(const State& state, const RevokeToken& command, const Context& context) {
    CHOPMARK_ASSIGN(const TokenFacts facts,
                    token(state, command.redeemed, command.client, context.stamp.recorded_at));
    auto event = draft<schema::TokenRevoked>(context, schema::DONE);
    event.mutable_leaf()->set_client_id(command.client.to_bytes());
    event.mutable_link()->set_login_id(facts.login.to_bytes());
    *event.mutable_link()->mutable_relying_party() = command.relying_party;
    return schema::Event(std::move(event));
}

Decision decide(const State& state, const EndLogin& command, const Context& context) {
    CHOPMARK_TRY(check_active(state));
    CHOPMARK_TRY(check_proof(state, command.proof, context.stamp.recorded_at));
    const auto at = state.logins.logins.find(command.login);
    if (at == state.logins.logins.end()) {
        return login_unknown;
    }
    const Login& login = at->second;
    if (login.ended) {
        return token_revoked;
    }
    if (!login.redeemed.is_zero() && context.stamp.recorded_at >= login.token_until) {
        return token_expired;
    }
    auto event = draft<schema::TokenRevoked>(context, schema::DONE);
    event.mutable_leaf()->set_client_id(login.client.to_bytes());
    event.mutable_link()->set_login_id(command.login.to_bytes());
    event.mutable_link()->set_device_id(command.proof.device.to_bytes());
    return schema::Event(std::move(event));
}

Decision decide(const State& state, const DisputeLogin& command, const Context& context) {
    CHOPMARK_TRY(check_active(state));
    CHOPMARK_TRY(check_proof(state, command.proof, context.stamp.recorded_at));
    if (command.note.reveal().size() > limits::note_bytes) {
        return note_too_long;
    }
    if (state.logins.disputes.contains(command.disputed)) {
        return login_already_disputed;
    }
    if (!has_room_to_dispute(state.logins, context.stamp.recorded_at)) {
        return login_too_many_disputes;
    }
    auto event = draft<schema::LoginDisputed>(context, schema::DONE);
    testify(event, command.proof, context);
    auto& link = *event.mutable_link();
    link.set_event_id(command.disputed.to_bytes());
    link.set_login_id(command.login.to_bytes());
    link.set_client_id(command.client.to_bytes());
    event.mutable_personal()->set_note(command.note.reveal());
    return schema::Event(std::move(event));
}

}  // namespace

Decision decide(const State& state, const LoginCommand& command, const Context& context) {
    return std::visit([&](const auto& one) { return decide(state, one, context); }, command);
}

std::vector<EventId> sources(const State&, const LoginCommand&) { return {}; }

}  // namespace chopmark::citizen
