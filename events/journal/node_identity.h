// What a back end needs of the node it runs on to open a term: who it is, where it is reached, and
// its signature. The real one is made by keys::NodeCa from the genesis record.
#pragma once

#include <string>

#include "events/core/ids.h"
#include "events/core/result.h"

namespace chopmark::journal {

class NodeIdentity {
  public:
    virtual ~NodeIdentity() = default;
    [[nodiscard]] virtual NodeId node() const = 0;
    [[nodiscard]] virtual const std::string& endpoint() const = 0;  // host:port, may be empty
    [[nodiscard]] virtual ByteView certificate() const = 0;         // X.509 DER
    /// Ed25519, 64 bytes.
    [[nodiscard]] virtual Result<Bytes> sign(ByteView message) const = 0;
};

}  // namespace chopmark::journal
