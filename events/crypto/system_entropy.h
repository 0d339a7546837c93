// The operating system's randomness through OpenSSL's generator. Safe from any thread. A machine
// that has no randomness ends the process: nothing this system writes is right without it.
#pragma once

#include "events/core/entropy.h"

namespace chopmark::crypto {

class SystemEntropy final : public Entropy {
  public:
    void fill(std::span<std::uint8_t> out) override;
};

}  // namespace chopmark::crypto
