#include "events/crypto/system_entropy.h"

#include <openssl/rand.h>

#include <limits>

#include "events/core/ensure.h"

namespace chopmark::crypto {

void SystemEntropy::fill(std::span<std::uint8_t> out) {
    ensure(out.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
    ensure(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1, "randomness");
}

}  // namespace chopmark::crypto
