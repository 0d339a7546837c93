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

/// The head of the command that brings the answer: its id follows from cause and name.
CommandHead head_of(const FollowUp& follow_up, Instant at);

/// Ends an attempt by how its command ended. What the state has no use for any more was overtaken:
/// nothing is owed.
runtime::Answer answered(FollowUps::Done done);

using ActOnState = std::function<void(const citizen::State&, FollowUps::Done)>;
/// Looks the account's state up and runs `act` on it in the pool, where it may block. Nothing is
/// owed by an account that is not there.
void with_state(runtime::CommandService& commands, WorkPool& work, const AccountId& account,
                FollowUps::Done done, ActOnState act);

void handle_owed_answers(FollowUps& follow_ups, WorkPool& work, const OwedAnswerSources& sources);

}  // namespace chopmark::ops
