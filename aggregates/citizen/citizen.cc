#include "aggregates/citizen/citizen.h"

namespace chopmark::citizen {
namespace {

template <class Part, class E>
constexpr bool evolves = requires(Part& part, const E& event, const record::Stamp& stamp) {
    evolve(part, event, stamp);
};

template <class E>
constexpr bool of_citizen =
    evolves<AccountState, E> || evolves<DeviceState, E> || evolves<ProfileState, E> ||
    evolves<CertificateState, E> || evolves<LoginState, E> || evolves<RequestState, E> ||
    evolves<ConsentState, E> || evolves<SignatureState, E>;

template <class E>
constexpr bool of_slot = evolves<SlotState, E> || evolves<SlotRequests, E>;

void hand(auto& part, const auto& event, const record::Stamp& stamp) {
    if constexpr (requires { evolve(part, event, stamp); }) {
        evolve(part, event, stamp);
    }
}

template <class T>
void append(std::vector<T>& to, std::vector<T> more) {
    to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

std::optional<CardToken> card_shown_by(const Command& command) {
    return std::visit(
        [](const auto& noun) -> std::optional<CardToken> {
            if constexpr (requires { card_of(noun); }) {
                return card_of(noun);
            } else {
                return std::nullopt;
            }
        },
        command);
}

Decision decide_command(const State& state, const Command& command, const Context& context) {
    return std::visit([&](const auto& noun) { return decide(state, noun, context); }, command);
}

bool concerns_citizen(const schema::Event& event) {
    return std::visit([]<class E>(const E&) { return of_citizen<E>; }, event);
}

bool concerns_slot(const schema::Event& event) {
    return std::visit([]<class E>(const E&) { return of_slot<E>; }, event);
}

void fold(State& state, const schema::Event& event, const record::Stamp& stamp) {
    std::visit(
        [&](const auto& one) {
            hand(state.account, one, stamp);
            hand(state.devices, one, stamp);
            hand(state.profile, one, stamp);
            hand(state.certificate, one, stamp);
            hand(state.logins, one, stamp);
            hand(state.requests, one, stamp);
            hand(state.consents, one, stamp);
            hand(state.signatures, one, stamp);
        },
        event);
    ++state.version;
}

void fold(SlotState& slot, const schema::Event& event, const record::Stamp& stamp) {
    std::visit(
        [&](const auto& one) {
            hand(slot, one, stamp);
            hand(slot.requests, one, stamp);
        },
        event);
}

std::vector<EventId> sources_of(const State& state, const Command& command,
                                const CardHolder* holder) {
    return std::visit(
        [&](const auto& noun) {
            if constexpr (requires { sources(state, noun, holder); }) {
                return sources(state, noun, holder);
            } else {
                return sources(state, noun);
            }
        },
        command);
}

std::optional<Instant> next_due(const State& state) { return next_due(state.requests); }

std::vector<Command> due(const State& state, Instant now) {
    std::vector<Command> out;
    for (RequestCommand& command : due(state.requests, now)) {
        out.emplace_back(std::move(command));
    }
    return out;
}

std::vector<FollowUp> outstanding(const State& state) {
    std::vector<FollowUp> out = outstanding(state.certificate);
    append(out, outstanding(state.devices));
    append(out, outstanding(state.logins));
    append(out, outstanding(state.requests));
    return out;
}

}  // namespace chopmark::citizen
