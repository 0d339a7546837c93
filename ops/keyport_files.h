// The PEM files by which a node speaks mutual TLS with its peers and the key port: its certificate
// and key as its folder has them, and the CA, which stands in genesis and is written beside them.
#pragma once

#include "events/keys/genesis.h"
#include "gateways/http/peer_tls.h"
#include "ops/data_folder.h"

namespace chopmark::ops {

/// Writes "node/ca.pem" if it is not there, or another's.
Result<http::NodeFiles> node_files(const DataFolder& folder, const keys::Genesis& genesis);

}  // namespace chopmark::ops
