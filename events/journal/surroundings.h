// What every back end leans on besides its store. References must outlive the journal, and every
// one must be safe to call from any thread.
#pragma once

#include "events/core/clock.h"
#include "events/core/entropy.h"
#include "events/journal/accept.h"
#include "events/journal/node_identity.h"

namespace chopmark::journal {

struct Surroundings {
    const TermAuthority& authority;
    const NodeIdentity& node;
    const Clock& clock;
    Entropy& entropy;
};

/// recorded_at of a record that the journal itself writes: never before what was accepted already.
inline Instant next_instant(const Clock& clock, const Head& head) {
    return std::max(clock.now(), head.recorded_at + Duration(1));
}

}  // namespace chopmark::journal
