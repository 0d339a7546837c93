#include "aggregates/runtime/heads.h"

#include "events/schema/codec.h"

namespace chopmark::runtime {

void complete_heads(schema::Event& event, const CommandHead& command, Sequence basis) {
    schema::LeafHead& leaf = schema::head(event);
    leaf.set_basis(basis.value());
    if (leaf.channel() == schema::CHANNEL_UNSPECIFIED) {
        leaf.set_channel(command.channel);
    }
    schema::LinkHead& link = schema::link_head(event);
    link.set_command_id(command.id.to_bytes());
    link.set_command_digest(command.digest.to_bytes());
    *link.mutable_caller() = command.caller.to_schema();
    *link.mutable_actor() = command.actor.to_schema();
    link.set_trace(Bytes(view(command.trace)));
}

}  // namespace chopmark::runtime
