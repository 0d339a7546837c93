// Callbacks to relying parties: the follow-up "callback" of an answered request. Each attempt
// renders the content anew and sends it; what cannot become better is given up, the rest is tried
// again with growing pauses, some twenty minutes in all – longer no relying party waits. A bulk
// request has several callbacks, sent in their order; how many of them have arrived is known to
// this process only, so that after its death they begin anew, told apart by their number. Every
// attempt is noted for those who look (gateways/rp/callback_desk.h). One record for the request
// says how it ended: delivered when all of them were. Everything given must outlive the handler.
#pragma once

#include "aggregates/runtime/command_service.h"
#include "gateways/rp/callback_sender.h"
#include "gateways/rp/sent_callbacks.h"
#include "ops/follow_ups.h"

namespace chopmark::ops {

struct CallbackParts {
    runtime::CommandService& commands;
    const rp::RpCallbacks& contents;
    const rp::CallbackSender& sender;
    rp::SentCallbacks& sent;
    const Clock& clock;
};

void handle_callbacks(FollowUps& follow_ups, WorkPool& work, const CallbackParts& parts);

}  // namespace chopmark::ops
