// How each kind of answer that recorded events wait for is got: a certificate from the authority, a
// notice to an old phone, a case in control. FollowUps calls these in the work pool; callbacks to
// relying parties are beside, in ops/callbacks.h. Everything given must outlive the handlers.
#pragma once

#include "aggregates/control/snapshot.h"
#include "aggregates/ports/outside.h"
#include "aggregates/runtime/command_service.h"
#include "aggregates/runtime/event_finder.h"
#include "events/keys/key_port.h"
#include "ops/follow_ups.h"

namespace chopmark::ops {

struct OwedAnswerSources {
    runtime::CommandService& commands;
    runtime::EventFinder& events;
    const control::Snapshots& control;
    keys::KeyPort& keys;
    ports::CertificationAuthority& authority;
    ports::PushNotice& push;
    const Clock& clock;
};

void handle_owed_answers(FollowUps& follow_ups, WorkPool& work, const OwedAnswerSources& sources);

}  // namespace chopmark::ops
