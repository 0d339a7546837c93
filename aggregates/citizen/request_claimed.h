// How an anonymous request that somebody has claimed comes into the claimer's own slot
// (design-notes A4): the command that asks there, under the same request id, for what was opened
// without a person, and the head that makes it harmless however often it is sent. The phone's
// gateway sends it at once and the follow-up of RequestClaimed until the state shows it; both MUST
// take it from here, for one id has one digest. The parts of a bulk request follow it, each under
// an id of its own. Pure.
#pragma once

#include "aggregates/citizen/citizen.h"
#include "aggregates/command.h"

namespace chopmark::citizen {

/// Of RequestOpened with its personal layer. Nothing when that is not there, or holds neither of
/// the two contents.
std::optional<Command> ask_claimed(const schema::RequestOpened& opened);

/// What a part of a bulk request lists, in the claimer's slot; under head_of_claimed of the part's
/// own record. Nothing when its personal layer is not there.
std::optional<Command> list_claimed(const schema::RequestListed& listed);

/// Whether any has been claimed; outstanding() says which of these are still followed up.
bool has_claimed(const SlotRequests& requests);

/// Of the follow-up `open` of that RequestClaimed, or of a RequestListed.
CommandHead head_of_claimed(const EventId& claimed, Instant at);

}  // namespace chopmark::citizen
