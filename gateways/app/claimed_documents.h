// The documents of an anonymous bulk request that somebody has claimed, listed again in the
// claimer's own slot: part by part, from where the state says that it stands, each under an id that
// follows from the record that listed it for nobody. So it may be done twice at once – by the
// phone's gateway and by the follow-up of the claim – and after any crash, and ends alike. Until
// the last part is there the request cannot be answered. Safe from any thread.
#pragma once

#include "aggregates/runtime/command_service.h"
#include "aggregates/runtime/event_finder.h"
#include "events/core/clock.h"
#include "events/core/strand.h"

namespace chopmark::app {

/// All must outlive the answer.
struct ClaimedDocuments {
    runtime::CommandService& commands;
    const runtime::EventFinder& events;
    const Clock& clock;
    WorkPool& work;
};

/// Of a claim whose request has been asked of the claimer. `done` is called once; at once where it
/// lists nothing. request.expired, and what opening and listing say.
void list_claimed(const ClaimedDocuments& parts, const schema::RequestClaimed& claim,
                  std::function<void(Result<void>)> done);

}  // namespace chopmark::app
