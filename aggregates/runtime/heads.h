// What the runtime itself puts into the heads of a decided event: who asked, by which command, on
// what basis (events/schema/common.proto). The rest of a head is the noun's or the vault's.
#pragma once

#include "aggregates/command.h"
#include "events/core/ids.h"
#include "events/schema/catalog.h"

namespace chopmark::runtime {

/// `basis` is the position of control that was decided on. The channel is kept if the noun set one.
void complete_heads(schema::Event& event, const CommandHead& command, Sequence basis);

}  // namespace chopmark::runtime
