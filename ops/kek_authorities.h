// Whose certificates a relying party's KEK may come in: those of
// relying_parties.kek_authorities_file and, in a sandbox without that file, the sandbox's own
// authority; and the lists of what they revoked, relying_parties.kek_revocations_file. Read at the
// start and at SIGHUP.
#pragma once

#include "events/keys/environment.h"
#include "gateways/admin/kek_authorities.h"
#include "ops/config/config.h"
#include "ops/data_folder.h"

namespace chopmark::ops {

/// config.refused, which names the file, when one cannot be read, holds no certificate of an
/// authority, or no revocation list.
Result<admin::KekTrust> read_kek_trust(const config::Config& config, keys::Environment environment,
                                       const DataFolder& folder);

}  // namespace chopmark::ops
