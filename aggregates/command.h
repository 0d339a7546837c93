// What every command carries besides its own content: the id that makes a repetition harmless, the
// digest of the content, and who is behind it (design 3, idempotency).
#pragma once

#include "events/core/ids.h"
#include "events/core/instant.h"
#include "events/schema/common.pb.h"

namespace chopmark {

/// Who sent or did something.
struct Party {
    schema::Party::Kind kind = schema::Party::KIND_UNSPECIFIED;
    Bytes id;

    [[nodiscard]] schema::Party to_schema() const {
        schema::Party out;
        out.set_kind(kind);
        out.set_id(id);
        return out;
    }
    friend bool operator==(const Party&, const Party&) = default;
};

struct CommandHead {
    CommandId id;
    Digest digest;  // SHA-256 of the content; the same id with another digest is refused
    Instant
        issued_at;  // as the caller's challenge or timestamp says; older than the window is refused
    Party caller;   // who sent it
    Party actor;    // who is behind it
    ByteArray<16> trace{};  // W3C trace id
    schema::Channel channel = schema::CHANNEL_UNSPECIFIED;
};

}  // namespace chopmark
