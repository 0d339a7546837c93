// Signing what a citizen has approved in bulk: the follow-up "bulk_signing" of an approval. In the
// pool, one part of at most a hundred documents after the other, each recorded before the next is
// begun: nothing waits for a thousand signatures, and a process that dies leaves at most one part
// to be made again. Whether the certificate is still good is judged at each part; where it is not,
// the record of that ends the request. Everything given must outlive the handler.
#pragma once

#include "aggregates/ports/outside.h"
#include "aggregates/runtime/command_service.h"
#include "aggregates/runtime/event_finder.h"
#include "events/keys/key_port.h"
#include "ops/follow_ups.h"

namespace chopmark::ops {

struct BulkSigningParts {
    runtime::CommandService& commands;
    runtime::EventFinder& events;
    keys::KeyPort& keys;
    ports::CertificationAuthority& authority;
    const Clock& clock;
};

void handle_bulk_signing(FollowUps& follow_ups, WorkPool& work, const BulkSigningParts& parts);

}  // namespace chopmark::ops
