// Randomness is injected, so that one seed replays a whole run. The real source is
// crypto::SystemEntropy; tests use a seeded one. fill() may be called from any thread.
#pragma once

#include <span>

#include "events/core/ids.h"

namespace chopmark {

class Entropy {
  public:
    virtual ~Entropy() = default;
    virtual void fill(std::span<std::uint8_t> out) = 0;

    template <class Id>
    Id draw() {
        ByteArray<Id::size> bytes{};
        fill(bytes);
        return Id(bytes);
    }
};

}  // namespace chopmark
