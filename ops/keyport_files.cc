#include "ops/keyport_files.h"

#include "events/crypto/x509.h"
#include "events/keys/folder.h"

namespace chopmark::ops {

Result<http::NodeFiles> node_files(const DataFolder& folder, const keys::Genesis& genesis) {
    CHOPMARK_ASSIGN(const auto authority,
                    crypto::Certificate::parse(genesis.facts().node_ca_certificate));
    CHOPMARK_ASSIGN(keys::DiskFolder there, keys::DiskFolder::open(folder.node()));
    const std::string name = "ca.pem";
    const auto known = there.read(name);
    if (!known || *known != authority.pem()) {
        CHOPMARK_TRY(keys::replace(there, name, authority.pem()));
    }
    return http::NodeFiles{(folder.node() / "node.pem").string(),
                           (folder.node() / "node.key").string(), (folder.node() / name).string()};
}

}  // namespace chopmark::ops
