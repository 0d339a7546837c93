// SHA-256 (FIPS 180-4) of what does not fit into memory, piece by piece: files of gigabytes. For
// anything else crypto::sha256 is shorter and faster. One thread; after finish() a new one begins.
#pragma once

#include <memory>

#include "events/core/ids.h"

namespace chopmark::crypto {

class Sha256Stream {
  public:
    Sha256Stream();
    ~Sha256Stream();
    Sha256Stream(const Sha256Stream&) = delete;
    Sha256Stream& operator=(const Sha256Stream&) = delete;

    void add(ByteView bytes);
    Digest finish();

  private:
    struct Context;
    std::unique_ptr<Context> context_;
};

}  // namespace chopmark::crypto
