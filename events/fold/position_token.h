// What a client carries from a write to a read so that it reads its own write: positions it has
// seen – of one partition for a citizen, a whole cut for anything else – under a MAC, so that
// nobody can make a query wait for a position that never was. To the client the token is opaque.
//
//   token = Base64(version:1 positions mac:16)
//   mac   = first 16 bytes of HMAC-SHA-256(key, "chopmark/position/1" ‖ version ‖ positions)
#pragma once

#include <string>

#include "events/core/sensitive.h"
#include "events/fold/positions.h"

namespace chopmark::fold {

inline constexpr Reason bad_token{"position.bad_token", Kind::invalid};

class PositionTokens {
  public:
    /// All nodes share the key; a token made under an old one is refused, and its client reads
    /// without it.
    explicit PositionTokens(Sensitive<Bytes> key) : key_(std::move(key)) {}

    [[nodiscard]] std::string issue(const Positions& positions) const;
    [[nodiscard]] std::string issue(PartitionId partition, Sequence next) const;
    /// position.bad_token for anything that issue() has not given.
    [[nodiscard]] Result<Positions> open(std::string_view token) const;

  private:
    [[nodiscard]] Bytes mac(ByteView body) const;
    Sensitive<Bytes> key_;
};

}  // namespace chopmark::fold
