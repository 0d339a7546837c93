// One event of each type with every field of every layer set, by a fixed rule that depends on the
// field's name, number and type only. The golden file holds these events as they were first
// written; other tests use them where any event will do.
#pragma once

#include <google/protobuf/message.h>

#include "events/schema/codec.h"

namespace chopmark::test {

/// `info` MUST be of catalog.def.
schema::Event sample_event(const schema::EventInfo& info);

/// Sets every field of a message, two elements in each repeated one, by the same rule.
void fill(google::protobuf::Message& message);

/// The message inside, for reflection.
const google::protobuf::Message& message_of(const schema::Event& event);

}  // namespace chopmark::test
