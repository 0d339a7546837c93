#include "ops/refusal_counts.h"

#include "events/crypto/digest.h"
#include "ops/deciding.h"

namespace chopmark::ops {
namespace {

/// A minute of a node is counted once, whatever became of an answer.
CommandId command_of(const NodeId& node, Instant minute) {
    Bytes begin;
    append_big_endian(begin, static_cast<std::uint64_t>(minute.micros()));
    return CommandId(crypto::sha256({"chopmark/refusals/1", node.bytes(), begin}).array());
}

}  // namespace

void RefusalCounts::tick() {
    if (busy_.exchange(true)) {
        return;
    }
    if (!owed_) {
        owed_ = tally_.take();
    }
    if (!owed_) {
        busy_.store(false);
        return;
    }
    commands_.submit(control::Command(control::PlatformCommand(*owed_)),
                     timer_command(command_of(node_, owed_->minute), clock_.now()),
                     [this](const Result<runtime::Receipt>& done) {
                         if (done) {
                             owed_.reset();
                         }
                         (done ? recorded_ : failed_).fetch_add(1);
                         busy_.store(false);
                     });
}

}  // namespace chopmark::ops
