// All nouns of the citizen together: the one place that knows which they are. Deciding visits every
// command exhaustively; fold hands an event to the evolve of every noun that has one for it. Pure,
// as everything below it.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "aggregates/citizen/access.h"
#include "aggregates/citizen/bulk.h"
#include "aggregates/citizen/request_anonymous.h"
#include "aggregates/citizen/slot.h"
#include "aggregates/citizen/state.h"
#include "aggregates/citizen/step_up.h"

namespace chopmark::citizen {

using Command = std::variant<AccountCommand, DeviceCommand, ProfileCommand, CertificateCommand,
                             LoginCommand, ConsentCommand, SignatureCommand, BulkCommand,
                             StepUpCommand, RequestCommand, AnonymousCommand, AccessCommand>;

/// A command and where it goes. For a registration `account` is the id drawn for the new account
/// and, if it is refused, for the attempt; for an anonymous request it is the request's id. All of
/// them begin with the slot.
struct AddressedCommand {
    AccountId account;
    std::optional<CardToken> card;  // of commands that name a card
    Command command;
};

/// The card that the command shows, if it shows one.
std::optional<CardToken> card_shown_by(const Command& command);

Decision decide_command(const State& state, const Command& command, const Context& context);

/// Whether the event belongs to a citizen's document, and whether to the slot's.
bool concerns_citizen(const schema::Event& event);
bool concerns_slot(const schema::Event& event);
void fold(State& state, const schema::Event& event, const record::Stamp& stamp);
void fold(SlotState& slot, const schema::Event& event, const record::Stamp& stamp);

/// The events whose personal layers decide will ask for.
std::vector<EventId> sources_of(const State& state, const Command& command,
                                const CardHolder* holder = nullptr);

/// The moment from which due() has something to say; nothing if no deadline runs.
std::optional<Instant> next_due(const State& state);
std::vector<Command> due(const State& state, Instant now);

/// What waits for an answer from outside (design 3: a second event exists only for that).
std::vector<FollowUp> outstanding(const State& state);

}  // namespace chopmark::citizen
